//! What is written down when a task has ended.

use jiff::Timestamp;
use tidemill_core::event::{TaskEnd, TaskStatus};
use tidemill_core::ids::TaskIx;
use tidemill_state::TaskRecord;

use super::TaskExecutor;
use super::facts::facts_of;
use super::recorder::FinishedTask;

impl TaskExecutor {
    /// Writes down how a task ended and, if it succeeded, what it made.
    pub(super) fn write_down(&self, ix: TaskIx, end: &TaskEnd) -> Result<(), String> {
        let task = self.plan.task(ix);
        let mut guard = self.results.of(ix);
        let progress = &mut *guard;
        progress.end = Some(end.clone());
        let tried = progress.tried.take();
        let mut reasons = std::mem::take(&mut progress.reasons);
        reasons.extend(end.reason.clone());
        let found = progress.fingerprint.take();
        let record = TaskRecord {
            task: end.task.clone(),
            kind: task.task_type.name.to_owned(),
            status: end.status,
            how: end.how,
            started: end.started.unwrap_or_else(Timestamp::now),
            duration: end.duration,
            attempts: end.attempts,
            fingerprint: progress
                .known_as
                .or_else(|| found.as_ref().map(tidemill_core::fingerprint::Fingerprint::digest)),
            reasons,
            report: end.report.clone(),
            error: end.error.clone(),
        };
        let is_success = end.status == TaskStatus::Success;
        let mut made = progress.made.take().filter(|_| is_success);
        if let Some(made) = &mut made {
            made.facts = facts_of(end);
        }
        let parts = found.filter(|_| made.is_some());
        drop(guard);
        self.recorder.take(FinishedTask { record, parts, made, tried })
    }

    /// Writes down whatever has been put off. To be called when the run is over.
    ///
    /// # Errors
    /// If the state cannot be written, as a sentence.
    pub fn write_down_rest(&self) -> Result<(), String> {
        self.recorder.finish()
    }
}
