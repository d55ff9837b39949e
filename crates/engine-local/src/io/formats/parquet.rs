//! Apache Parquet.

use std::path::Path;

use polars::prelude::DataFrame;
use tidemill_core::ids::Digest;
use tidemill_core::table::{EngineError, FormatDescriptor, Scan, Schema, Sink};

use super::FormatCodec;
use crate::io::read::source_file::SourceFile;
use crate::io::write::write_error::WriteError;
use crate::io::{read, write};
use crate::store::output_table::OutputTable;

pub(super) struct Parquet;

impl FormatCodec for Parquet {
    fn descriptor(&self) -> &'static FormatDescriptor {
        &FormatDescriptor {
            name: "parquet",
            summary: "Apache Parquet.",
            endings: &["parquet", "pq"],
            options: &[],
            states_types: true,
            ..FormatDescriptor::TABLE
        }
    }

    fn infer(&self, files: &[SourceFile], _: &Scan, _: Option<usize>) -> Result<Schema, EngineError> {
        read::parquet::infer(files)
    }

    fn read(&self, files: &[SourceFile], scan: &Scan) -> Result<Vec<DataFrame>, EngineError> {
        read::parquet::read(files, scan)
    }

    fn places(&self, files: &[SourceFile], _: &Scan, rows: &[u64]) -> Result<Vec<(String, u64)>, EngineError> {
        read::parquet::places(files, rows)
    }

    fn write(&self, table: &OutputTable, _: &Sink, path: &Path) -> Result<Option<Digest>, WriteError> {
        write::parquet::write(table, path).map(|()| None)
    }
}
