//! Plain columns as a frame.

use polars::prelude::{
    BooleanChunked, Column, DataFrame, Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked, IntoSeries,
    NewChunkedArray, Series, StringChunked,
};
use polars::prelude::{DataType as Polars, IntoColumn};
use tidemill_core::table::{PlainColumn, PlainData, PlainTable};

use super::types::{NANOS, datetimes, decimals, times};
use crate::error::{Outcome, internal};

/// The rows as a frame of the engine's types.
pub(crate) fn frame_of(table: PlainTable) -> Outcome<DataFrame> {
    let columns: Vec<Column> = table.columns.into_iter().map(column_of).collect();
    DataFrame::new(table.rows, columns).map_err(internal)
}

fn column_of(column: PlainColumn) -> Column {
    let name = column.name.as_str();
    let series = match column.data {
        PlainData::Bool(values) => BooleanChunked::from_iter_options(name.into(), values.into_iter()).into_series(),
        PlainData::Int(values) => Int64Chunked::from_iter_options(name.into(), values.into_iter()).into_series(),
        PlainData::Float(values) => Float64Chunked::from_iter_options(name.into(), values.into_iter()).into_series(),
        PlainData::Decimal { unscaled, precision, scale } => {
            decimals(Int128Chunked::from_iter_options(name.into(), unscaled.into_iter()), precision, scale)
        }
        PlainData::String(values) => StringChunked::from_iter_options(name.into(), values.into_iter()).into_series(),
        PlainData::Date(values) => {
            Int32Chunked::from_iter_options(name.into(), values.into_iter()).into_date().into_series()
        }
        PlainData::Datetime(values) => datetimes(Int64Chunked::from_iter_options(name.into(), values.into_iter())),
        PlainData::Time(values) => {
            let nanos = values.into_iter().map(|micros| micros.map(|micros| micros * NANOS));
            times(Int64Chunked::from_iter_options(name.into(), nanos))
        }
        PlainData::Null(rows) => Series::full_null(name.into(), rows, &Polars::Null),
    };
    series.into_column()
}
