//! What the loop remembers of a task until it has ended.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::attempt::AttemptToken;
use crate::clock::Moment;
use crate::event::{TaskEnd, TaskStatus};
use crate::ids::TaskIx;
use crate::sched::{SchedGraph, Status};
use crate::task::{TaskFailure, TaskReport};

/// A task on its way.
#[derive(Default)]
pub(super) struct Record {
    /// When its first attempt started.
    pub(super) started: Option<(Timestamp, Moment)>,
    /// The attempt that observers believe to be running.
    pub(super) attempt: Option<Attempt>,
    /// What is known of its result.
    pub(super) report: TaskReport,
    /// Why its last attempt, or its look-up, failed.
    pub(super) failure: Option<TaskFailure>,
    /// Why its look-up skipped it.
    pub(super) reason: Option<String>,
    /// How it ended.
    pub(super) end: Option<TaskEnd>,
}

/// An attempt.
pub(super) struct Attempt {
    pub(super) number: u32,
    pub(super) token: Arc<AttemptToken>,
    pub(super) started: Moment,
    /// How long it took, once it has ended or was given up.
    pub(super) took: Option<Duration>,
}

impl Record {
    /// Puts together how the task ended.
    pub(super) fn end(
        &mut self,
        graph: &SchedGraph,
        task: TaskIx,
        status: Status,
        attempts: u32,
        now: (Timestamp, Moment),
    ) -> TaskEnd {
        let how = match status {
            Status::Success(how) => Some(how),
            _ => None,
        };
        let skipped_itself = self.reason.take().filter(|_| matches!(status, Status::Skipped(_)));
        TaskEnd {
            task: graph.task(task).name.clone(),
            status: task_status(status),
            how,
            reason: status.reason(graph).or(skipped_itself),
            unfinished: status.is_unfinished(),
            attempts,
            started: self.started.map(|(at, _)| at),
            ended: now.0,
            duration: self.started.map_or(Duration::ZERO, |(_, at)| now.1.since(at)),
            report: std::mem::take(&mut self.report),
            error: self.failure.take().filter(|_| matches!(status, Status::Failed(_))),
        }
    }
}

fn task_status(status: Status) -> TaskStatus {
    match status {
        Status::Success(_) => TaskStatus::Success,
        Status::Failed(_) => TaskStatus::Failed,
        Status::Skipped(_) => TaskStatus::Skipped,
        Status::Cancelled(_) => TaskStatus::Cancelled,
    }
}
