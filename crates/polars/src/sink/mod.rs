//! Writing tables to files. Equal tables give equal bytes, in every format.

mod cells;
mod csv;
mod json;
mod output;
mod parquet;
mod sqlite;
#[cfg(test)]
mod tests;
mod xlsx;

use std::path::Path;

use polars::prelude::DataFrame;
use tidemill_core::table::{EngineError, FileFormat, Sink};

use self::cells::Cells;

/// Writes a table to the file at `path` in the format of the sink, whose own path only appears in messages. What is there
/// is replaced; the file is not synced.
///
/// # Errors
/// If the file cannot be written, or the format cannot hold the table.
pub fn write(frame: &DataFrame, sink: &Sink, path: &Path) -> Result<(), EngineError> {
    let mut whole = frame.clone();
    // One piece for each column makes reading a value by its row a plain look-up.
    whole.rechunk_mut();
    let failed = |message: String| EngineError::Sink { path: sink.path.to_string(), message };
    let written = match sink.format {
        FileFormat::Csv => csv::write(&whole, sink, path),
        FileFormat::Json => json::write(&whole, sink, path, true),
        FileFormat::Ndjson => json::write(&whole, sink, path, false),
        FileFormat::Parquet => parquet::write(&mut whole, path),
        FileFormat::Sqlite => sqlite::write(&whole, sink, path),
        FileFormat::Xlsx => xlsx::write(&whole, sink, path),
    };
    written.map_err(failed)
}

/// The columns of a table, ready to be read value by value.
fn columns(frame: &DataFrame) -> Result<Vec<(&str, Cells<'_>)>, String> {
    frame
        .columns()
        .iter()
        .map(|column| {
            let cells = Cells::of(column).ok_or_else(|| {
                format!("column `{}` is of type {}, which files cannot hold", column.name(), column.dtype())
            })?;
            Ok((column.name().as_str(), cells))
        })
        .collect()
}
