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

use polars::prelude::{DataFrame, Series};
use tidemill_core::ids::Digest;
use tidemill_core::table::{EngineError, FileFormat, Sink};

use self::cells::Cells;
use crate::store::table_handle::Outgoing;

/// Writes a table to the file at `path` in the format of the sink, whose own path only appears in messages. What is there
/// is replaced; the file is not synced. XLSX and SQLite need the table in memory, the others only a block of it at a time.
/// The digest of the file, if it was had on the way.
///
/// # Errors
/// If the file cannot be written, or the format cannot hold the table.
pub fn write(table: &Outgoing, sink: &Sink, path: &Path) -> Result<Option<Digest>, EngineError> {
    let written = match sink.format {
        FileFormat::Csv => csv::write(table, sink, path),
        FileFormat::Json => json::write(table, sink, path, true),
        FileFormat::Ndjson => json::write(table, sink, path, false),
        FileFormat::Parquet => parquet::write(table, path).map(|()| None),
        FileFormat::Sqlite => table
            .whole()
            .map_err(Failed::Engine)
            .and_then(|whole| Ok(sqlite::write(&whole, sink, path).map(|()| None)?)),
        FileFormat::Xlsx => {
            table.whole().map_err(Failed::Engine).and_then(|whole| Ok(xlsx::write(&whole, sink, path).map(|()| None)?))
        }
    };
    written.map_err(|failed| match failed {
        Failed::Engine(error) => error,
        Failed::Writing(message) => EngineError::Sink { path: sink.path.to_string(), message },
    })
}

/// Why a file was not written: the table cannot be read, or what the format or the system say.
enum Failed {
    Engine(EngineError),
    Writing(String),
}

impl From<EngineError> for Failed {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<String> for Failed {
    fn from(message: String) -> Self {
        Self::Writing(message)
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self::Writing(error.to_string())
    }
}

/// The blocks of a table, each column in one piece, which makes reading a value by its row a plain look-up.
fn blocks(table: &Outgoing) -> impl Iterator<Item = Result<DataFrame, Failed>> {
    table.blocks().map(|block| {
        let mut block = block.map_err(Failed::Engine)?;
        block.rechunk_mut();
        Ok(block)
    })
}

/// The columns of a table, ready to be read value by value.
fn columns(frame: &DataFrame) -> Result<Vec<(&str, Cells<'_>)>, String> {
    frame
        .columns()
        .iter()
        .map(|column| {
            let series = column.as_materialized_series();
            Ok((column.name().as_str(), Cells::of(series).ok_or_else(|| unfit(series))?))
        })
        .collect()
}

fn unfit(series: &Series) -> String {
    format!("column `{}` is of type {}, which files cannot hold", series.name(), series.dtype())
}
