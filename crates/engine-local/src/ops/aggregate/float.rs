//! Aggregates in floating point, added up in row order.

use polars::prelude::{Float64Chunked, IdxSize, IntoSeries, Series};

use super::rows::GroupedRows;
use crate::arrays::typed::floats;
use crate::error::Outcome;

/// Sum and number of the values of each result.
pub(super) fn sums(values: &Series, rows: &GroupedRows<'_>) -> Outcome<Vec<(f64, u64)>> {
    rows.fold((0.0, 0u64), floats(values)?.iter(), |(sum, count), _, value| {
        if let Some(value) = value {
            *sum += value;
            *count += 1;
        }
        Ok(())
    })
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

/// Sums as a column; NULL of no values.
pub(super) fn summed(sums: &[(f64, u64)]) -> Series {
    sums.iter().map(|&(sum, count)| (count > 0).then_some(sum)).collect::<Float64Chunked>().into_series()
}

/// Means of sums.
pub(super) fn averaged(sums: &[(f64, u64)]) -> Series {
    let mean = |&(sum, count): &(f64, u64)| (count > 0).then(|| sum / count as f64);
    sums.iter().map(mean).collect::<Float64Chunked>().into_series()
}
