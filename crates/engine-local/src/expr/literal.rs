//! Constants as columns.

use polars::prelude as pl;
use polars::prelude::{IntoSeries, NamedFrom, PlSmallStr, Series};
use tidemill_core::table::{DataType, Value};

use super::cast::cast;
use crate::arrays::types;
use crate::error::Outcome;

/// One value as a series of one row of that type.
pub(crate) fn constant(value: &Value, data_type: DataType) -> Outcome<Series> {
    let name = PlSmallStr::EMPTY;
    let series = match value {
        Value::Null => return Ok(Series::full_null(name, 1, &types::to_polars(data_type))),
        Value::Bool(value) => Series::new(name, [*value]),
        Value::Int(value) => Series::new(name, [*value]),
        Value::Float(value) => Series::new(name, [*value]),
        Value::Decimal { unscaled, scale } => {
            let precision = match data_type {
                DataType::Decimal { precision, .. } => precision,
                _ => 38,
            };
            types::decimals(pl::Int128Chunked::from_vec(name, vec![*unscaled]), precision, *scale)
        }
        Value::String(value) => Series::new(name, [value.as_str()]),
        Value::Date(days) => pl::Int32Chunked::from_vec(name, vec![*days]).into_date().into_series(),
        Value::Datetime(micros) => types::datetimes(pl::Int64Chunked::from_vec(name, vec![*micros])),
        Value::Time(micros) => types::times(pl::Int64Chunked::from_vec(name, vec![micros * types::NANOS])),
    };
    if series.dtype() == &types::to_polars(data_type) { Ok(series) } else { cast(&series, data_type, &|_| 1) }
}
