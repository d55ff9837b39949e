//! What is written down when a task has ended.

use std::sync::PoisonError;

use jiff::Timestamp;
use tidemill_core::event::{TaskEnd, TaskStatus};
use tidemill_core::ids::TaskIx;
use tidemill_state::{How, Ledger, TaskDetail, TaskRecord};

use super::TaskExecutor;
use super::facts::facts_of;

impl TaskExecutor {
    /// Writes down how a task ended and, if it succeeded, what it made.
    pub(super) fn write_down(&self, ix: TaskIx, end: &TaskEnd) -> Result<(), String> {
        let task = self.plan.task(ix);
        let mut guard = self.results.of(ix);
        let progress = &mut *guard;
        progress.end = Some(end.clone());
        let how = end.how.map(|how| match how {
            tidemill_core::sched::How::Ran => How::Ran,
            tidemill_core::sched::How::Cached => How::Cached,
            tidemill_core::sched::How::Restored => How::Restored,
        });
        let mut reasons = std::mem::take(&mut progress.reasons);
        reasons.extend(end.reason.clone());
        let found = progress.fingerprint.as_ref();
        let record = TaskRecord {
            task: end.task.clone(),
            kind: task.kind.to_owned(),
            status: match end.status {
                TaskStatus::Success => tidemill_state::TaskStatus::Success,
                TaskStatus::Failed => tidemill_state::TaskStatus::Failed,
                TaskStatus::Skipped => tidemill_state::TaskStatus::Skipped,
                TaskStatus::Cancelled => tidemill_state::TaskStatus::Cancelled,
            },
            how,
            started: end.started.unwrap_or_else(Timestamp::now),
            duration: end.duration,
            attempts: end.attempts,
            fingerprint: progress.known_as.or_else(|| found.map(tidemill_core::fingerprint::Fingerprint::digest)),
            rows: end.details.rows,
            reasons,
            detail: TaskDetail {
                rows_in: end.details.rows_in.clone(),
                rejected: end.details.rejected.clone(),
                dropped: end.details.dropped.clone(),
                joins: end.details.joins.clone(),
                checks: end.details.checks.clone(),
                warnings: end.details.warnings.clone(),
                note: end.details.note.clone(),
            },
            error: end.error.clone(),
        };
        let is_success = end.status == TaskStatus::Success;
        let mut made = progress.made.take().filter(|_| is_success);
        if let Some(made) = &mut made {
            made.facts = facts_of(end);
        }
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if is_success && record.how == Some(How::Cached) && made.is_none() {
            cached.push(record);
            return Ok(());
        }
        let parts = found.filter(|_| made.is_some());
        let ledger = Ledger { record: &record, parts, made: made.as_ref() };
        self.write_with(&mut cached, Some(ledger))
    }

    /// Writes down the cached tasks that have not been. They are put off, since a transaction for each of many would take
    /// longer than the rest of the run; if the run dies before, nothing is lost but their mention in its history.
    ///
    /// # Errors
    /// If the state cannot be written, as a sentence.
    pub fn write_down_cached(&self) -> Result<(), String> {
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.is_empty() { Ok(()) } else { self.write_with(&mut cached, None) }
    }

    fn write_with(&self, cached: &mut Vec<TaskRecord>, last: Option<Ledger<'_>>) -> Result<(), String> {
        let records = std::mem::take(cached);
        let mut ledgers: Vec<Ledger<'_>> =
            records.iter().map(|record| Ledger { record, parts: None, made: None }).collect();
        ledgers.extend(last);
        self.state()
            .record_tasks(&self.setting.memory.pipeline, &self.setting.id, &ledgers)
            .map_err(|error| format!("what was done cannot be written down: {error}"))
    }
}
