//! The files that an engine works on, behind a trait.

use std::path::Path;

use polars::prelude::DataFrame;
use tidemill_core::attempt::CancelToken;
use tidemill_core::fingerprint::FileDigests;
use tidemill_core::table::{EngineError, Scan, Schema, Sink, SourceCounts, Written};

use crate::store::output_table::OutputTable;
use crate::store::stored_table::TableView;
use crate::store::view_object::ViewObject;

/// Rows of a source, batch by batch.
pub type SourceBatches = Box<dyn Iterator<Item = Result<DataFrame, EngineError>> + Send>;

/// What reads sources and writes outputs for the engine. Reading ends early once it is cancelled.
pub trait Files: Send + Sync {
    /// The columns of a source, from its first `head` rows or from the whole of it.
    ///
    /// # Errors
    /// If the source cannot be read.
    fn infer(
        &self,
        project: &Path,
        scan: &Scan,
        head: Option<usize>,
        cancelled: &CancelToken,
    ) -> Result<Schema, EngineError>;

    /// The source as a frame of exactly the columns and types of `scan.schema`, and all there is to say of it: its remarks, and
    /// what only reading all of it shows.
    ///
    /// # Errors
    /// If the source cannot be read or a value is not of its column's type.
    fn read(
        &self,
        project: &Path,
        scan: &Scan,
        cancelled: &CancelToken,
    ) -> Result<(DataFrame, Vec<String>), EngineError>;

    /// The rows of a source that gives them batch by batch, as a database does: exactly the columns and types of
    /// `scan.schema`. None if it is read at once.
    ///
    /// # Errors
    /// If the source cannot be read.
    fn batches(&self, _scan: &Scan, _cancelled: &CancelToken) -> Result<Option<SourceBatches>, EngineError> {
        Ok(None)
    }

    /// The source as a table that stays in its files, and all there is to say of it; none if it is read and kept.
    ///
    /// # Errors
    /// If the source cannot be read or a value is not of its column's type.
    fn view(
        &self,
        _project: &Path,
        _scan: &Scan,
        _cancelled: &CancelToken,
    ) -> Result<Option<(TableView, Vec<String>)>, EngineError> {
        Ok(None)
    }

    /// The table that the store keeps as such an object, if its files are what they were.
    ///
    /// # Errors
    /// If a file has changed or cannot be read.
    fn open_view(&self, _project: &Path, object: &ViewObject, _known: &FileDigests) -> Result<TableView, EngineError> {
        Err(EngineError::Internal(format!("tables do not stay in files of format {}", object.format)))
    }

    /// File, and line or row id, of rows given by their place in the frame that `read` gives, from 0.
    ///
    /// # Errors
    /// If the source cannot be read.
    fn places(
        &self,
        project: &Path,
        scan: &Scan,
        rows: &[u64],
        cancelled: &CancelToken,
    ) -> Result<Vec<(String, u64)>, EngineError>;

    /// What is worth knowing, before it is read, of how the source is read as the columns of `scan.schema`.
    ///
    /// # Errors
    /// If the source cannot be read.
    fn remarks(&self, _project: &Path, _scan: &Scan) -> Result<Vec<String>, EngineError> {
        Ok(Vec::new())
    }

    /// How much is in the source, where its files say so themselves.
    ///
    /// # Errors
    /// If the source cannot be read.
    fn counts(&self, _project: &Path, _scan: &Scan) -> Result<Option<SourceCounts>, EngineError> {
        Ok(None)
    }

    /// Whether an option of that name says how the source is read.
    fn takes(&self, _scan: &Scan, _option: &str) -> bool {
        false
    }

    /// Whether the place of a row in the source's files is a line of text, not a row's number.
    fn rows_are_lines(&self, scan: &Scan) -> bool;

    /// Writes a table to `path` in the sink's format.
    ///
    /// # Errors
    /// If the file cannot be written.
    fn write(&self, table: &OutputTable, sink: &Sink, path: &Path) -> Result<Written, EngineError>;
}
