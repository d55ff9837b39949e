//! The heads of sources, kept from one check to the next.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tidemill_core::attempt::CancelToken;
use tidemill_core::connection::ConnectionError;
use tidemill_core::fingerprint::FileDigests;
use tidemill_core::ids::{Digest, RunId};
use tidemill_core::plan::resolve;
use tidemill_core::table::{
    EngineError, JobOptions, Location, PlainBatches, PlainTable, Scan, Schema, Sink, TableEngine, TableJob,
    TableProfile, TableRef, TableReport, Unsupported, WorkbookJob, Written,
};

/// What lies elsewhere than on this machine is looked at again after so long.
const ELSEWHERE: Duration = Duration::from_secs(300);

/// What was found of sources.
#[derive(Clone, Default)]
pub struct Samples(Arc<Mutex<HashMap<Key, Found>>>);

/// A question about a source: which one, and what is asked.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    scan: String,
    question: Question,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Question {
    Sample,
    Infer,
    Remarks,
}

/// An answer, as long as the files are what they were.
#[derive(Clone)]
struct Found {
    files: Vec<Option<(u64, SystemTime)>>,
    asked: Instant,
    answer: Answer,
}

#[derive(Clone)]
enum Answer {
    Columns(Schema),
    Remarks(Vec<String>),
    /// It could not be reached: to wait for it with every key would be no help.
    Refused(ConnectionError),
}

/// An engine that looks at a source once, until its files change: an editor has a pipeline checked with every key.
pub struct CachedSamples {
    /// The engine that is asked.
    pub engine: Arc<dyn TableEngine>,
    /// The project's folder.
    pub project: PathBuf,
    /// What it has said before.
    pub samples: Samples,
}

impl CachedSamples {
    fn ask(
        &self,
        scan: &Scan,
        question: Question,
        ask: impl FnOnce() -> Result<Answer, EngineError>,
    ) -> Result<Answer, EngineError> {
        let Ok(text) = serde_json::to_string(scan) else { return ask() };
        let key = Key { scan: text, question };
        let files: Vec<_> = scan.files.iter().map(|file| self.stat(file)).collect();
        let is_elsewhere = scan.files.iter().any(|file| file.scheme().is_some());
        let known = self.known().get(&key).cloned();
        let is_fresh = |found: &Found| found.files == files && (!is_elsewhere || found.asked.elapsed() < ELSEWHERE);
        if let Some(found) = known.filter(is_fresh) {
            return Ok(found.answer);
        }
        let answer = match ask() {
            Err(EngineError::Connection(error)) => Answer::Refused(error),
            answer => answer?,
        };
        self.known().insert(key, Found { files, asked: Instant::now(), answer: answer.clone() });
        Ok(answer)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Found>> {
        // What a thread that died has left is an answer like any other.
        self.samples.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stat(&self, file: &Location) -> Option<(u64, SystemTime)> {
        let found = std::fs::metadata(resolve(&self.project, file)).ok()?;
        Some((found.len(), found.modified().ok()?))
    }

    fn columns(
        &self,
        scan: &Scan,
        question: Question,
        ask: impl FnOnce() -> Result<Schema, EngineError>,
    ) -> Result<Schema, EngineError> {
        match self.ask(scan, question, || ask().map(Answer::Columns))? {
            Answer::Columns(schema) => Ok(schema),
            Answer::Refused(error) => Err(EngineError::Connection(error)),
            // No question about columns is answered otherwise.
            Answer::Remarks(_) => Ok(Schema::new()),
        }
    }
}

impl TableEngine for CachedSamples {
    fn name(&self) -> &str {
        self.engine.name()
    }

    fn begin(&self, run: &RunId) -> Result<(), EngineError> {
        self.engine.begin(run)
    }

    fn end(&self) {
        self.engine.end();
    }

    fn accept(&self, job: &TableJob) -> Result<(), Vec<Unsupported>> {
        self.engine.accept(job)
    }

    fn sweep(&self, live: &HashSet<Digest>) -> Result<(), EngineError> {
        self.engine.sweep(live)
    }

    fn sample(&self, scan: &Scan, cancelled: &CancelToken) -> Result<Schema, EngineError> {
        self.columns(scan, Question::Sample, || self.engine.sample(scan, cancelled))
    }

    fn infer(&self, scan: &Scan, cancelled: &CancelToken) -> Result<Schema, EngineError> {
        self.columns(scan, Question::Infer, || self.engine.infer(scan, cancelled))
    }

    fn remarks(&self, scan: &Scan) -> Result<Vec<String>, EngineError> {
        match self.ask(scan, Question::Remarks, || self.engine.remarks(scan).map(Answer::Remarks))? {
            Answer::Remarks(remarks) => Ok(remarks),
            Answer::Refused(error) => Err(EngineError::Connection(error)),
            Answer::Columns(_) => Ok(Vec::new()),
        }
    }

    fn run(&self, job: &TableJob, options: &JobOptions<'_>) -> Result<TableReport, EngineError> {
        self.engine.run(job, options)
    }

    fn run_here(&self, job: &TableJob, options: &JobOptions<'_>) -> Result<TableReport, EngineError> {
        self.engine.run_here(job, options)
    }

    fn batches(
        &self,
        table: &TableRef,
        columns: Option<&[String]>,
        limit: Option<u64>,
    ) -> Result<PlainBatches, EngineError> {
        self.engine.batches(table, columns, limit)
    }

    fn ordered_rows(
        &self,
        table: &TableRef,
        column: &str,
        descending: bool,
        places: Range<usize>,
    ) -> Result<Vec<u64>, EngineError> {
        self.engine.ordered_rows(table, column, descending, places)
    }

    fn take(&self, table: &TableRef, rows: &[u64]) -> Result<PlainTable, EngineError> {
        self.engine.take(table, rows)
    }

    fn profile(&self, table: &TableRef) -> Result<TableProfile, EngineError> {
        self.engine.profile(table)
    }

    fn write(&self, table: &TableRef, sink: &Sink, staged: &Location) -> Result<Written, EngineError> {
        self.engine.write(table, sink, staged)
    }

    fn write_workbook(&self, workbook: &WorkbookJob<'_>, staged: &Location) -> Result<(), EngineError> {
        self.engine.write_workbook(workbook, staged)
    }

    fn save(&self, table: &TableRef, manifest: &Location) -> Result<Digest, EngineError> {
        self.engine.save(table, manifest)
    }

    fn digest(&self, table: &TableRef, aside: &Location) -> Result<Digest, EngineError> {
        self.engine.digest(table, aside)
    }

    fn has(&self, manifest: &Location) -> bool {
        self.engine.has(manifest)
    }

    fn know(&self, files: &Arc<FileDigests>) {
        self.engine.know(files);
    }

    fn open(&self, manifest: &Location) -> Result<TableRef, EngineError> {
        self.engine.open(manifest)
    }
}
