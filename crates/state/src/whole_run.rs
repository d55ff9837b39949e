//! A run with all that is known of it, for those who show it: the command line and the page tell the same story.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tidemill_core::ids::TaskName;

use crate::{Effect, Run, RunStatus, State, StateError, TaskCounts, TaskRecord};

/// A run with its tasks.
pub struct WholeRun {
    /// The run.
    pub run: Run,
    /// Its tasks in the order in which they started.
    pub tasks: Vec<TaskRecord>,
    /// What they published.
    pub outputs: HashMap<TaskName, Vec<String>>,
    /// What they may or may not have sent.
    pub unknown: Vec<Effect>,
    /// Where this reading ended.
    pub place: i64,
}

impl WholeRun {
    /// Reads all that is known.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn read(state: &State, run: Run) -> Result<Self, StateError> {
        Self::read_after(state, run, 0)
    }

    /// Reads what was written down of its tasks since an earlier reading ended there.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn read_after(state: &State, run: Run, place: i64) -> Result<Self, StateError> {
        let (tasks, end) = state.tasks_after(&run.id, place)?;
        let outputs = state.outputs_after(&run.id, place)?;
        let mut unknown = state.unknown_effects(&run.start.pipeline)?;
        unknown.retain(|effect| effect.run == run.id || effect.handled() == Some(run.id.as_str()));
        Ok(Self { run, tasks, outputs, unknown, place: end })
    }

    /// For programs: the run, then its tasks.
    pub fn json(&self) -> Vec<Value> {
        let mut lines = vec![run_json(&self.run)];
        lines.extend(self.tasks.iter().map(|task| self.task_json(task)));
        lines
    }

    /// One of its tasks for programs.
    pub fn task_json(&self, task: &TaskRecord) -> Value {
        let outputs = self.outputs.get(&task.task).map(Vec::as_slice).unwrap_or_default();
        let mut told = json!({
            "task": task.task,
            "type": task.kind,
            "status": task.status,
            "how": task.how,
            "started": task.started,
            "seconds": task.duration.as_secs_f64(),
            "attempts": task.attempts,
            "rows": task.report.rows,
            "reasons": task.reasons,
            "rows_in": task.report.rows_in,
            "rejected": task.report.rejected,
            "dropped": task.report.dropped,
            "joins": task.report.joins,
            "checks": task.report.checks,
            "warnings": task.report.warnings,
            "note": task.report.note,
            "outputs": outputs,
            "error": task.error,
            "unknown": self.unknown.iter().any(|effect| effect.task == task.task),
            "fingerprint": task.fingerprint,
        });
        if let (Value::Object(told), Ok(Value::Object(place))) = (&mut told, serde_json::to_value(&task.report.place)) {
            told.extend(place);
        }
        told
    }
}

/// How long a run took, or takes so far; None of one whose process died, since nobody knows when.
pub fn run_time(run: &Run, now: Timestamp) -> Option<Duration> {
    let end = match run.status() {
        RunStatus::Interrupted => return None,
        RunStatus::Running => now,
        _ => run.ended?,
    };
    Some(end.duration_since(run.start.started).try_into().unwrap_or_default())
}

impl RunStatus {
    /// `success`, `failed`, …
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }
}

/// `21 ran (9 on spark), 6 cached`; `nothing to do`.
pub fn counts_text(counts: &TaskCounts) -> String {
    let TaskCounts { ran, elsewhere, cached, restored, failed, skipped, cancelled } = counts;
    let elsewhere: Vec<String> = elsewhere.iter().map(|(engine, tasks)| format!("{tasks} on {engine}")).collect();
    let ran_where = if elsewhere.is_empty() { "ran".to_owned() } else { format!("ran ({})", elsewhere.join(", ")) };
    let all = [
        (ran, ran_where.as_str()),
        (cached, "cached"),
        (restored, "restored"),
        (failed, "failed"),
        (skipped, "skipped"),
        (cancelled, "not reached"),
    ];
    let parts: Vec<String> =
        all.into_iter().filter(|(number, _)| **number > 0).map(|(number, what)| format!("{number} {what}")).collect();
    if parts.is_empty() { "no tasks".to_owned() } else { parts.join(", ") }
}

/// A run for programs: times in RFC 3339, durations in seconds.
pub fn run_json(run: &Run) -> Value {
    let status = run.status();
    json!({
        "run": run.id,
        "pipeline": run.start.pipeline,
        "status": status,
        "trigger": run.start.trigger,
        "started": run.start.started,
        "ended": run.ended,
        "seconds": run.ended.and_then(|_| run_time(run, run.start.started)).map(|time| time.as_secs_f64()),
        "logical_time": run.start.logical_time,
        "params": run.start.params,
        "selection": run.start.selection,
        "counts": run.counts,
    })
}
