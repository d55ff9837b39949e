//! Variance, covariance and what follows from them, in two passes: first the means, then what lies around them. That cancels
//! less than sums of squares.

use polars::prelude::{Float64Chunked, IntoSeries, Series};

use super::float;
use super::kernel_input::KernelInput;
use crate::arrays::typed::floats;
use crate::error::Outcome;

/// What a sum of squares is divided by.
#[derive(Clone, Copy)]
pub(super) enum Divisor {
    /// n − 1.
    Sample,
    /// n.
    Population,
}

impl Divisor {
    /// None if there are too few values.
    fn of(self, count: u64) -> Option<f64> {
        let rest = match self {
            Self::Sample => count.checked_sub(1)?,
            Self::Population => count,
        };
        (rest > 0).then_some(rest as f64)
    }
}

/// The variance of each group, and what `finish` makes of it.
pub(super) fn variance(input: &KernelInput<'_>, divisor: Divisor, finish: fn(f64) -> f64) -> Outcome<Series> {
    let rows = input.rows;
    let sums = float::sums(input.one()?, rows)?;
    let mut squares = vec![0.0; rows.count];
    for (group, value) in rows.of.iter().zip(floats(input.one()?)?.iter()) {
        if let Some(value) = value {
            let (sum, count) = sums[*group as usize];
            squares[*group as usize] += (value - sum / count as f64).powi(2);
        }
    }
    let each = squares.into_iter().zip(sums);
    let result: Float64Chunked = each.map(|(squares, (_, count))| Some(finish(squares / divisor.of(count)?))).collect();
    Ok(result.into_series())
}

/// Pairs of which both are there: how many, their sums, and the products of what lies around the means.
#[derive(Clone, Copy, Default)]
pub(super) struct Moments {
    count: u64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

/// What `finish` makes of the pairs of each group.
pub(super) fn of_pairs(input: &KernelInput<'_>, finish: fn(&Moments) -> Option<f64>) -> Outcome<Series> {
    let (x, y) = input.two()?;
    let (x, y) = (floats(x)?, floats(y)?);
    let mut all = vec![Moments::default(); input.rows.count];
    let pairs =
        || input.rows.of.iter().zip(x.iter().zip(y.iter())).filter_map(|(group, (x, y))| Some((*group, x?, y?)));
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
    Ok(all.iter().map(finish).collect::<Float64Chunked>().into_series())
}

/// Pearson's correlation; NULL if there are fewer than two pairs or one side does not vary.
pub(super) fn correlation(sums: &Moments) -> Option<f64> {
    let varies = sums.count > 1 && sums.xx > 0.0 && sums.yy > 0.0;
    let product = sums.xx * sums.yy;
    // One root rounds once, so that what varies alike gives exactly 1; unless the product leaves the range of floats.
    let root = if product.is_normal() { product.sqrt() } else { sums.xx.sqrt() * sums.yy.sqrt() };
    varies.then(|| (sums.xy / root).clamp(-1.0, 1.0))
}

/// NULL of fewer than two pairs.
pub(super) fn covar_samp(sums: &Moments) -> Option<f64> {
    Some(sums.xy / Divisor::Sample.of(sums.count)?)
}

/// NULL of no pairs.
pub(super) fn covar_pop(sums: &Moments) -> Option<f64> {
    Some(sums.xy / Divisor::Population.of(sums.count)?)
}

/// Of the line through the pairs, where the first argument depends on the second; NULL if that does not vary.
pub(super) fn slope(sums: &Moments) -> Option<f64> {
    (sums.yy != 0.0).then(|| sums.xy / sums.yy)
}

/// Where that line crosses zero.
pub(super) fn intercept(sums: &Moments) -> Option<f64> {
    let slope = slope(sums)?;
    Some((sums.x - sums.y * slope) / sums.count as f64)
}

/// How much of the first argument's variance that line explains.
pub(super) fn r2(sums: &Moments) -> Option<f64> {
    let explained = || sums.xy * sums.xy / (sums.xx * sums.yy);
    (sums.yy != 0.0).then(|| if sums.xx == 0.0 { 1.0 } else { explained() })
}

/// The squares around the mean of the second argument, which is `x` to the functions of that line.
pub(super) fn sxx(sums: &Moments) -> Option<f64> {
    (sums.count > 0).then_some(sums.yy)
}

/// Those around the mean of the first.
pub(super) fn syy(sums: &Moments) -> Option<f64> {
    (sums.count > 0).then_some(sums.xx)
}

/// The products of what lies around both means.
pub(super) fn sxy(sums: &Moments) -> Option<f64> {
    (sums.count > 0).then_some(sums.xy)
}
