//! CSV.

use std::path::Path;

use tidemill_core::table::{EngineError, FormatDescriptor, Scan, Schema, Sink, Written};

use super::FormatCodec;
use crate::io::read::source_file::SourceFile;
use crate::io::read::source_rows::SourceRows;
use crate::io::write::write_error::WriteError;
use crate::io::{read, write};
use crate::store::output_table::OutputTable;

pub(super) struct Csv;

impl FormatCodec for Csv {
    fn descriptor(&self) -> &'static FormatDescriptor {
        &FormatDescriptor {
            name: "csv",
            summary: "Comma-separated values (RFC 4180) and its relatives.",
            endings: &["csv", "tsv", "txt"],
            options: &[
                "delimiter",
                "decimal",
                "header",
                "encoding",
                "null_values",
                "skip_rows",
                "thousands",
                "comment",
                "ragged",
                "filename",
            ],
            sink_options: &["delimiter", "bom", "null", "escape_formulas"],
            rows_are_lines: true,
            ..FormatDescriptor::TABLE
        }
    }

    fn infer(&self, files: &[SourceFile], scan: &Scan, head: Option<usize>) -> Result<Schema, EngineError> {
        read::csv::infer(files, scan, head)
    }

    fn read(&self, files: &[SourceFile], scan: &Scan) -> Result<SourceRows, EngineError> {
        read::csv::read(files, scan)
    }

    fn places(&self, files: &[SourceFile], scan: &Scan, rows: &[u64]) -> Result<Vec<(String, u64)>, EngineError> {
        read::csv::places(files, scan, rows)
    }

    fn remarks(&self, files: &[SourceFile], scan: &Scan) -> Result<Vec<String>, EngineError> {
        read::csv::remarks(files, scan)
    }

    fn write(&self, table: &OutputTable, sink: &Sink, path: &Path) -> Result<Written, WriteError> {
        write::csv::write(table, sink, path)
    }
}
