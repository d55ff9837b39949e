//! Writing tables to files. Equal tables give equal bytes, in every format.

mod blocks;
mod cells;
mod csv;
mod failed;
mod json;
mod output;
mod parquet;
mod sqlite;
#[cfg(test)]
mod tests;
mod xlsx;

use std::path::Path;

use tidemill_core::ids::Digest;
use tidemill_core::table::{EngineError, FileFormat, Sink};

use self::failed::Failed;
use crate::store::output_table::OutputTable;

/// Writes a table to the file at `path` in the format of the sink, whose own path only appears in messages. What is there
/// is replaced; the file is not synced. XLSX and SQLite need the table in memory, the others only a block of it at a time.
/// The digest of the file, if it was had on the way.
///
/// # Errors
/// If the file cannot be written, or the format cannot hold the table.
pub fn write(table: &OutputTable, sink: &Sink, path: &Path) -> Result<Option<Digest>, EngineError> {
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
