//! The file formats: one file each, and the list of them.
//!
//! A new format is its [`FormatDescriptor`] with [`FormatCodec`] in a file of its own, and a line in [`FormatCodecs::all`].
//! The schema of pipeline files, the endings, the messages that list formats and which option is for which follow from it.

mod csv;
mod json;
mod ndjson;
mod parquet;
mod sqlite;
mod xlsx;

use std::path::Path;

use polars::prelude::DataFrame;
use tidemill_core::table::{
    EngineError, FileFormat, FormatDescriptor, Formats, Scan, Schema, Sink, SourceCounts, Written,
};

use super::read::source_file::SourceFile;
use super::read::source_rows::SourceRows;
use super::write::write_error::WriteError;
use crate::store::output_table::OutputTable;
use crate::store::stored_table::TableView;

/// Reads and writes the files of one format. Reading takes two steps that agree with each other: what `infer` says of the
/// columns is what `read` makes of the values.
pub trait FormatCodec: Send + Sync {
    /// What is known of the format.
    fn descriptor(&self) -> &'static FormatDescriptor;

    /// The columns of the files: of the first `head` rows, or of all.
    ///
    /// # Errors
    /// If a file cannot be read as what it should be.
    fn infer(&self, files: &[SourceFile], scan: &Scan, head: Option<usize>) -> Result<Schema, EngineError>;

    /// The columns of all rows and, where it was no more work, the rows, as [`FormatCodec::read`] would give them.
    ///
    /// # Errors
    /// If a file cannot be read as what it should be.
    fn infer_and_read(
        &self,
        files: &[SourceFile],
        scan: &Scan,
    ) -> Result<(Schema, Option<Vec<DataFrame>>), EngineError> {
        Ok((self.infer(files, scan, None)?, None))
    }

    /// The rows, in frames of exactly the columns and types of `scan.schema`, in the order of the files.
    ///
    /// # Errors
    /// If a file cannot be read, lacks a column, or holds a value that does not fit the type of its column.
    fn read(&self, files: &[SourceFile], scan: &Scan) -> Result<SourceRows, EngineError>;

    /// The source as a table that stays in its files, and what reading all of it shows; none if it is to be read.
    ///
    /// # Errors
    /// As [`FormatCodec::read`].
    fn view(&self, _files: &[SourceFile], _scan: &Scan) -> Result<Option<(TableView, Vec<String>)>, EngineError> {
        Ok(None)
    }

    /// File, and line or number from 1, of rows, which are given from 0 in ascending order.
    ///
    /// # Errors
    /// If a file cannot be read any more.
    fn places(&self, files: &[SourceFile], scan: &Scan, rows: &[u64]) -> Result<Vec<(String, u64)>, EngineError>;

    /// What is worth knowing, before all of it is read, of how the files are read as the columns of `scan.schema`, with the
    /// file's name before it: `check` tells it, and so does whoever reads the rows.
    ///
    /// # Errors
    /// If a file cannot be read.
    fn remarks(&self, _files: &[SourceFile], _scan: &Scan) -> Result<Vec<String>, EngineError> {
        Ok(Vec::new())
    }

    /// How much is in the files, where they say so themselves.
    ///
    /// # Errors
    /// If a file cannot be read.
    fn counts(&self, _files: &[SourceFile], _scan: &Scan) -> Result<Option<SourceCounts>, EngineError> {
        Ok(None)
    }

    /// Writes a table to `path`; the sink's own path only appears in messages and says how the file is packed. What is there is
    /// replaced; the file is not synced.
    ///
    /// # Errors
    /// If the file cannot be written, or the format cannot hold the table.
    fn write(&self, table: &OutputTable, sink: &Sink, path: &Path) -> Result<Written, WriteError>;
}

/// The formats that an engine reads and writes.
#[derive(Default)]
pub struct FormatCodecs(Vec<Box<dyn FormatCodec>>);

impl FormatCodecs {
    /// All that there are, in the order of the docs.
    pub fn all() -> Self {
        Self::default()
            .with(csv::Csv)
            .with(json::Json)
            .with(ndjson::Ndjson)
            .with(parquet::Parquet)
            .with(sqlite::Sqlite)
            .with(xlsx::Xlsx)
    }

    /// With one more, listed for people behind those before.
    #[must_use]
    pub fn with(mut self, codec: impl FormatCodec + 'static) -> Self {
        self.0.push(Box::new(codec));
        self
    }

    /// The one of that format.
    ///
    /// # Errors
    /// If a table is marked with a format that is not in the list.
    pub fn get(&self, format: FileFormat) -> Result<&dyn FormatCodec, EngineError> {
        let found = self.0.iter().find(|codec| codec.descriptor().format() == format);
        found.map(|codec| &**codec).ok_or_else(|| EngineError::Internal(format!("there is no format {format} here")))
    }

    /// What the rest of the program is to know of them.
    pub fn formats(&self) -> Formats {
        self.0.iter().map(|codec| codec.descriptor()).collect()
    }
}
