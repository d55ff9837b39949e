//! Comparisons.

use polars::prelude::{BooleanChunked, ChunkCompareEq, ChunkCompareIneq, ChunkFullNull, DataType, IntoSeries, Series};
use tidemill_core::table::CmpOp;

use crate::error::{Outcome, internal, unsupported};

/// Compares row by row; NULL if either is. NaN equals itself and is above every other number.
pub(super) fn compare(op: CmpOp, left: &Series, right: &Series) -> Outcome<Series> {
    let rows = if left.len() == 1 { right.len() } else { left.len() };
    if left.dtype() == &DataType::Null || right.dtype() == &DataType::Null {
        return Ok(BooleanChunked::full_null("".into(), rows).into_series());
    }
    if let (DataType::Decimal(_, a), DataType::Decimal(_, b)) = (left.dtype(), right.dtype())
        && a != b
    {
        return Err(unsupported("compared decimals have different scales"));
    }
    // Digits of one scale, days, micro- and nanoseconds compare as the numbers they are.
    let (left, right) = (left.to_physical_repr().into_owned(), right.to_physical_repr().into_owned());
    let found = match op {
        CmpOp::Eq => left.equal(&right),
        CmpOp::Ne => left.not_equal(&right),
        CmpOp::Lt => left.lt(&right),
        CmpOp::Le => left.lt_eq(&right),
        CmpOp::Gt => left.gt(&right),
        CmpOp::Ge => left.gt_eq(&right),
    };
    Ok(found.map_err(internal)?.into_series())
}
