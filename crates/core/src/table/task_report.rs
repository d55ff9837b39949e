//! What a task made.

use serde::{Deserialize, Serialize};

use super::{CheckResult, DroppedRows, JoinDiagnosis, Location, RejectedRows, RowsIn};

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
