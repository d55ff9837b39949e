//! The neutral types and values in Polars' words, and back.

use polars::prelude as pl;
use polars::prelude::{AnyValue, Column, DataFrame, IntoSeries, Series, TimeUnit};
use tidemill_core::table::{DataType, Field, Schema, Value, quoted_text};

use crate::error::{Outcome, internal, unsupported};

/// Nanoseconds in a microsecond: Polars keeps a time of day in nanoseconds, Tidemill in microseconds.
pub(crate) const NANOS: i64 = 1_000;

/// The type in Polars.
pub(crate) fn to_polars(data_type: DataType) -> pl::DataType {
    match data_type {
        DataType::Bool => pl::DataType::Boolean,
        DataType::Int => pl::DataType::Int64,
        DataType::Float => pl::DataType::Float64,
        DataType::Decimal { precision, scale } => pl::DataType::Decimal(precision.into(), scale.into()),
        DataType::String => pl::DataType::String,
        DataType::Date => pl::DataType::Date,
        DataType::Datetime => pl::DataType::Datetime(TimeUnit::Microseconds, None),
        DataType::Time => pl::DataType::Time,
        DataType::Null => pl::DataType::Null,
    }
}

/// The neutral type of a column; the engine's own frames hold no others.
pub(crate) fn from_polars(data_type: &pl::DataType) -> Outcome<DataType> {
    known(data_type).ok_or_else(|| unsupported(format!("the engine holds no column of type {data_type}")))
}

/// The neutral type of a column of any frame, if it is one of ours as it stands.
pub(crate) fn known(data_type: &pl::DataType) -> Option<DataType> {
    Some(match data_type {
        pl::DataType::Boolean => DataType::Bool,
        pl::DataType::Int64 => DataType::Int,
        pl::DataType::Float64 => DataType::Float,
        pl::DataType::Decimal(precision, scale) => {
            DataType::Decimal { precision: u8::try_from(*precision).ok()?, scale: u8::try_from(*scale).ok()? }
        }
        pl::DataType::String => DataType::String,
        pl::DataType::Date => DataType::Date,
        pl::DataType::Datetime(TimeUnit::Microseconds, None) => DataType::Datetime,
        pl::DataType::Time => DataType::Time,
        pl::DataType::Null => DataType::Null,
        _ => return None,
    })
}

/// A frame of these columns without rows.
pub(crate) fn empty(schema: &Schema) -> Outcome<DataFrame> {
    let column = |field: &Field| Column::new_empty(field.name.as_str().into(), &to_polars(field.data_type));
    DataFrame::new(0, schema.fields().iter().map(column).collect()).map_err(internal)
}

/// The columns of a frame.
pub(crate) fn schema_of(frame: &DataFrame) -> Outcome<Schema> {
    frame.columns().iter().map(|column| Ok((column.name().as_str(), from_polars(column.dtype())?))).collect()
}

/// Unscaled digits as a decimal column.
pub(crate) fn decimals(digits: pl::Int128Chunked, precision: u8, scale: u8) -> Series {
    digits.into_decimal_unchecked(precision.into(), scale.into()).into_series()
}

/// Microseconds since 1970 as a datetime column.
pub(crate) fn datetimes(micros: pl::Int64Chunked) -> Series {
    micros.into_datetime(TimeUnit::Microseconds, None).into_series()
}

/// Nanoseconds since midnight as a time column.
pub(crate) fn times(nanos: pl::Int64Chunked) -> Series {
    nanos.into_time().into_series()
}

/// The value in a row.
pub(crate) fn value_at(series: &Series, row: usize) -> Outcome<Value> {
    Ok(match series.get(row).map_err(internal)? {
        AnyValue::Null => Value::Null,
        AnyValue::Boolean(value) => Value::Bool(value),
        AnyValue::Int64(value) => Value::Int(value),
        AnyValue::Float64(value) => Value::Float(value),
        AnyValue::Decimal(unscaled, _, scale) => Value::Decimal { unscaled, scale: scale as u8 },
        AnyValue::String(value) => Value::String(value.to_owned()),
        AnyValue::StringOwned(value) => Value::String(value.to_string()),
        AnyValue::Date(days) => Value::Date(days),
        AnyValue::Datetime(micros, TimeUnit::Microseconds, None)
        | AnyValue::DatetimeOwned(micros, TimeUnit::Microseconds, None) => Value::Datetime(micros),
        AnyValue::Time(nanos) => Value::Time(nanos / NANOS),
        other => return Err(unsupported(format!("the engine holds no value such as {other}"))),
    })
}

/// The value in a row as a message shows it: NULL by name, text in quotes, long text cut.
pub(crate) fn shown(series: &Series, row: usize) -> Outcome<String> {
    Ok(match value_at(series, row)? {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => quoted_text(&text),
        other => other.to_string(),
    })
}

/// A column of `rows` rows: a constant is repeated.
pub(crate) fn expand(name: &str, series: Series, rows: usize) -> Column {
    let series = if series.len() == rows { series } else { series.new_from_index(0, rows) };
    series.with_name(name.into()).into()
}

/// The series of that column.
pub(crate) fn column<'a>(frame: &'a DataFrame, name: &str) -> Outcome<&'a Series> {
    Ok(frame.column(name).map_err(internal)?.as_materialized_series())
}

/// The series with the type that was resolved for it; only NULL, and the precision of a decimal, may differ before.
pub(crate) fn conform(series: Series, data_type: DataType) -> Outcome<Series> {
    let wanted = to_polars(data_type);
    match (series.dtype(), &wanted) {
        (found, wanted) if found == wanted => Ok(series),
        (pl::DataType::Null, _) => Ok(Series::full_null(series.name().clone(), series.len(), &wanted)),
        (pl::DataType::Decimal(_, a), pl::DataType::Decimal(_, b)) if a == b => {
            series.strict_cast(&wanted).map_err(internal)
        }
        (found, _) => Err(unsupported(format!("an expression of type {data_type} came out as {found}"))),
    }
}

/// A series of nothing but NULL in the type that was resolved for it, so that every batch of a table has the same types.
pub(crate) fn in_its_type(series: Series, data_type: DataType) -> Outcome<Series> {
    if series.dtype() == &pl::DataType::Null && data_type != DataType::Null {
        conform(series, data_type)
    } else {
        Ok(series)
    }
}
