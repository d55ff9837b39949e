//! The states a task goes through, and how they are counted.

use serde::{Deserialize, Serialize};

use crate::ids::TaskIx;

use super::SchedGraph;

/// Where a task is.
///
/// ```text
/// Waiting ─→ LookingUp ─→ Ready ─→ Running ⇄ Stopping ─→ Lingering
///    │           │          ↑         │                      │
///    │           │          └─────────┴─→ Backoff ←──────────┘
///    └───────────┴──────────┴─────────┴──────┴─────→ Done
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskState {
    /// Not part of this run: for those that depend on it, as good as a success.
    Outside,
    /// A task before it has not ended.
    Waiting,
    /// All before it have ended and its trigger rule holds; whether it is cached, must run or is to be skipped has been asked.
    LookingUp,
    /// It must run and waits for a free job and a place in its pool.
    Ready,
    /// An attempt runs, with a job and a place in the pool.
    Running,
    /// Its attempt has been told to stop; whether it still could be stopped before it published is not known yet. Holds its job.
    Stopping(StopReason),
    /// Its attempt was stopped in time and does not count, another one is due, but the thread has not come back. Holds its job.
    Lingering,
    /// It waits before the next attempt, without a job.
    Backoff,
    /// It has ended. (The thread of a stopped attempt may still hold its job.)
    Done(Status),
}

/// Why an attempt is told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// It has taken longer than `timeout`.
    Timeout,
    /// The run is being stopped.
    RunStopped(Halt),
}

/// Why a whole run stops before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The user asked.
    Interrupt,
    /// What has been done can no longer be written down.
    Ledger,
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Its result is there.
    Success(How),
    /// Its last attempt failed, or it could not be looked up.
    Failed(FailedBy),
    /// It was not to run.
    Skipped(SkipReason),
    /// The run ended before it did.
    Cancelled(CancelReason),
}

/// How a task came by its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// It ran.
    Ran,
    /// Nothing was to be done.
    Cached,
    /// Its files were published again from the cache.
    Restored,
}

/// What made a task fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedBy {
    /// Whether it must run could not be found out.
    LookUp,
    /// Its last attempt.
    Attempt,
    /// Its last attempt took too long.
    Timeout,
}

/// Why a task was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// The look-up said so: `when` is not true.
    Verdict,
    /// A task that it needs failed, or did not run because another one failed.
    Failure {
        /// The task that failed.
        root: TaskIx,
        /// The task directly before this one, if that is another.
        via: Option<TaskIx>,
    },
    /// A task that it needs was skipped.
    Upstream(TaskIx),
    /// It runs only if a task before it failed, and none did.
    NoFailure,
}

/// Why a task was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelReason {
    /// The run went no further after this task had failed.
    NotReached {
        /// The first task that failed.
        after: TaskIx,
    },
    /// The run was stopped.
    Stopped(Halt),
}

impl TaskState {
    /// Whether it will not change any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done(_) | Self::Outside)
    }
}

impl Status {
    /// `success`, `failed`, `skipped` or `cancelled`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success(_) => "success",
            Self::Failed(_) => "failed",
            Self::Skipped(_) => "skipped",
            Self::Cancelled(_) => "cancelled",
        }
    }

    /// Whether it failed or was kept from running by a failure or by the end of the run: what `retry` is for.
    pub fn is_unfinished(self) -> bool {
        matches!(self, Self::Failed(_) | Self::Cancelled(_) | Self::Skipped(SkipReason::Failure { .. }))
    }

    /// Why it did not run, for the user, without a full stop; None if it ran, failed, or gave its own reason at look-up.
    pub fn reason(self, graph: &SchedGraph) -> Option<String> {
        let name = |task: TaskIx| &graph.task(task).name;
        match self {
            Self::Success(_) | Self::Failed(_) | Self::Skipped(SkipReason::Verdict) => None,
            Self::Skipped(SkipReason::Failure { root, via: None }) => Some(format!("`{}` failed", name(root))),
            Self::Skipped(SkipReason::Failure { root, via: Some(via) }) => {
                Some(format!("`{}` did not run because `{}` failed", name(via), name(root)))
            }
            Self::Skipped(SkipReason::Upstream(task)) => Some(format!("`{}` was skipped", name(task))),
            Self::Skipped(SkipReason::NoFailure) => Some("no task before it failed".to_owned()),
            Self::Cancelled(CancelReason::NotReached { after }) => {
                Some(format!("not reached: the run stopped after `{}` had failed", name(after)))
            }
            Self::Cancelled(CancelReason::Stopped(Halt::Interrupt)) => Some("the run was interrupted".to_owned()),
            Self::Cancelled(CancelReason::Stopped(Halt::Ledger)) => {
                Some("the run was stopped because its state could not be saved".to_owned())
            }
        }
    }
}

/// How many tasks are where. The sum is the number of tasks of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Not yet due, or being looked up.
    pub waiting: usize,
    /// Waiting for a job or a place in a pool.
    pub ready: usize,
    /// An attempt runs or is being stopped.
    pub running: usize,
    /// Between two attempts.
    pub backoff: usize,
    /// Ran with success.
    pub ran: usize,
    /// Nothing was to be done.
    pub cached: usize,
    /// Published again from the cache.
    pub restored: usize,
    /// Failed.
    pub failed: usize,
    /// Skipped.
    pub skipped: usize,
    /// Cancelled.
    pub cancelled: usize,
}

impl std::ops::Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            waiting: self.waiting + other.waiting,
            ready: self.ready + other.ready,
            running: self.running + other.running,
            backoff: self.backoff + other.backoff,
            ran: self.ran + other.ran,
            cached: self.cached + other.cached,
            restored: self.restored + other.restored,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
            cancelled: self.cancelled + other.cancelled,
        }
    }
}

impl Counts {
    /// The tasks of the run.
    pub fn total(&self) -> usize {
        self.open() + self.success() + self.failed + self.skipped + self.cancelled
    }

    /// Those that have not ended.
    pub fn open(&self) -> usize {
        self.waiting + self.ready + self.running + self.backoff
    }

    /// Those whose result is there, however they came by it.
    pub fn success(&self) -> usize {
        self.ran + self.cached + self.restored
    }

    /// The counter of a state; a task outside the run is not counted.
    pub(super) fn of(&mut self, state: TaskState) -> Option<&mut usize> {
        Some(match state {
            TaskState::Outside => return None,
            TaskState::Waiting | TaskState::LookingUp => &mut self.waiting,
            TaskState::Ready => &mut self.ready,
            TaskState::Running | TaskState::Stopping(_) | TaskState::Lingering => &mut self.running,
            TaskState::Backoff => &mut self.backoff,
            TaskState::Done(Status::Success(How::Ran)) => &mut self.ran,
            TaskState::Done(Status::Success(How::Cached)) => &mut self.cached,
            TaskState::Done(Status::Success(How::Restored)) => &mut self.restored,
            TaskState::Done(Status::Failed(_)) => &mut self.failed,
            TaskState::Done(Status::Skipped(_)) => &mut self.skipped,
            TaskState::Done(Status::Cancelled(_)) => &mut self.cancelled,
        })
    }
}
