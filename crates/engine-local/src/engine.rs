//! The engine: one for a run.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tidemill_core::attempt::CancelToken;
use tidemill_core::fingerprint::FileDigests;
use tidemill_core::ids::Digest;
use tidemill_core::storage::StorageRegistry;
use tidemill_core::table::{
    EngineError, JobOptions, Location, PlainBatches, PlainTable, RejectedElsewhere, RejectedRows, Rel, Scan, Schema,
    Sink, SourceCounts, TableEngine, TableJob, TableProfile, TableRef, TableReport, UnfitValue, WorkbookJob, Written,
};

use crate::error::Outcome;
use crate::exec::executor::Executor;
use crate::io::files::Files;
use crate::io::formats::FormatCodecs;
use crate::io::local_files::LocalFiles;
use crate::ops::context::JobContext;
use crate::ops::{convert, rejected_elsewhere};
use crate::runtime::memory;
use crate::runtime::memory_budget::MemoryBudget;
use crate::runtime::panic_hook;
use crate::store::output_table::OutputTable;
use crate::store::stored_table::TableView;
use crate::store::table_handle::TableHandle;
use crate::store::view_object::ViewObject;
use crate::store::{fetch, page, profile};

/// Computes tables on this machine.
pub struct LocalEngine {
    project: PathBuf,
    files: Box<dyn Files>,
    budget: MemoryBudget,
    /// What is known of the contents of files.
    known: Mutex<Arc<FileDigests>>,
}

/// The rows that `check` looks at.
const HEAD: usize = 1_000;

impl LocalEngine {
    /// An engine for the project in that folder, on this machine's files.
    pub fn new(project: impl Into<PathBuf>) -> Self {
        Self::with_formats(project, FormatCodecs::all(), Arc::default())
    }

    /// An engine for the project in that folder, on files in these formats in these storages.
    pub fn with_formats(project: impl Into<PathBuf>, codecs: FormatCodecs, storages: Arc<StorageRegistry>) -> Self {
        Self::with_files(project, Box::new(LocalFiles::new(codecs, storages)))
    }

    /// An engine for the project in that folder, with these files.
    pub fn with_files(project: impl Into<PathBuf>, files: Box<dyn Files>) -> Self {
        Self { project: project.into(), files, budget: MemoryBudget::default(), known: Mutex::default() }
    }

    /// The store, below the project's folder or absolute, where tables go that grow too large for memory while they are
    /// computed: among what is half written. Without one the system's folder for temporary files is used.
    #[must_use]
    pub fn spilling_into(mut self, store: impl AsRef<Path>) -> Self {
        self.budget.spill_store = Some(self.project.join(store));
        self
    }

    /// The same with so many bytes of memory: what would need more fails. It holds for the whole process.
    #[must_use]
    pub fn within_memory(self, bytes: u64) -> Self {
        memory::limit_to(bytes);
        self
    }

    /// The same with other sizes of batches.
    #[cfg(test)]
    pub(crate) fn at(mut self, budget: MemoryBudget) -> Self {
        self.budget = budget;
        self
    }

    fn context<'a>(&'a self, rel: &'a Rel, options: &'a JobOptions<'a>) -> JobContext<'a> {
        JobContext::new(&self.project, &*self.files, options, &self.budget, rel)
    }

    fn known(&self) -> Arc<FileDigests> {
        Arc::clone(&self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn path(&self, location: &Location) -> PathBuf {
        self.project.join(location.as_str())
    }
}

/// Runs the work; a panic in it becomes an error with the panic's text.
fn guarded<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    panic_hook::caught(work)
        .unwrap_or_else(|text| Err(EngineError::Internal(format!("the table engine broke: {text}"))))
}

impl TableEngine for LocalEngine {
    fn name(&self) -> &str {
        "polars-2"
    }

    fn sample(&self, scan: &Scan, cancelled: &CancelToken) -> Result<Schema, EngineError> {
        guarded(|| self.files.infer(&self.project, scan, Some(HEAD), cancelled))
    }

    fn infer(&self, scan: &Scan, cancelled: &CancelToken) -> Result<Schema, EngineError> {
        guarded(|| self.files.infer(&self.project, scan, None, cancelled))
    }

    fn remarks(&self, scan: &Scan) -> Result<Vec<String>, EngineError> {
        guarded(|| self.files.remarks(&self.project, scan))
    }

    fn counts(&self, scan: &Scan) -> Option<SourceCounts> {
        guarded(|| self.files.counts(&self.project, scan)).ok().flatten()
    }

    fn run(&self, job: &TableJob, options: &JobOptions<'_>) -> Result<TableReport, EngineError> {
        // A process that computes no table, as that of the page, gives back what it frees.
        crate::runtime::allocator::keep_freed_columns();
        guarded(|| Executor::new(self.context(&job.rel, options)).run(job))
    }

    fn batches(
        &self,
        table: &TableRef,
        columns: Option<&[String]>,
        limit: Option<u64>,
    ) -> Result<PlainBatches, EngineError> {
        let mut batches = guarded(|| fetch::batches(TableHandle::of(table)?, columns, limit))?;
        Ok(Box::new(std::iter::from_fn(move || guarded(|| batches.next().transpose()).transpose())))
    }

    fn ordered_rows(
        &self,
        table: &TableRef,
        column: &str,
        descending: bool,
        places: Range<usize>,
    ) -> Result<Vec<u64>, EngineError> {
        guarded(|| page::ordered_rows(&TableHandle::of(table)?, column, descending, places))
    }

    fn take(&self, table: &TableRef, rows: &[u64]) -> Result<PlainTable, EngineError> {
        guarded(|| page::take(&TableHandle::of(table)?, rows))
    }

    fn profile(&self, table: &TableRef) -> Result<TableProfile, EngineError> {
        guarded(|| profile::of(&TableHandle::of(table)?))
    }

    fn rejects(
        &self,
        rejected: &RejectedElsewhere<'_>,
        options: &JobOptions<'_>,
    ) -> Result<(TableRef, Vec<RejectedRows>), EngineError> {
        guarded(|| rejected_elsewhere::rejects(rejected, &self.context(rejected.rel, options)))
    }

    fn misfit(&self, unfit: &UnfitValue<'_>, options: &JobOptions<'_>) -> EngineError {
        convert::misfit(&self.context(unfit.input, options), unfit)
    }

    fn write(&self, table: &TableRef, sink: &Sink, staged: &Location) -> Result<Written, EngineError> {
        guarded(|| self.files.write(&OutputTable(TableHandle::of(table)?), sink, &self.path(staged)))
    }

    fn write_workbook(&self, workbook: &WorkbookJob<'_>, staged: &Location) -> Result<(), EngineError> {
        guarded(|| crate::io::write::write_workbook(workbook, &self.path(staged)))
    }

    /// The table itself, in the file format of `store`; of one that stays in the files of its source, which these are.
    fn save(&self, table: &TableRef, manifest: &Location) -> Result<Digest, EngineError> {
        guarded(|| TableHandle::save(table, &self.path(manifest), self.budget.max_cells, &self.known()))
    }

    fn know(&self, files: &Arc<FileDigests>) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(files);
    }

    fn open(&self, manifest: &Location) -> Result<TableRef, EngineError> {
        let path = self.path(manifest);
        guarded(|| match ViewObject::read(&path) {
            Some(object) => {
                let TableView(view) = self.files.open_view(&self.project, &object, &self.known())?;
                TableHandle::OnDisk(view).into_ref()
            }
            None => TableHandle::open(&path, self.budget.max_cells)?.into_ref(),
        })
    }
}
