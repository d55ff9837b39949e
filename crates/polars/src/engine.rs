//! The engine: one for a run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::{DataFrame, IdxSize};
use tidemill_core::ids::Digest;
use tidemill_core::table::{
    EngineError, Location, PlainTable, RunOptions, Scan, Schema, Sink, TableEngine, TableJob, TableProfile, TableRef,
    TableReport,
};

use crate::failure::{Outcome, unsupported};
use crate::run::Runner;
use crate::{fetch, object, profile, quiet, types};

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

    /// Writes a frame to `path` in the sink's format.
    ///
    /// # Errors
    /// If the file cannot be written.
    fn write(&self, frame: &DataFrame, sink: &Sink, path: &Path) -> Result<(), EngineError>;
}

/// Computes tables with Polars on this machine.
pub struct PolarsEngine {
    project: PathBuf,
    files: Box<dyn Files>,
}

/// The rows that `check` looks at.
const HEAD: usize = 1_000;

impl PolarsEngine {
    /// An engine for the project in that folder, on this machine's files.
    pub fn new(project: impl Into<PathBuf>) -> Self {
        Self::with_files(project, Box::new(crate::disk::Disk))
    }

    /// An engine for the project in that folder, with these files.
    pub fn with_files(project: impl Into<PathBuf>, files: Box<dyn Files>) -> Self {
        Self { project: project.into(), files }
    }

    fn path(&self, location: &Location) -> PathBuf {
        self.project.join(location.as_str())
    }
}

/// The frame that the engine holds behind a reference.
pub(crate) fn frame_of(table: &TableRef) -> Outcome<&DataFrame> {
    table.held.downcast_ref::<DataFrame>().ok_or_else(|| unsupported("the table is not held by this engine"))
}

/// Holds a frame.
pub(crate) fn hold(frame: DataFrame) -> Outcome<TableRef> {
    if frame.height() > IdxSize::MAX as usize - 1 {
        return Err(unsupported("a table of more than four billion rows"));
    }
    let (schema, rows) = (types::schema_of(&frame)?, frame.height() as u64);
    Ok(TableRef { held: Arc::new(frame), schema, rows })
}

/// Runs the work; a panic in it becomes an error with the panic's text.
fn guarded<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let _quiet = quiet::Quiet::start();
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no reason given");
        Err(EngineError::Internal(format!("the table engine broke: {text}")))
    })
}

impl TableEngine for PolarsEngine {
    fn name(&self) -> &str {
        "polars-1"
    }

    fn sample(&self, scan: &Scan) -> Result<Schema, EngineError> {
        guarded(|| self.files.infer(&self.project, scan, Some(HEAD)))
    }

    fn infer(&self, scan: &Scan) -> Result<Schema, EngineError> {
        guarded(|| self.files.infer(&self.project, scan, None))
    }

    fn run(&self, job: &TableJob, options: &RunOptions<'_>) -> Result<TableReport, EngineError> {
        guarded(|| Runner::new(&self.project, &*self.files, options, &job.rel).job(job))
    }

    fn fetch(
        &self,
        table: &TableRef,
        columns: Option<&[String]>,
        limit: Option<u64>,
    ) -> Result<PlainTable, EngineError> {
        guarded(|| fetch::plain(frame_of(table)?, columns, limit))
    }

    fn profile(&self, table: &TableRef) -> Result<TableProfile, EngineError> {
        guarded(|| profile::of(frame_of(table)?))
    }

    fn write(&self, table: &TableRef, sink: &Sink, staged: &Location) -> Result<(), EngineError> {
        guarded(|| self.files.write(frame_of(table)?, sink, &self.path(staged)))
    }

    fn save(&self, table: &TableRef, to: &Location) -> Result<Digest, EngineError> {
        guarded(|| object::save(frame_of(table)?, &self.path(to)))
    }

    fn open(&self, from: &Location) -> Result<TableRef, EngineError> {
        guarded(|| hold(object::open(&self.path(from))?))
    }
}
