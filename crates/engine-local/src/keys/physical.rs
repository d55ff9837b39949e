//! Columns as what Polars hashes and sorts.

use polars::prelude::{DataType, Int64Chunked, IntoSeries, Series};

use crate::arrays::typed::digits;
use crate::error::Outcome;

/// The column as one or two columns of plain types with the same equality and order; none for nothing but NULL.
///
/// Polars does not hash 128-bit numbers as it is built here; most decimals fit 64 bits, the others become their upper and
/// their lower half.
pub(crate) fn plain(series: &Series) -> Outcome<Vec<Series>> {
    match series.dtype() {
        DataType::Null => Ok(vec![]),
        DataType::Decimal(..) => {
            let (digits, _) = digits(series)?;
            if digits.iter().flatten().all(|digits| i64::try_from(digits).is_ok()) {
                let small: Int64Chunked = digits.iter().map(|digits| digits.map(|digits| digits as i64)).collect();
                return Ok(vec![small.into_series()]);
            }
            let upper: Int64Chunked = digits.iter().map(|digits| digits.map(|digits| (digits >> 64) as i64)).collect();
            // With the sign bit turned, signed numbers have the order of unsigned ones.
            let lower: Int64Chunked =
                digits.iter().map(|digits| digits.map(|digits| digits as i64 ^ i64::MIN)).collect();
            Ok(vec![upper.into_series(), lower.into_series()])
        }
        _ => Ok(vec![series.to_physical_repr().into_owned()]),
    }
}
