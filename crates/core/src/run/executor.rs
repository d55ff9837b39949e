//! What the loop needs from whoever knows the tasks.

use crate::attempt::AttemptToken;
use crate::event::TaskEnd;
use crate::ids::TaskIx;
use crate::task::{TaskFailure, TaskReport};

/// Does what the scheduler decides. It holds the tables, the cache and the ledger; the loop only hears how it went.
pub trait Executor: Send + Sync {
    /// As [`look_up`](Self::look_up), on the loop's own thread, for what takes microseconds: with everything cached, ten
    /// thousand tasks then need no hop to another thread. None: ask on a worker.
    fn look_up_quickly(&self, _task: TaskIx) -> Option<LookUp> {
        None
    }

    /// Finds out whether a task must run, once per run, when all before it have ended. Called on a worker beside those of
    /// `jobs`, so that a long task holds up no look-up.
    fn look_up(&self, task: TaskIx) -> LookUp;

    /// Does a task once, on a worker. Before anything becomes visible it asks [`AttemptToken::begin_commit`]; if that says no,
    /// it leaves all as it was and returns a failure. A success without having asked is asked for by the loop and counts only
    /// if granted.
    ///
    /// # Errors
    /// If the attempt failed. A panic counts as a failure.
    fn execute(&self, task: TaskIx, attempt: u32, token: &AttemptToken) -> Result<TaskReport, TaskFailure>;

    /// Takes down that a task has ended, on the loop's thread, before anything that follows from it happens. It may be put off for
    /// a moment until it is written, as long as nothing that cannot be done again starts from it.
    ///
    /// # Errors
    /// A sentence, if it, or what was put off before, could not be written: the run stops.
    fn committed(&self, _task: TaskIx, _end: &TaskEnd) -> Result<(), String> {
        Ok(())
    }
}

/// What a look-up found.
#[derive(Clone, Debug, PartialEq)]
pub enum LookUp {
    /// It must run.
    Run {
        /// Why: `param top_n 15 → 20`.
        reasons: Vec<String>,
    },
    /// Nothing is to be done; what its result is.
    Cached(TaskReport),
    /// Its files have been published again from the cache.
    Restored {
        /// What its result is.
        report: TaskReport,
        /// Why: `outputs/a.csv was deleted`.
        reasons: Vec<String>,
    },
    /// It is not to run, and why: `when is false`.
    Skip(String),
    /// That could not be found out.
    Failed(TaskFailure),
}
