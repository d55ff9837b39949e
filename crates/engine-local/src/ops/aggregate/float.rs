//! Aggregates in floating point, added up in row order.

use polars::prelude::{Float64Chunked, IdxSize, IntoSeries, Series};

use super::rows::GroupedRows;
use crate::arrays::typed::floats;
use crate::error::Outcome;

fn sums(values: &Float64Chunked, rows: &GroupedRows<'_>) -> Outcome<Vec<(f64, u64)>> {
    rows.fold((0.0, 0u64), values.iter(), |(sum, count), _, value| {
        if let Some(value) = value {
            *sum += value;
            *count += 1;
        }
        Ok(())
    })
}

/// NULL of no values.
pub(super) fn sum(values: &Series, rows: &GroupedRows<'_>) -> Outcome<Series> {
    Ok(summed(&sums(&floats(values)?, rows)?))
}

/// NULL of no values.
pub(super) fn mean(values: &Series, rows: &GroupedRows<'_>) -> Outcome<Series> {
    Ok(averaged(&sums(&floats(values)?, rows)?))
}

/// Adds the values of further rows to the sums of their groups, in row order.
pub(super) fn add(sums: &mut [(f64, u64)], values: &Series, of: &[IdxSize]) -> Outcome<()> {
    for (group, value) in of.iter().zip(floats(values)?.iter()) {
        if let Some(value) = value {
            let (sum, count) = &mut sums[*group as usize];
            *sum += value;
            *count += 1;
        }
    }
    Ok(())
}

/// Moments as a column.
pub(super) fn summed(sums: &[(f64, u64)]) -> Series {
    sums.iter().map(|&(sum, count)| (count > 0).then_some(sum)).collect::<Float64Chunked>().into_series()
}

/// Means of sums.
pub(super) fn averaged(sums: &[(f64, u64)]) -> Series {
    let mean = |&(sum, count): &(f64, u64)| (count > 0).then(|| sum / count as f64);
    sums.iter().map(mean).collect::<Float64Chunked>().into_series()
}

/// Of a sample; with `root` its standard deviation. In two passes, which cancels less than sums of squares.
pub(super) fn variance(values: &Series, rows: &GroupedRows<'_>, root: bool) -> Outcome<Series> {
    let values = floats(values)?;
    let sums = sums(&values, rows)?;
    let mut squares = vec![0.0; rows.count];
    for (group, value) in rows.of.iter().zip(values.iter()) {
        if let Some(value) = value {
            let (sum, count) = sums[*group as usize];
            squares[*group as usize] += (value - sum / count as f64).powi(2);
        }
    }
    let result: Float64Chunked = squares
        .into_iter()
        .zip(sums)
        .map(|(squares, (_, count))| {
            let variance = squares / (count.checked_sub(1).filter(|rest| *rest > 0)? as f64);
            Some(if root { variance.sqrt() } else { variance })
        })
        .collect();
    Ok(result.into_series())
}

/// Pearson's correlation over the rows where both are there; NULL if there are fewer than two or one does not vary.
pub(super) fn correlation(x: &Series, y: &Series, rows: &GroupedRows<'_>) -> Outcome<Series> {
    #[derive(Clone, Copy, Default)]
    struct Moments {
        count: u64,
        x: f64,
        y: f64,
        xx: f64,
        yy: f64,
        xy: f64,
    }
    let (x, y) = (floats(x)?, floats(y)?);
    let mut all = vec![Moments::default(); rows.count];
    let pairs = || rows.of.iter().zip(x.iter().zip(y.iter())).filter_map(|(group, (x, y))| Some((*group, x?, y?)));
    for (group, x, y) in pairs() {
        let sums = &mut all[group as usize];
        sums.count += 1;
        sums.x += x;
        sums.y += y;
    }
    for (group, x, y) in pairs() {
        let sums = &mut all[group as usize];
        let (dx, dy) = (x - sums.x / sums.count as f64, y - sums.y / sums.count as f64);
        sums.xx += dx * dx;
        sums.yy += dy * dy;
        sums.xy += dx * dy;
    }
    let result: Float64Chunked = all
        .into_iter()
        .map(|sums| {
            let varies = sums.count > 1 && sums.xx > 0.0 && sums.yy > 0.0;
            let product = sums.xx * sums.yy;
            // One root rounds once, so that what varies alike gives exactly 1; unless the product leaves the range of floats.
            let root = if product.is_normal() { product.sqrt() } else { sums.xx.sqrt() * sums.yy.sqrt() };
            varies.then(|| (sums.xy / root).clamp(-1.0, 1.0))
        })
        .collect();
    Ok(result.into_series())
}
