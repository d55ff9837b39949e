//! What texts and conditions may know of tasks and of the run.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::table::{DroppedRows, JoinDiagnosis, Location, RejectedRows, RowsIn};

use super::{TaskFailure, TaskReport};

/// What templates and `when` may know of a task that has ended: there, and in the cache index, it has the form of
/// [`TaskNames`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "TaskNames", from = "TaskNames")]
pub struct TaskFacts {
    /// `success`, `failed`, `skipped`, `cancelled`.
    pub status: String,
    /// What it made; of its checks and its note nothing is known.
    pub report: TaskReport,
    /// Seconds.
    pub duration: f64,
    /// Why it failed.
    pub error: Option<String>,
    /// The last lines of what it wrote before it failed.
    pub log: Vec<String>,
}

impl TaskFacts {
    /// Of a task that ended so.
    pub fn new(status: &str, report: TaskReport, duration: Duration, error: Option<&TaskFailure>) -> Self {
        Self {
            status: status.to_owned(),
            report,
            duration: duration.as_secs_f64(),
            error: error.map(|failure| failure.message.clone()),
            log: error.map(|failure| failure.tail.clone()).unwrap_or_default(),
        }
    }
}

/// The names behind `tasks.<id>`. What has been written down lives longer than this code: a name never goes, and a new one
/// has a default.
#[derive(Serialize, Deserialize)]
struct TaskNames {
    status: String,
    rows: Option<u64>,
    /// In all.
    rejected: u64,
    /// By reason.
    rejects: Vec<RejectedRows>,
    #[serde(default)]
    rows_in: Vec<RowsIn>,
    #[serde(default)]
    dropped: Vec<DroppedRows>,
    #[serde(default)]
    joins: Vec<JoinDiagnosis>,
    warnings: Vec<String>,
    duration: f64,
    /// The first of `outputs`.
    output: Option<Location>,
    outputs: Vec<Location>,
    error: Option<String>,
    #[serde(default)]
    log: Vec<String>,
}

impl From<TaskFacts> for TaskNames {
    fn from(TaskFacts { status, report, duration, error, log }: TaskFacts) -> Self {
        Self {
            status,
            rejected: report.rejected_rows(),
            rows: report.rows,
            rejects: report.rejected,
            rows_in: report.rows_in,
            dropped: report.dropped,
            joins: report.joins,
            warnings: report.warnings,
            duration,
            output: report.outputs.first().cloned(),
            outputs: report.outputs,
            error,
            log,
        }
    }
}

impl From<TaskNames> for TaskFacts {
    fn from(names: TaskNames) -> Self {
        let report = TaskReport {
            rows: names.rows,
            rows_in: names.rows_in,
            rejected: names.rejects,
            dropped: names.dropped,
            joins: names.joins,
            warnings: names.warnings,
            outputs: names.outputs,
            ..TaskReport::default()
        };
        Self { status: names.status, report, duration: names.duration, error: names.error, log: names.log }
    }
}

/// What texts may know of a task that has failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailedTask {
    /// Its id.
    pub task: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What was wrong.
    pub error: String,
    /// What to do.
    pub help: Vec<String>,
    /// The path of its log, within the project.
    pub log: String,
    /// The last lines of the log, the oldest first.
    pub tail: Vec<String>,
    /// The command that runs it again.
    pub rerun: String,
}

/// What templates and parameters may know of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunFacts {
    /// The run's id.
    pub id: String,
    /// When it started, RFC 3339 in the pipeline's zone.
    pub started: String,
    /// The fire's instant, RFC 3339 in the pipeline's zone; by hand, the start.
    pub logical_time: String,
    /// The day of the logical time, `2024-11-20`.
    pub date: String,
    /// `manual`, `schedule`, `backfill`.
    pub trigger: String,
    /// `running`, and for handlers `success` or `failed`.
    pub status: String,
}
