//! What happens in a run, for whoever watches: progress, logs, history, `--json`.

mod observers;

pub(crate) use observers::panic_text;
pub use observers::{Observer, Observers};

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{RunId, TaskName};
use crate::sched::{Counts, How};
use crate::task::{TaskFailure, TaskReport};

/// The version of the events' form: raised when a field changes its meaning or goes. New fields may come without.
pub const EVENT_VERSION: u32 = 1;

/// Something that has happened. As JSON it is one flat object whose `event` names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunEvent {
    /// [`EVENT_VERSION`].
    pub version: u32,
    /// The run.
    pub run: RunId,
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub what: Happening,
}

/// What has happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Happening {
    /// The first event of a run.
    RunStarted {
        /// How many tasks it is about.
        tasks: usize,
        /// How many run at once.
        jobs: usize,
    },
    /// It is known whether a task must run.
    TaskLookedUp {
        /// Which.
        task: TaskName,
        /// What was found.
        action: LookedUpAction,
        /// Why.
        reasons: Vec<String>,
    },
    /// An attempt has started.
    AttemptStarted {
        /// Of which task.
        task: TaskName,
        /// From 1.
        attempt: u32,
    },
    /// An attempt has ended, or was given up.
    AttemptEnded {
        /// Of which task.
        task: TaskName,
        /// From 1.
        attempt: u32,
        /// Seconds.
        #[serde(with = "seconds")]
        duration: Duration,
        /// Why it failed, if it did.
        error: Option<TaskFailure>,
        /// Whether another attempt follows.
        retry: bool,
    },
    /// A task has ended.
    TaskEnded(Box<TaskEnd>),
    /// How far the run is; not more often than something changes.
    Progress(Counts),
    /// The last event of a run.
    RunEnded {
        /// How.
        status: RunOutcome,
        /// Seconds.
        #[serde(with = "seconds")]
        duration: Duration,
        /// How many tasks ended how.
        counts: Counts,
        /// The task that failed first.
        first_failure: Option<TaskName>,
        /// Why the run itself failed, beside its tasks.
        error: Option<String>,
    },
}

/// What is done with a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LookedUpAction {
    /// It runs.
    Run,
    /// Nothing.
    Cached,
    /// Its files were published again from the cache.
    Restore,
    /// It is skipped.
    Skip,
    /// It fails: that could not be found out.
    Fail,
}

/// How a task ended, for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskStatus {
    /// Its result is there.
    Success,
    /// It failed.
    Failed,
    /// It was not to run.
    Skipped,
    /// The run ended before it did.
    Cancelled,
}

impl TaskStatus {
    /// As it is written in files and templates.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunOutcome {
    /// No task failed.
    Success,
    /// A task failed, or the run's state could not be saved.
    Failed,
    /// The user stopped it.
    Interrupted,
}

/// A task that has ended, with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskEnd {
    /// Which.
    pub task: TaskName,
    /// How.
    pub status: TaskStatus,
    /// How it came by its result, if it has one.
    pub how: Option<How>,
    /// Why it did not run, if it did not: `when is false`, `` `orders` failed ``.
    pub reason: Option<String>,
    /// Whether it failed or a failure or the end of the run kept it from running: what `retry` is for.
    pub unfinished: bool,
    /// How many attempts it took; 0 if it did not run.
    pub attempts: u32,
    /// When its first attempt started.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub ended: Timestamp,
    /// Seconds from the start of its first attempt to its end, waits between attempts included.
    #[serde(with = "seconds")]
    pub duration: Duration,
    /// What it made.
    #[serde(flatten)]
    pub report: TaskReport,
    /// Why it failed.
    pub error: Option<TaskFailure>,
}

/// Durations as a number of seconds.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(duration.as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        Duration::try_from_secs_f64(f64::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
