//! What the scheduler is told, and what it wants done.

use crate::ids::TaskIx;

use super::{Halt, Status, StopReason};

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// The run begins; the first input, given once.
    Begin,
    /// The answer to [`Action::LookUp`].
    LookedUp {
        /// Of which task.
        task: TaskIx,
        /// The answer.
        verdict: Verdict,
    },
    /// The answer to [`Action::Stop`], given at once: whether the attempt was kept from publishing. If not, it is as if it
    /// had not been told to stop, and it ends soon.
    Stopped {
        /// Of which task.
        task: TaskIx,
        /// Which attempt.
        attempt: u32,
        /// Whether it came before the attempt began to publish.
        in_time: bool,
    },
    /// The thread of an attempt has come back, sooner or later one for each [`Action::Start`].
    Ended {
        /// Of which task.
        task: TaskIx,
        /// Which attempt.
        attempt: u32,
        /// How. Success means that its result is published: an attempt that was stopped in time never says so.
        end: AttemptEnd,
    },
    /// Time has passed.
    Tick,
    /// Stop the run. The second time what still runs is killed; the third time nothing is waited for.
    Halt(Halt),
}

/// What a look-up found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It must run.
    Run,
    /// Nothing is to be done.
    Cached,
    /// Its files have just been published again from the cache.
    Restored,
    /// It is not to run.
    Skip,
    /// It could not be found out.
    Fail,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// Its result is published.
    Success,
    /// It failed.
    Failed {
        /// Another attempt cannot help.
        permanent: bool,
        /// The exit code of its command.
        exit_code: Option<i32>,
    },
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Find out whether it is cached, must run or is to be skipped; answer with [`Input::LookedUp`].
    LookUp(TaskIx),
    /// Start an attempt, numbered from 1; answer with [`Input::Ended`].
    Start {
        /// Of which task.
        task: TaskIx,
        /// Which one.
        attempt: u32,
    },
    /// Tell an attempt to stop, and see to it that it cannot publish any more; answer at once with [`Input::Stopped`].
    Stop {
        /// Of which task.
        task: TaskIx,
        /// Which one.
        attempt: u32,
        /// Why.
        reason: StopReason,
    },
    /// An attempt that was told to stop is to be ended by force.
    Kill {
        /// Of which task.
        task: TaskIx,
        /// Which one.
        attempt: u32,
    },
    /// An attempt has failed and another one follows.
    Retry {
        /// Of which task.
        task: TaskIx,
        /// The one that failed.
        attempt: u32,
        /// Whether it failed by taking too long.
        timed_out: bool,
    },
    /// A task has ended; comes before anything that follows from it.
    Done {
        /// Which.
        task: TaskIx,
        /// How.
        status: Status,
    },
    /// The run is over; comes last, once.
    Finished,
}
