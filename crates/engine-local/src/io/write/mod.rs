//! Writing tables to files. Equal tables give equal bytes, in every format.

mod blocks;
mod cells;
pub(super) mod csv;
pub(super) mod json;
mod not_finite;
mod output;
pub(super) mod parquet;
pub(super) mod sqlite;
#[cfg(test)]
mod tests;
mod workbook;
pub(crate) mod write_error;
pub(super) mod xlsx;

use std::path::Path;

use tidemill_core::table::{EngineError, Sink, Written};

pub use self::workbook::write_workbook;
use self::write_error::WriteError;
use super::formats::FormatCodec;
use crate::store::output_table::OutputTable;

/// Writes a table to the file at `path` in the format of the sink.
///
/// # Errors
/// If the file cannot be written, or the format cannot hold the table.
pub fn write(codec: &dyn FormatCodec, table: &OutputTable, sink: &Sink, path: &Path) -> Result<Written, EngineError> {
    codec.write(table, sink, path).map_err(|failed| match failed {
        WriteError::Engine(error) => error,
        WriteError::Writing(message) => EngineError::Sink { path: sink.path.to_string(), message },
    })
}
