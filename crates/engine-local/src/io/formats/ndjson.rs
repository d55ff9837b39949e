//! NDJSON: an object a line.

use std::path::Path;

use tidemill_core::table::{EngineError, FormatDescriptor, Scan, Schema, Sink, Written};

use super::FormatCodec;
use crate::io::read::source_file::SourceFile;
use crate::io::read::source_rows::SourceRows;
use crate::io::write::write_error::WriteError;
use crate::io::{read, write};
use crate::store::output_table::OutputTable;

pub(super) struct Ndjson;

impl FormatCodec for Ndjson {
    fn descriptor(&self) -> &'static FormatDescriptor {
        &FormatDescriptor {
            name: "ndjson",
            summary: "An object a line.",
            endings: &["ndjson", "jsonl"],
            options: &["encoding", "null_values", "filename"],
            rows_are_lines: true,
            rows_name_columns: true,
            ..FormatDescriptor::TABLE
        }
    }

    fn infer(&self, files: &[SourceFile], scan: &Scan, head: Option<usize>) -> Result<Schema, EngineError> {
        read::json::infer(files, scan, head, true)
    }

    fn read(&self, files: &[SourceFile], scan: &Scan) -> Result<SourceRows, EngineError> {
        Ok(read::json::read(files, scan, true)?.into())
    }

    fn places(&self, files: &[SourceFile], scan: &Scan, rows: &[u64]) -> Result<Vec<(String, u64)>, EngineError> {
        read::json::places(files, scan, rows, true)
    }

    fn write(&self, table: &OutputTable, sink: &Sink, path: &Path) -> Result<Written, WriteError> {
        write::json::write(table, sink, path, false)
    }
}
