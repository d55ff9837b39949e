//! Frames as plain columns.

use polars::prelude::{DataType, Series};
use tidemill_core::table::{PlainColumn, PlainData, PlainTable};

use crate::arrays::typed::{bools, days, digits, floats, ints, micros, nanos, texts};
use crate::arrays::types::NANOS;
use crate::error::{Outcome, unsupported, value};
use crate::store::table_handle::TableHandle;

/// At most `limit` rows of these columns, or of all.
pub(crate) fn plain(table: &TableHandle, columns: Option<&[String]>, limit: Option<u64>) -> Outcome<PlainTable> {
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    if let Some(unknown) = columns.and_then(|columns| {
        let known = table.names();
        columns.iter().find(|name| !known.contains(name))
    }) {
        return Err(value(format!("the table has no column {unknown}")));
    }
    let frame = if limit < table.rows() { table.first(limit, columns)? } else { table.frame(columns)? };
    let columns = frame
        .columns()
        .iter()
        .map(|column| Ok(PlainColumn { name: column.name().to_string(), data: data(column.as_materialized_series())? }))
        .collect::<Outcome<_>>()?;
    Ok(PlainTable { columns, rows: frame.height() })
}

fn data(series: &Series) -> Outcome<PlainData> {
    Ok(match series.dtype() {
        DataType::Boolean => PlainData::Bool(bools(series)?.iter().collect()),
        DataType::Int64 => PlainData::Int(ints(series)?.iter().collect()),
        DataType::Float64 => PlainData::Float(floats(series)?.iter().collect()),
        DataType::Decimal(precision, scale) => PlainData::Decimal {
            unscaled: digits(series)?.0.iter().collect(),
            precision: *precision as u8,
            scale: *scale as u8,
        },
        DataType::String => PlainData::String(texts(series)?.iter().map(|text| text.map(str::to_owned)).collect()),
        DataType::Date => PlainData::Date(days(series)?.iter().collect()),
        DataType::Datetime(..) => PlainData::Datetime(micros(series)?.iter().collect()),
        DataType::Time => PlainData::Time(nanos(series)?.iter().map(|nanos| nanos.map(|x| x / NANOS)).collect()),
        DataType::Null => PlainData::Null(series.len()),
        other => return Err(unsupported(format!("a column of type {other}"))),
    })
}
