//! Apache Parquet.

use std::path::Path;
use std::sync::Arc;

use tidemill_core::table::{EngineError, FormatDescriptor, Scan, Schema, Sink, SourceCounts, Written};

use super::FormatCodec;
use crate::io::read::parquet_view::ParquetView;
use crate::io::read::source_file::SourceFile;
use crate::io::read::source_rows::SourceRows;
use crate::io::write::write_error::WriteError;
use crate::io::{read, write};
use crate::store::output_table::OutputTable;
use crate::store::stored_table::TableView;

pub(super) struct Parquet;

impl FormatCodec for Parquet {
    fn descriptor(&self) -> &'static FormatDescriptor {
        &FormatDescriptor {
            name: "parquet",
            summary: "Apache Parquet.",
            endings: &["parquet", "pq"],
            options: &["filename"],
            is_read_in_parts: true,
            ..FormatDescriptor::TABLE
        }
    }

    fn infer(&self, files: &[SourceFile], scan: &Scan, _: Option<usize>) -> Result<Schema, EngineError> {
        read::parquet::infer(files, scan)
    }

    fn read(&self, files: &[SourceFile], scan: &Scan) -> Result<SourceRows, EngineError> {
        read::parquet::read(files, scan)
    }

    fn view(&self, files: &[SourceFile], scan: &Scan) -> Result<Option<(TableView, Vec<String>)>, EngineError> {
        let found = ParquetView::of(files, scan)?;
        Ok(found.map(|(view, told)| (TableView(Arc::new(view)), told)))
    }

    fn places(&self, files: &[SourceFile], _: &Scan, rows: &[u64]) -> Result<Vec<(String, u64)>, EngineError> {
        read::parquet::places(files, rows)
    }

    fn remarks(&self, files: &[SourceFile], scan: &Scan) -> Result<Vec<String>, EngineError> {
        read::parquet::remarks(files, scan)
    }

    fn counts(&self, files: &[SourceFile], scan: &Scan) -> Result<Option<SourceCounts>, EngineError> {
        read::parquet::counts(files, scan).map(Some)
    }

    fn write(&self, table: &OutputTable, _: &Sink, path: &Path) -> Result<Written, WriteError> {
        write::parquet::write(table, path).map(|()| Written::default())
    }
}
