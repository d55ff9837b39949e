//! Sums and means of ints and decimals, exact in 128 bits.

use polars::prelude::{Float64Chunked, IdxSize, Int64Chunked, Int128Chunked, IntoSeries, Series};
use tidemill_core::table::DataType;

use super::Rows;
use crate::eval::{digits, divide, fits, rescale_half_even};
use crate::failure::{Outcome, unsupported, value};
use crate::types;

/// Sum and number of the values of each result, and the scale of the sums.
fn sums(values: &Series, rows: &Rows<'_>) -> Outcome<(Vec<(i128, i64)>, u8)> {
    let (digits, scale) = digits(values)?;
    let sums = rows.fold((0i128, 0i64), digits.iter(), |(sum, count), _, digits| {
        if let Some(digits) = digits {
            *sum = sum.checked_add(digits).ok_or_else(too_large)?;
            *count += 1;
        }
        Ok(())
    })?;
    Ok((sums, scale))
}

fn too_large() -> tidemill_core::table::EngineError {
    value("the sum overflows: it has more digits than its type can hold")
}

/// NULL of no values; an error if the sum does not fit.
pub(super) fn sum(values: &Series, rows: &Rows<'_>, data_type: DataType) -> Outcome<Series> {
    let (sums, scale) = sums(values, rows)?;
    summed(sums, scale, data_type)
}

/// Adds the values of further rows to the sums of their groups, in row order; their scale.
pub(super) fn add(sums: &mut [(i128, i64)], values: &Series, of: &[IdxSize]) -> Outcome<u8> {
    let (digits, scale) = digits(values)?;
    for (group, digits) in of.iter().zip(digits.iter()) {
        if let Some(digits) = digits {
            let (sum, count) = &mut sums[*group as usize];
            *sum = sum.checked_add(digits).ok_or_else(too_large)?;
            *count += 1;
        }
    }
    Ok(scale)
}

/// Sums in their type.
pub(super) fn summed(sums: Vec<(i128, i64)>, scale: u8, data_type: DataType) -> Outcome<Series> {
    match data_type {
        DataType::Int => {
            let result: Outcome<Int64Chunked> = sums
                .into_iter()
                .map(|(sum, count)| {
                    let sum = i64::try_from(sum)
                        .map_err(|_| value(format!("the sum overflows: {sum} does not fit an int of 64 bits")))?;
                    Ok((count > 0).then_some(sum))
                })
                .collect();
            Ok(result?.into_series())
        }
        DataType::Decimal { precision, scale: to } => {
            let result: Outcome<Int128Chunked> = sums
                .into_iter()
                .map(|(sum, count)| {
                    let sum = rescale_half_even(sum, scale, to).filter(|sum| fits(*sum, precision));
                    Ok((count > 0).then_some(sum.ok_or_else(too_large)?))
                })
                .collect();
            Ok(types::decimals(result?, precision, to))
        }
        DataType::Float => {
            let result: Float64Chunked =
                sums.into_iter().map(|(sum, count)| (count > 0).then(|| crate::eval::to_float(sum, scale))).collect();
            Ok(result.into_series())
        }
        other => Err(unsupported(format!("no sum is {other}"))),
    }
}

/// NULL of no values; of ints a float, of decimals a decimal, rounded half-even.
pub(super) fn mean(values: &Series, rows: &Rows<'_>, data_type: DataType) -> Outcome<Series> {
    let (sums, scale) = sums(values, rows)?;
    averaged(sums, scale, data_type)
}

/// Means of sums.
pub(super) fn averaged(sums: Vec<(i128, i64)>, scale: u8, data_type: DataType) -> Outcome<Series> {
    match data_type {
        DataType::Decimal { precision, scale: to } => {
            let result: Outcome<Int128Chunked> = sums
                .into_iter()
                .map(|(sum, count)| {
                    if count == 0 {
                        return Ok(None);
                    }
                    let mean = divide(sum, scale, count.into(), 0, to).filter(|mean| fits(*mean, precision));
                    mean.map(Some).ok_or_else(|| value("the mean overflows its type"))
                })
                .collect();
            Ok(types::decimals(result?, precision, to))
        }
        _ => {
            let mean =
                |(sum, count): (i128, i64)| (count > 0).then(|| crate::eval::to_float(sum, scale) / count as f64);
            Ok(sums.into_iter().map(mean).collect::<Float64Chunked>().into_series())
        }
    }
}
