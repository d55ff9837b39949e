//! Workbooks.

use std::path::Path;

use tidemill_core::table::{EngineError, FormatDescriptor, Scan, Schema, Sink, Written};

use super::FormatCodec;
use crate::io::read::source_file::SourceFile;
use crate::io::read::source_rows::SourceRows;
use crate::io::write::write_error::WriteError;
use crate::io::{read, write};
use crate::store::output_table::OutputTable;

pub(super) struct Xlsx;

impl FormatCodec for Xlsx {
    fn descriptor(&self) -> &'static FormatDescriptor {
        &FormatDescriptor {
            name: "xlsx",
            summary: "An Excel workbook.",
            endings: &["xlsx"],
            read_endings: &["xlsm", "xls", "ods"],
            options: &["sheet", "header", "null_values", "skip_rows", "filename"],
            sink_options: &["escape_formulas"],
            ..FormatDescriptor::TABLE
        }
    }

    fn infer(&self, files: &[SourceFile], scan: &Scan, _: Option<usize>) -> Result<Schema, EngineError> {
        read::xlsx::infer(files, scan)
    }

    fn read(&self, files: &[SourceFile], scan: &Scan) -> Result<SourceRows, EngineError> {
        read::xlsx::read(files, scan)
    }

    fn places(&self, files: &[SourceFile], scan: &Scan, rows: &[u64]) -> Result<Vec<(String, u64)>, EngineError> {
        read::xlsx::places(files, scan, rows)
    }

    fn remarks(&self, files: &[SourceFile], scan: &Scan) -> Result<Vec<String>, EngineError> {
        read::xlsx::remarks(files, scan)
    }

    fn write(&self, table: &OutputTable, sink: &Sink, path: &Path) -> Result<Written, WriteError> {
        write::xlsx::write(&table.whole()?, sink, path)?;
        Ok(Written::default())
    }
}
