//! Series as the typed arrays that kernels read.

use polars::prelude::{
    BooleanChunked, ChunkFullNull, DataType, Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked, Series,
    StringChunked,
};

use crate::error::{Outcome, internal, unsupported};
use crate::values::decimal;

/// A column of nothing but NULL takes the type that is wanted.
fn typed(series: &Series, data_type: DataType) -> Series {
    if series.dtype() == &DataType::Null {
        Series::full_null(series.name().clone(), series.len(), &data_type)
    } else {
        series.clone()
    }
}

/// Bools.
pub(crate) fn bools(series: &Series) -> Outcome<BooleanChunked> {
    Ok(typed(series, DataType::Boolean).bool().map_err(internal)?.clone())
}

/// Texts.
pub(crate) fn texts(series: &Series) -> Outcome<StringChunked> {
    Ok(typed(series, DataType::String).str().map_err(internal)?.clone())
}

/// Ints.
pub(crate) fn ints(series: &Series) -> Outcome<Int64Chunked> {
    Ok(typed(series, DataType::Int64).i64().map_err(internal)?.clone())
}

/// Days since 1970 of a date.
pub(crate) fn days(series: &Series) -> Outcome<Int32Chunked> {
    let series = typed(series, DataType::Date);
    Ok(series.date().map_err(internal)?.physical().clone())
}

/// Microseconds since 1970 of a datetime.
pub(crate) fn micros(series: &Series) -> Outcome<Int64Chunked> {
    let series = typed(series, DataType::Datetime(polars::prelude::TimeUnit::Microseconds, None));
    Ok(series.datetime().map_err(internal)?.physical().clone())
}

/// Nanoseconds since midnight of a time of day.
pub(crate) fn nanos(series: &Series) -> Outcome<Int64Chunked> {
    let series = typed(series, DataType::Time);
    Ok(series.time().map_err(internal)?.physical().clone())
}

/// Any number as a float.
pub(crate) fn floats(series: &Series) -> Outcome<Float64Chunked> {
    match series.dtype() {
        DataType::Float64 => Ok(series.f64().map_err(internal)?.clone()),
        DataType::Int64 => Ok(ints(series)?.iter().map(|value| value.map(|value| value as f64)).collect()),
        DataType::Decimal(..) => {
            let (digits, scale) = digits(series)?;
            Ok(digits.iter().map(|value| value.map(|value| decimal::to_float(value, scale))).collect())
        }
        DataType::Null => Ok(Float64Chunked::full_null(series.name().clone(), series.len())),
        other => Err(unsupported(format!("{other} is not a number"))),
    }
}

/// An int or decimal as digits without the point, and its scale.
pub(crate) fn digits(series: &Series) -> Outcome<(Int128Chunked, u8)> {
    match series.dtype() {
        DataType::Decimal(_, scale) => {
            Ok((series.decimal().map_err(internal)?.physical().clone(), *scale as u8)) // at most 38
        }
        DataType::Int64 => Ok((ints(series)?.iter().map(|value| value.map(i128::from)).collect(), 0)),
        DataType::Null => Ok((Int128Chunked::full_null(series.name().clone(), series.len()), 0)),
        other => Err(unsupported(format!("{other} is not an exact number"))),
    }
}

/// The same with false for NULL.
pub(crate) fn certain(mask: &BooleanChunked) -> BooleanChunked {
    if mask.null_count() == 0 { mask.clone() } else { mask.iter().map(|bit| bit == Some(true)).collect() }
}
