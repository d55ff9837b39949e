//! SQLite.

use std::path::Path;

use polars::prelude::DataFrame;
use tidemill_core::table::{EngineError, FormatDescriptor, Scan, Schema, Sink, Written};

use super::FormatCodec;
use crate::io::read::source_file::SourceFile;
use crate::io::read::source_rows::SourceRows;
use crate::io::write::write_error::WriteError;
use crate::io::{read, write};
use crate::store::output_table::OutputTable;

pub(super) struct Sqlite;

impl FormatCodec for Sqlite {
    fn descriptor(&self) -> &'static FormatDescriptor {
        &FormatDescriptor {
            name: "sqlite",
            summary: "An SQLite database.",
            endings: &["sqlite", "db", "sqlite3", "db3"],
            options: &["table", "query", "filename"],
            database: Some("an SQLite database"),
            has_wal: true,
            ..FormatDescriptor::TABLE
        }
    }

    fn infer(&self, files: &[SourceFile], scan: &Scan, head: Option<usize>) -> Result<Schema, EngineError> {
        read::sqlite::infer(files, scan, head)
    }

    fn infer_and_read(
        &self,
        files: &[SourceFile],
        scan: &Scan,
    ) -> Result<(Schema, Option<Vec<DataFrame>>), EngineError> {
        read::sqlite::infer_and_read(files, scan)
    }

    fn read(&self, files: &[SourceFile], scan: &Scan) -> Result<SourceRows, EngineError> {
        Ok(read::sqlite::read(files, scan)?.into())
    }

    fn places(&self, files: &[SourceFile], scan: &Scan, rows: &[u64]) -> Result<Vec<(String, u64)>, EngineError> {
        read::sqlite::places(files, scan, rows)
    }

    fn remarks(&self, files: &[SourceFile], scan: &Scan) -> Result<Vec<String>, EngineError> {
        read::sqlite::remarks(files, scan)
    }

    fn write(&self, table: &OutputTable, sink: &Sink, path: &Path) -> Result<Written, WriteError> {
        Ok(write::sqlite::write(&table.whole()?, sink, path)?)
    }
}
