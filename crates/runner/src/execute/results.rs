//! What the tasks of a run have made so far.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tidemill_core::cache::Object;
use tidemill_core::event::TaskEnd;
use tidemill_core::fingerprint::Fingerprint;
use tidemill_core::ids::{Digest, TaskIx};
use tidemill_core::table::TableRef;
use tidemill_state::{AttemptRecord, Made};

use crate::cache_index::ResultDigests;

/// One task's way through the run.
#[derive(Default)]
pub struct TaskProgress {
    /// Its fingerprint, once those before it have ended.
    pub fingerprint: Option<Fingerprint>,
    /// The digest of the fingerprint under which its result is remembered.
    pub known_as: Option<Digest>,
    /// Its table, while the engine holds it.
    pub table: Option<TableRef>,
    /// Its table in the store.
    pub object: Option<Object>,
    /// What those that read it see.
    pub digests: Option<ResultDigests>,
    /// What it made, if it ran and its result is kept.
    pub made: Option<Made>,
    /// The try that succeeded, until it is written down.
    pub tried: Option<AttemptRecord>,
    /// Why it runs.
    pub reasons: Vec<String>,
    /// How it ended.
    pub end: Option<TaskEnd>,
    /// How many tasks have yet to read its table.
    pub readers: usize,
}

/// The tasks of a run, by index. A task's own worker and the loop write here; those that need it read.
pub struct Results {
    tasks: Vec<Mutex<TaskProgress>>,
}

impl Results {
    /// Nothing made yet; `readers` says how many tasks will read each table.
    pub fn new(readers: Vec<usize>) -> Self {
        let tasks = readers.into_iter().map(|readers| Mutex::new(TaskProgress { readers, ..TaskProgress::default() }));
        Self { tasks: tasks.collect() }
    }

    /// One task's progress.
    pub fn of(&self, ix: TaskIx) -> MutexGuard<'_, TaskProgress> {
        self.tasks[ix.index()].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One reader of the table has ended: after the last one the engine need not hold it any longer.
    pub fn read_by_one(&self, ix: TaskIx) {
        let mut progress = self.of(ix);
        progress.readers = progress.readers.saturating_sub(1);
        if progress.readers == 0 && progress.object.is_some() {
            progress.table = None;
        }
    }
}
