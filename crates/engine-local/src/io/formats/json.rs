//! JSON: an array of objects.

use std::path::Path;

use tidemill_core::table::{EngineError, FormatDescriptor, Scan, Schema, Sink, Written};

use super::FormatCodec;
use crate::io::read::source_file::SourceFile;
use crate::io::read::source_rows::SourceRows;
use crate::io::write::write_error::WriteError;
use crate::io::{read, write};
use crate::store::output_table::OutputTable;

pub(super) struct Json;

impl FormatCodec for Json {
    fn descriptor(&self) -> &'static FormatDescriptor {
        &FormatDescriptor {
            name: "json",
            summary: "An array of objects.",
            endings: &["json"],
            options: &["encoding", "records", "null_values", "filename"],
            rows_are_lines: true,
            rows_name_columns: true,
            ..FormatDescriptor::TABLE
        }
    }

    fn infer(&self, files: &[SourceFile], scan: &Scan, head: Option<usize>) -> Result<Schema, EngineError> {
        read::json::infer(files, scan, head, false)
    }

    fn read(&self, files: &[SourceFile], scan: &Scan) -> Result<SourceRows, EngineError> {
        Ok(read::json::read(files, scan, false)?.into())
    }

    fn places(&self, files: &[SourceFile], scan: &Scan, rows: &[u64]) -> Result<Vec<(String, u64)>, EngineError> {
        read::json::places(files, scan, rows, false)
    }

    fn write(&self, table: &OutputTable, sink: &Sink, path: &Path) -> Result<Written, WriteError> {
        write::json::write(table, sink, path, true)
    }
}
