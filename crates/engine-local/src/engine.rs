//! The engine: one for a run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use polars::prelude::DataFrame;
use tidemill_core::ids::Digest;
use tidemill_core::table::{
    EngineError, Location, PlainTable, RunOptions, Scan, Schema, Sink, TableEngine, TableJob, TableProfile, TableRef,
    TableReport,
};

use crate::error::Outcome;
use crate::exec::panic_hook;
use crate::exec::pipeline::Pace;
use crate::exec::run::Runner;
use crate::store::table_handle::{self, Outgoing};
use crate::store::{fetch, profile};

/// What reads sources and writes outputs for the engine.
pub trait Files: Send + Sync {
    /// The columns of a source, from its first `head` rows or from the whole of it.
    ///
    /// # Errors
    /// If the source cannot be read.
    fn infer(&self, project: &Path, scan: &Scan, head: Option<usize>) -> Result<Schema, EngineError>;

    /// The source as a frame of exactly the columns and types of `scan.schema`.
    ///
    /// # Errors
    /// If the source cannot be read or a value is not of its column's type.
    fn read(&self, project: &Path, scan: &Scan) -> Result<DataFrame, EngineError>;

    /// File, and line or row id, of rows given by their place in the frame that `read` gives, from 0.
    ///
    /// # Errors
    /// If the source cannot be read.
    fn places(&self, project: &Path, scan: &Scan, rows: &[u64]) -> Result<Vec<(String, u64)>, EngineError>;

    /// Writes a table to `path` in the sink's format. The digest of the file, if it was had on the way.
    ///
    /// # Errors
    /// If the file cannot be written.
    fn write(&self, table: &Outgoing, sink: &Sink, path: &Path) -> Result<Option<Digest>, EngineError>;
}

/// Computes tables with Polars on this machine.
pub struct LocalEngine {
    project: PathBuf,
    files: Box<dyn Files>,
    pace: Pace,
}

/// The rows that `check` looks at.
const HEAD: usize = 1_000;

impl LocalEngine {
    /// An engine for the project in that folder, on this machine's files.
    pub fn new(project: impl Into<PathBuf>) -> Self {
        Self::with_files(project, Box::new(crate::io::local_files::Disk::default()))
    }

    /// An engine for the project in that folder, with these files.
    pub fn with_files(project: impl Into<PathBuf>, files: Box<dyn Files>) -> Self {
        crate::exec::allocator::keep_freed_columns();
        Self { project: project.into(), files, pace: Pace::default() }
    }

    /// Where tables go that grow too large for memory while they are computed, below the project's folder or absolute; made
    /// when it is first needed. Without one the system's folder for temporary files is used.
    #[must_use]
    pub fn spilling_into(mut self, folder: impl AsRef<Path>) -> Self {
        self.pace.spill = Some(self.project.join(folder));
        self
    }

    /// The same with other sizes of pieces.
    #[cfg(test)]
    pub(crate) fn at(mut self, pace: Pace) -> Self {
        self.pace = pace;
        self
    }

    fn path(&self, location: &Location) -> PathBuf {
        self.project.join(location.as_str())
    }
}

/// Runs the work; a panic in it becomes an error with the panic's text.
fn guarded<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let _quiet = panic_hook::Quiet::start();
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no reason given");
        Err(EngineError::Internal(format!("the table engine broke: {text}")))
    })
}

impl TableEngine for LocalEngine {
    fn name(&self) -> &str {
        "polars-2"
    }

    fn sample(&self, scan: &Scan) -> Result<Schema, EngineError> {
        guarded(|| self.files.infer(&self.project, scan, Some(HEAD)))
    }

    fn infer(&self, scan: &Scan) -> Result<Schema, EngineError> {
        guarded(|| self.files.infer(&self.project, scan, None))
    }

    fn run(&self, job: &TableJob, options: &RunOptions<'_>) -> Result<TableReport, EngineError> {
        guarded(|| Runner::new(&self.project, &*self.files, options, &self.pace, &job.rel).job(job))
    }

    fn fetch(
        &self,
        table: &TableRef,
        columns: Option<&[String]>,
        limit: Option<u64>,
    ) -> Result<PlainTable, EngineError> {
        guarded(|| fetch::plain(&table_handle::held(table)?, columns, limit))
    }

    fn profile(&self, table: &TableRef) -> Result<TableProfile, EngineError> {
        guarded(|| profile::of(&table_handle::held(table)?))
    }

    fn write(&self, table: &TableRef, sink: &Sink, staged: &Location) -> Result<Option<Digest>, EngineError> {
        guarded(|| self.files.write(&Outgoing(table_handle::held(table)?), sink, &self.path(staged)))
    }

    fn save(&self, table: &TableRef, to: &Location) -> Result<Digest, EngineError> {
        guarded(|| table_handle::save(table, &self.path(to), self.pace.most_cells))
    }

    fn open(&self, from: &Location) -> Result<TableRef, EngineError> {
        guarded(|| table_handle::open(&self.path(from), self.pace.most_cells))
    }
}
