//! Tables as batches of plain columns.

use polars::prelude::{DataFrame, DataType, Series};
use tidemill_core::table::{PlainColumn, PlainData, PlainTable};

use crate::arrays::typed::{bools, days, digits, floats, ints, micros, nanos, texts};
use crate::arrays::types::NANOS;
use crate::error::{Outcome, unsupported, value};
use crate::store::output_table::{BLOCK, OutputTable};
use crate::store::table_format::ROW_GROUP_ROWS;
use crate::store::table_handle::TableHandle;

/// At most `limit` rows of these columns, or of all.
pub(crate) fn batches(table: TableHandle, columns: Option<&[String]>, limit: Option<u64>) -> Outcome<Batches> {
    if let Some(unknown) = columns.and_then(|columns| {
        let known = table.names();
        columns.iter().find(|name| !known.contains(name))
    }) {
        return Err(value(format!("the table has no column {unknown}")));
    }
    let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX).min(table.rows());
    Ok(Batches {
        table: OutputTable(table),
        columns: columns.map(<[String]>::to_vec),
        next: Some(0),
        limit,
        block: None,
    })
}

/// A row group's rows at a time: as plain columns they take several times the room. Read they are in blocks, on several threads.
pub(crate) struct Batches {
    table: OutputTable,
    columns: Option<Vec<String>>,
    /// The first row of the next batch; None behind the last one.
    next: Option<usize>,
    limit: usize,
    /// Where the block begins that was read last, and its rows.
    block: Option<(usize, DataFrame)>,
}

impl Iterator for Batches {
    type Item = Outcome<PlainTable>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.next?;
        let end = self.limit.min(start + ROW_GROUP_ROWS);
        self.next = Some(end).filter(|end| *end < self.limit);
        Some(self.batch(start, end))
    }
}

impl Batches {
    fn batch(&mut self, start: usize, end: usize) -> Outcome<PlainTable> {
        let begin = start / BLOCK * BLOCK;
        let block = match self.block.take().filter(|(at, _)| *at == begin) {
            Some((_, block)) => block,
            None => self.table.block(begin, self.limit.min(begin + BLOCK), self.columns.as_deref())?,
        };
        let batch = plain(&block.slice((start - begin) as i64, end - start));
        self.block = Some((begin, block));
        batch
    }
}

/// All of a frame.
pub(crate) fn plain(frame: &DataFrame) -> Outcome<PlainTable> {
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
