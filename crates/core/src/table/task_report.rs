//! What a task made.

use serde::{Deserialize, Serialize};

use super::{CheckResult, DroppedRows, JoinDiagnosis, Location, RejectedRows, RowsIn, TablePlace};

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
    /// Where its table was computed.
    #[serde(flatten)]
    pub place: TablePlace,
}

/// What became NULL in expressions without failing, as sentences: divisions by zero, square roots below zero, logarithms at or
/// below zero, arcs beyond -1 to 1, each so many times.
pub fn became_null(counts: [u64; 4]) -> Vec<String> {
    const NAMES: [(&str, &str); 4] = [
        ("division by zero", "divisions by zero"),
        ("square root of a negative number", "square roots of negative numbers"),
        ("logarithm of a number that is not positive", "logarithms of numbers that are not positive"),
        ("angle of a number beyond -1 to 1", "angles of numbers beyond -1 to 1"),
    ];
    let sentence = |(count, (one, many)): (u64, (&str, &str))| match count {
        0 => None,
        1 => Some(format!("1 {one} became NULL")),
        count => Some(format!("{count} {many} became NULL")),
    };
    counts.into_iter().zip(NAMES).filter_map(sentence).collect()
}

impl TaskReport {
    /// Rows rejected, for whatever reason.
    pub fn rejected_rows(&self) -> u64 {
        self.rejected.iter().map(|reason| reason.rows).sum()
    }
}
