//! Between which values a Parquet file says that a column lies.

use polars::prelude::{ArrowDataType as Arrow, ArrowTimeUnit};
use polars_parquet::parquet::metadata::ColumnChunkMetadata;
use polars_parquet::parquet::statistics::Statistics;
use tidemill_core::table::Value;

/// The least and greatest value of a part of a column, as the file says, or what lies below and above them: of types whose order in
/// the file is ours. Texts may be cut short.
pub(super) fn bounds(chunk: &ColumnChunkMetadata, footer: &[u8], stored: &Arrow) -> Option<(Value, Value)> {
    match chunk.statistics(footer)?.ok()? {
        Statistics::Int32(of) => Some((number(stored, of.min_value?.into())?, number(stored, of.max_value?.into())?)),
        Statistics::Int64(of) => Some((number(stored, of.min_value?)?, number(stored, of.max_value?)?)),
        Statistics::Binary(of) if matches!(stored, Arrow::Utf8 | Arrow::LargeUtf8 | Arrow::Utf8View) => {
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok().map(Value::String);
            Some((text(of.min_value?)?, text(of.max_value?)?))
        }
        _ => None,
    }
}

fn number(stored: &Arrow, number: i64) -> Option<Value> {
    Some(match stored {
        Arrow::Int8 | Arrow::Int16 | Arrow::Int32 | Arrow::Int64 => Value::Int(number),
        Arrow::Date32 => Value::Date(i32::try_from(number).ok()?),
        Arrow::Timestamp(ArrowTimeUnit::Microsecond, _) => Value::Datetime(number),
        Arrow::Decimal(_, scale) | Arrow::Decimal32(_, scale) | Arrow::Decimal64(_, scale) => {
            Value::Decimal { unscaled: number.into(), scale: u8::try_from(*scale).ok()? }
        }
        _ => return None,
    })
}
