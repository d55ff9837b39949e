//! The loop: one thread, one channel. It does what [`crate::sched`] says and tells observers what happened.

mod executor;
mod interrupt;
mod looping;
mod record;
mod watchers;
mod workers;

pub use executor::{Executor, LookUp};
pub use interrupt::{Interrupter, Interrupts};
pub use watchers::{RunWatcher, Watchers};

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::event::{Observers, RunOutcome, TaskEnd};
use crate::ids::{RunId, TaskIx};
use crate::sched::{Counts, SchedGraph};

/// How a run is done.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The run's id.
    pub run: RunId,
    /// Attempts at once; 0 counts as 1.
    pub jobs: usize,
    /// After a failure, go on with all that does not depend on it.
    pub keep_going: bool,
    /// From which the jitter of waits is taken.
    pub seed: u64,
}

/// How a run went.
#[derive(Clone, Debug)]
pub struct RunSummary {
    /// How it ended.
    pub status: RunOutcome,
    /// When it started.
    pub started: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// How many tasks ended how.
    pub counts: Counts,
    /// Every task's end, by index; None for those outside the run.
    pub tasks: Vec<Option<TaskEnd>>,
    /// The task that failed first.
    pub first_failure: Option<TaskIx>,
    /// Why the run had to stop although its tasks might have gone on: its ledger could not be written.
    pub error: Option<String>,
}

impl RunSummary {
    /// How one task ended; None if it was outside the run.
    pub fn task(&self, task: TaskIx) -> Option<&TaskEnd> {
        self.tasks.get(task.index())?.as_ref()
    }
}

/// Runs a graph and returns when it is over: all tasks have ended, and so has every attempt that is awaited. After an
/// interruption or a timeout, threads of attempts that are not awaited may still be at work; their results are never
/// published.
pub fn run(
    graph: Arc<SchedGraph>,
    executor: Arc<dyn Executor>,
    observers: &mut Observers,
    clock: &dyn Clock,
    options: &RunOptions,
    interrupts: &Interrupts,
) -> RunSummary {
    looping::Loop::new(graph, executor, observers, clock, options).run(interrupts)
}

#[cfg(test)]
mod tests;
