//! The engine: one for a run.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tidemill_core::attempt::{CancelToken, NEVER_CANCELLED};
use tidemill_core::fingerprint::FileDigests;
use tidemill_core::ids::{Digest, RunId};
use tidemill_core::spec::ClusterConfig;
use tidemill_core::table::{
    EngineError, JobOptions, Location, PlainBatches, PlainTable, Rel, Scan, Schema, Sink, TableEngine, TableJob,
    TableProfile, TableRef, TableReport, Unsupported, WorkbookJob, Written,
};

use crate::address::Address;
use crate::client::Session;
use crate::download::download;
use crate::failure::engine_error;
use crate::job::{JobContext, JobInputs};
use crate::lower::{Inputs, Lowerer, Ordinal, Source, Stored};
use crate::manifest::Manifest;
use crate::source::{KnownFiles, Sources};
use crate::stage::Staged;
use crate::table::SparkTable;
use crate::ui::SessionPage;
use crate::uuid::uuid;
use crate::warehouse::{Warehouse, uri};
use crate::{cluster, job, profile, publish, settings, source, steps, ui, warehouse};

/// Computes tables on Apache Spark. Sources of this machine are read by the local engine that it is given, outputs are written by it.
pub struct SparkEngine {
    local: Arc<dyn TableEngine>,
    config: ClusterConfig,
    project: PathBuf,
    warehouse: Warehouse,
    /// Where the id of the session is kept while there is one, so that a later process can end it.
    note: PathBuf,
    /// The same file, locked while this process has a session.
    locked: Mutex<Option<File>>,
    session: Mutex<Option<Arc<Session>>>,
    /// Where its statements can be looked at.
    page: Mutex<Option<Arc<SessionPage>>>,
    run: Mutex<String>,
    staged: Staged,
    known: KnownFiles,
}

impl SparkEngine {
    /// An engine for the project in that folder, whose state is kept in `state`. Nothing connects yet.
    pub fn new(local: Arc<dyn TableEngine>, config: ClusterConfig, project: &Path, state: &Path) -> Self {
        let warehouse = Warehouse::of(&config.warehouse, project);
        let run = Mutex::new("none".to_owned());
        let note = state.join("spark-session");
        Self {
            local,
            config,
            project: project.to_owned(),
            warehouse,
            note,
            locked: Mutex::default(),
            session: Mutex::default(),
            page: Mutex::default(),
            run,
            staged: Staged::default(),
            known: KnownFiles::default(),
        }
    }

    /// Whether a cluster can be used as it is described; nothing connects.
    ///
    /// # Errors
    /// What is wrong with the address, the warehouse or the settings, as a sentence.
    pub fn accepts(config: &ClusterConfig) -> Result<(), String> {
        Address::of(config)?.protects_token()?;
        settings::of_session(&config.settings)?;
        config.ui.as_deref().map_or(Ok(()), ui::accepts)?;
        warehouse::folder_of(&config.warehouse).map(|_| ())
    }

    /// Tries the cluster: its version, the settings, and a write that must be seen from here. What it found, as a sentence.
    ///
    /// # Errors
    /// What does not work.
    pub fn probe(&self) -> Result<String, EngineError> {
        let session = self.session()?;
        let version = session.version().map_err(|error| engine_error(&error))?;
        let folder = self.warehouse.attempt(&format!("probe-{}", uuid()));
        let written = session.write("select 1L as c0", &uri(&folder), Vec::new(), "tidemill-probe", &NEVER_CANCELLED);
        written.map_err(|error| engine_error(&error))?;
        let is_seen = warehouse::is_whole(&folder);
        let removed = std::fs::remove_dir_all(&folder);
        self.end();
        match removed {
            Ok(()) if is_seen => {
                Ok(format!("Spark {version} at {}, warehouse {}", self.config.url, self.config.warehouse))
            }
            _ => Err(EngineError::Internal(format!(
                "what Spark writes into the warehouse {} is not seen from here",
                self.config.warehouse
            ))),
        }
    }

    /// The session of this run, made when it is first needed.
    fn session(&self) -> Result<Arc<Session>, EngineError> {
        let mut known = lock(&self.session);
        if let Some(session) = &*known {
            return Ok(Arc::clone(session));
        }
        let session = cluster::connect(&self.config, uuid())?;
        cluster::must_be_known(&session)?;
        // Before the first statement: whoever finds it ends what this process may have left.
        *lock(&self.locked) = self.take_over(&session);
        cluster::set(&session, &self.config)?;
        *lock(&self.page) = Some(Arc::new(SessionPage::of(&session, self.config.ui.as_deref())));
        let session = Arc::new(session);
        *known = Some(Arc::clone(&session));
        Ok(session)
    }

    /// Keeps the id of a session where a later process finds it, and ends what a process that was killed has left running on the
    /// cluster. The file stays locked while the session is used; None if another process has one.
    fn take_over(&self, session: &Session) -> Option<File> {
        let mut note = File::options().create(true).truncate(false).read(true).write(true).open(&self.note).ok()?;
        note.try_lock().ok()?;
        let mut left = String::new();
        note.read_to_string(&mut left).ok()?;
        if !left.is_empty()
            && let Ok(session) = cluster::connect(&self.config, left)
        {
            // A session that the server has forgotten is as good as ended.
            let _ = session.interrupt();
            let _ = session.release();
        }
        note.set_len(0).ok()?;
        note.rewind().ok()?;
        note.write_all(session.id.as_bytes()).ok()?;
        Some(note)
    }

    /// What the cluster may read by itself.
    fn sources(&self) -> Sources<'_> {
        Sources { local: &*self.local, root: self.warehouse.folder(), project: &self.project, known: &self.known }
    }

    /// Whether a job is done on this machine: it reads a source that only this machine has, chooses rows by chance, or makes a
    /// table of nothing.
    fn is_done_here(&self, rel: &Rel) -> bool {
        let (mut is_here, mut reads) = (rel.schema().is_empty(), false);
        steps::each_step(rel, &mut |step| match step {
            Rel::Sample { .. } => is_here = true,
            Rel::Input { .. } => reads = true,
            Rel::Scan(scan) => {
                reads = true;
                is_here |= self.sources().of(scan).is_none();
            }
            _ => {}
        });
        is_here || !reads
    }

    /// Why the cluster would read the files of a job otherwise than this machine; None if it would not.
    fn difference(&self, rel: &Rel, session: &Session) -> Result<Option<String>, EngineError> {
        let mut found = Ok(None);
        steps::each_step(rel, &mut |step| {
            if let (Rel::Scan(scan), Ok(None)) = (step, &found)
                && let Some(read) = self.sources().of(scan)
            {
                found = source::difference(session, scan, &read);
            }
        });
        found
    }

    /// The tables of a job in the warehouse.
    fn inputs<'a>(&'a self, options: &JobOptions<'_>) -> Result<JobInputs<'a>, EngineError> {
        let stored = |(task, table): &(String, TableRef)| {
            let stored = match SparkTable::of(table) {
                Some(table) => table.stored(),
                None => {
                    let limit = self.config.stage_limit;
                    let folder = self.staged.folder(&*self.local, table, &self.warehouse, limit, options.cancelled)?;
                    Stored::Staged { folder: uri(&folder) }
                }
            };
            Ok((task.clone(), stored))
        };
        let tables = options.inputs.iter().map(stored).collect::<Result<_, EngineError>>()?;
        Ok(JobInputs { tables, sources: self.sources() })
    }

    /// The table as the local engine holds it: itself, or read from the warehouse.
    fn here(&self, table: &TableRef) -> Result<TableRef, EngineError> {
        let Some(there) = SparkTable::of(table) else { return Ok(table.clone()) };
        if let Some(here) = there.here.get() {
            return Ok(here.clone());
        }
        let here = download(&*self.local, &there.rows, &there.manifest.facts, self.config.download_limit)?;
        Ok(there.here.get_or_init(|| here).clone())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is in it is replaced as a whole, so a thread that died has left nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Inputs of which it is only known that they will be there.
struct Anywhere<'a>(Sources<'a>);

impl Inputs for Anywhere<'_> {
    fn table(&self, _task: &str) -> Option<Stored> {
        Some(Stored::Written { folder: String::new(), order: vec![Ordinal::ASCENDING] })
    }

    fn source(&self, scan: &Scan) -> Option<Source> {
        self.0.of(scan)
    }
}

impl TableEngine for SparkEngine {
    fn name(&self) -> &str {
        "spark-2"
    }

    fn begin(&self, run: &RunId) -> Result<(), EngineError> {
        *lock(&self.run) = run.to_string();
        self.local.begin(run)
    }

    fn end(&self) {
        if let Some(session) = lock(&self.session).take() {
            // If the server does not hear it, it ends the session by itself.
            let _ = session.interrupt();
            let _ = session.release();
            if let Some(note) = lock(&self.locked).take() {
                let _ = note.set_len(0);
            }
        }
        self.local.end();
    }

    fn accept(&self, job: &TableJob) -> Result<(), Vec<Unsupported>> {
        if self.is_done_here(&job.rel) {
            return self.local.accept(job);
        }
        let inputs = Anywhere(self.sources());
        let lowerer = Lowerer::new(&inputs);
        lowerer.rel(&job.rel).map(|_| ()).map_err(|refused| vec![refused])
    }

    fn place(&self, job: &TableJob) -> Option<&'static str> {
        (!self.is_done_here(&job.rel)).then_some(job::NAME)
    }

    fn local_rows(&self) -> u64 {
        self.config.local_rows
    }

    fn sweep(&self, live: &HashSet<Digest>) -> Result<(), EngineError> {
        self.local.sweep(live)?;
        self.warehouse.sweep(live).map_err(|error| EngineError::Internal(format!("the warehouse: {error}")))
    }

    fn sample(&self, scan: &Scan, cancelled: &CancelToken) -> Result<Schema, EngineError> {
        self.local.sample(scan, cancelled)
    }

    fn infer(&self, scan: &Scan, cancelled: &CancelToken) -> Result<Schema, EngineError> {
        self.local.infer(scan, cancelled)
    }

    fn remarks(&self, scan: &Scan) -> Result<Vec<String>, EngineError> {
        self.local.remarks(scan)
    }

    fn run(&self, job: &TableJob, options: &JobOptions<'_>) -> Result<TableReport, EngineError> {
        if self.is_done_here(&job.rel) {
            return self.run_here(job, options);
        }
        let session = self.session()?;
        if let Some(why) = self.difference(&job.rel, &session)? {
            let mut report = self.run_here(job, options)?;
            report.account.warnings.push(format!("the source was read by this machine and not by the cluster: {why}"));
            return Ok(report);
        }
        let inputs = self.inputs(options)?;
        let run = lock(&self.run).clone();
        let tag = format!("tidemill-{run}");
        let context = JobContext {
            session: &session,
            options,
            lowerer: Lowerer::new(&inputs),
            tag: &tag,
            local: &*self.local,
            download_limit: self.config.download_limit,
        };
        let mut report = job::run(job, &context, &self.warehouse, &run)?;
        let page = lock(&self.page).clone();
        report.account.place.engine_page = page.and_then(|page| page.address());
        Ok(report)
    }

    fn run_here(&self, job: &TableJob, options: &JobOptions<'_>) -> Result<TableReport, EngineError> {
        let here = |(task, table): &(String, TableRef)| Ok((task.clone(), self.here(table)?));
        let inputs = options.inputs.iter().map(here).collect::<Result<Vec<_>, EngineError>>()?;
        self.local.run(job, &JobOptions { inputs: &inputs, origin: options.origin, cancelled: options.cancelled })
    }

    fn batches(
        &self,
        table: &TableRef,
        columns: Option<&[String]>,
        limit: Option<u64>,
    ) -> Result<PlainBatches, EngineError> {
        self.local.batches(&self.here(table)?, columns, limit)
    }

    fn ordered_rows(
        &self,
        table: &TableRef,
        column: &str,
        descending: bool,
        places: std::ops::Range<usize>,
    ) -> Result<Vec<u64>, EngineError> {
        self.local.ordered_rows(&self.here(table)?, column, descending, places)
    }

    fn take(&self, table: &TableRef, rows: &[u64]) -> Result<PlainTable, EngineError> {
        self.local.take(&self.here(table)?, rows)
    }

    fn profile(&self, table: &TableRef) -> Result<TableProfile, EngineError> {
        match SparkTable::of(table) {
            Some(there) => profile::of(&*self.session()?, there).map_err(|error| engine_error(&error)),
            None => self.local.profile(table),
        }
    }

    fn write(&self, table: &TableRef, sink: &Sink, staged: &Location) -> Result<Written, EngineError> {
        if let Some(there) = SparkTable::of(table)
            && sink.path.below_warehouse().is_some()
            && publish::can_be_written(&table.schema)
        {
            let tag = format!("tidemill-{}", lock(&self.run));
            publish::write(there, &*self.session()?, &self.warehouse, &tag, staged)?;
            return Ok(Written::default());
        }
        self.local.write(&self.here(table)?, sink, staged)
    }

    fn write_workbook(&self, workbook: &WorkbookJob<'_>, staged: &Location) -> Result<(), EngineError> {
        self.local.write_workbook(workbook, staged)
    }

    fn save(&self, table: &TableRef, manifest: &Location) -> Result<Digest, EngineError> {
        let Some(there) = SparkTable::of(table) else { return self.local.save(table, manifest) };
        let digest = self.digest(table, manifest)?;
        let unwritable =
            |error: std::io::Error| EngineError::Internal(format!("the warehouse cannot be written: {error}"));
        self.warehouse.point(&digest, &there.rows).map_err(unwritable)?;
        Ok(digest)
    }

    fn digest(&self, table: &TableRef, aside: &Location) -> Result<Digest, EngineError> {
        let Some(there) = SparkTable::of(table) else { return self.local.digest(table, aside) };
        let internal = |error: String| EngineError::Internal(format!("the manifest cannot be written: {error}"));
        let text = there.manifest.text().map_err(|error| internal(error.to_string()))?;
        std::fs::write(aside.as_str(), &text).map_err(|error| internal(error.to_string()))?;
        Ok(Digest::of(text.as_bytes()))
    }

    fn has(&self, manifest: &Location) -> bool {
        match Manifest::read(Path::new(manifest.as_str())) {
            Some(manifest) => manifest.digest().is_ok_and(|digest| self.warehouse.table(&digest).is_some()),
            None => self.local.has(manifest),
        }
    }

    fn know(&self, files: &Arc<FileDigests>) {
        self.local.know(files);
    }

    fn open(&self, manifest: &Location) -> Result<TableRef, EngineError> {
        let Some(found) = Manifest::read(Path::new(manifest.as_str())) else { return self.local.open(manifest) };
        let internal = |what: String| EngineError::Internal(what);
        let digest = found.digest().map_err(|error| internal(error.to_string()))?;
        let rows =
            self.warehouse.table(&digest).ok_or_else(|| internal("the table is gone from the warehouse".to_owned()))?;
        Ok(SparkTable { rows, manifest: found, nulls: None, here: OnceLock::new() }.into_ref())
    }
}
