//! What a task made.

use serde::{Deserialize, Serialize};

use crate::table::{CheckResult, DroppedRows, JoinDiagnosis, Location, RejectedRows, RowsIn};

use super::TaskResult;

/// What a task made, in numbers and sentences; no tables. Events, history, templates and `show` tell it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskReport {
    /// Rows of its table.
    pub rows: Option<u64>,
    /// Rows that came in, by table or source.
    pub rows_in: Vec<RowsIn>,
    /// Rows rejected, by reason.
    pub rejected: Vec<RejectedRows>,
    /// Rows left out by steps that say so.
    pub dropped: Vec<DroppedRows>,
    /// What its joins did.
    pub joins: Vec<JoinDiagnosis>,
    /// Sentences for the user.
    pub warnings: Vec<String>,
    /// How its checks ended.
    pub checks: Vec<CheckResult>,
    /// The files it publishes, by their final paths.
    pub outputs: Vec<Location>,
    /// A sentence for the summary.
    pub note: Option<String>,
}

impl TaskReport {
    /// Rows rejected, for whatever reason.
    pub fn rejected_rows(&self) -> u64 {
        self.rejected.iter().map(|reason| reason.rows).sum()
    }
}

impl From<TaskResult> for TaskReport {
    fn from(result: TaskResult) -> Self {
        let mut report = Self { outputs: result.outputs, note: result.note, ..Self::default() };
        if let Some(table) = result.table {
            report.rows = table.table.is_some().then_some(table.rows);
            report.rows_in = table.rows_in;
            report.rejected = table.rejected;
            report.dropped = table.dropped;
            report.joins = table.joins;
            report.warnings = table.warnings;
            report.checks = table.checks;
        }
        report.warnings.extend(result.warnings);
        report
    }
}
