//! The types of Tidemill's tables and those of Polars.

use polars::prelude::{Column, DataFrame, DataType as Polars, PolarsError, TimeUnit};
use tidemill_core::table::{DataType, EngineError, Schema};

/// The type that Polars keeps a column in.
pub fn polars_type(data_type: DataType) -> Polars {
    match data_type {
        DataType::Bool => Polars::Boolean,
        DataType::Int => Polars::Int64,
        DataType::Float => Polars::Float64,
        DataType::Decimal { precision, scale } => Polars::Decimal(usize::from(precision), usize::from(scale)),
        DataType::String => Polars::String,
        DataType::Date => Polars::Date,
        DataType::Datetime => Polars::Datetime(TimeUnit::Microseconds, None),
        DataType::Time => Polars::Time,
        DataType::Null => Polars::Null,
    }
}

/// The type that a column of Polars has in a table, if it is one of ours as it stands.
pub fn data_type(polars: &Polars) -> Option<DataType> {
    Some(match polars {
        Polars::Boolean => DataType::Bool,
        Polars::Int64 => DataType::Int,
        Polars::Float64 => DataType::Float,
        Polars::Decimal(precision, scale) => {
            DataType::Decimal { precision: u8::try_from(*precision).ok()?, scale: u8::try_from(*scale).ok()? }
        }
        Polars::String => DataType::String,
        Polars::Date => DataType::Date,
        Polars::Datetime(TimeUnit::Microseconds, None) => DataType::Datetime,
        Polars::Time => DataType::Time,
        Polars::Null => DataType::Null,
        _ => return None,
    })
}

/// A table of no rows.
pub(super) fn empty(schema: &Schema) -> Result<DataFrame, EngineError> {
    let columns = schema
        .fields()
        .iter()
        .map(|field| Column::new_empty(field.name.as_str().into(), &polars_type(field.data_type)))
        .collect();
    DataFrame::new(0, columns).map_err(internal)
}

/// What Polars says when it fails where it should not.
pub(super) fn internal(error: PolarsError) -> EngineError {
    EngineError::Internal(format!("the table engine failed: {error}"))
}
