//! A whole table task for an engine, and what the engine says of it afterwards.

use serde::{Deserialize, Serialize};

use super::{Cardinality, Conversion, EngineError, Expr, FailedCheck, JoinKind, Rel, Schema, TableRef, TaskReport};

/// What an engine is asked to do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableJob {
    /// The table.
    pub rel: Rel,
    /// What must hold of it before it may be published.
    pub checks: Vec<Check>,
}

impl TableJob {
    /// The columns of the result.
    pub fn schema(&self) -> Schema {
        self.rel.schema()
    }

    /// How many rows come in, where those of each table are known: of all tables together, and of a join without keys the pairs.
    /// None where a table's are not known, or those of files.
    pub fn rows_in(&self, rows: &dyn Fn(&str) -> Option<u64>) -> Option<u64> {
        let related = self.checks.iter().filter_map(|check| match &check.kind {
            CheckKind::Relationship { task, .. } => Some(rows(task)),
            _ => None,
        });
        related.chain([rows_below(&self.rel, rows)]).try_fold(0_u64, |sum, rows| Some(sum.saturating_add(rows?)))
    }
}

fn rows_below(rel: &Rel, rows: &dyn Fn(&str) -> Option<u64>) -> Option<u64> {
    let below = |rel: &Rel| rows_below(rel, rows);
    match rel {
        Rel::Input { task, .. } => rows(task),
        Rel::Scan(_) => None,
        Rel::Join(step) if step.on.is_empty() => Some(below(&step.left)?.saturating_mul(below(&step.right)?)),
        _ => rel.inputs().into_iter().try_fold(0_u64, |sum, rel| Some(sum.saturating_add(below(rel)?))),
    }
}

/// How bad a failed check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckSeverity {
    /// The task fails.
    #[default]
    Error,
    /// It is said.
    Warn,
}

/// A statement about a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// How the user knows it: the `name` given, or a description such as `unique: [a, b]`.
    pub name: String,
    /// How bad.
    pub severity: CheckSeverity,
    /// What.
    pub kind: CheckKind,
}

/// What a check states. NULL passes all but `NotNull`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum CheckKind {
    /// No NULL in this column.
    NotNull(String),
    /// No two rows equal in all of these columns; a row with a NULL among them passes.
    Unique(Vec<String>),
    /// The expression is true for every row; how accepted values, ranges, patterns and `expr` arrive here.
    RowsSatisfy {
        /// A bool.
        predicate: Expr,
        /// Columns to show of a bad row.
        columns: Vec<String>,
    },
    /// So many rows, both ends included.
    RowCount {
        /// At least.
        min: Option<u64>,
        /// At most.
        max: Option<u64>,
    },
    /// The newest value of a column of dates or datetimes; there must be one.
    Newest {
        /// The column.
        column: String,
        /// It is no older than this, in microseconds since 1970-01-01 00:00.
        at_least: i64,
        /// The age that this comes from, for messages.
        age: String,
    },
    /// Every value of the column is in that column of another task's table.
    Relationship {
        /// Here.
        column: String,
        /// The other task, an input of the job.
        task: String,
        /// There.
        other: String,
    },
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The check's name.
    pub name: String,
    /// How bad.
    pub severity: CheckSeverity,
    /// Rows (for `row_count`: 1) that break it; 0 if it holds.
    pub bad_rows: u64,
    /// Some of them, as text `column=value, …`.
    pub samples: Vec<String>,
    /// For a broken `row_count`: what was expected and found.
    pub detail: Option<String>,
}

impl CheckResult {
    /// A check that holds, as far as it has been looked at.
    pub fn holds(check: &Check) -> Self {
        Self { name: check.name.clone(), severity: check.severity, bad_rows: 0, samples: vec![], detail: None }
    }

    /// `unique: [id]: 3 rows do not hold: id=7, id=9, …`.
    fn sentence(&self) -> String {
        if let Some(detail) = &self.detail {
            return format!("{}: {detail}", self.name);
        }
        let rows = if self.bad_rows == 1 { "1 row does".to_owned() } else { format!("{} rows do", self.bad_rows) };
        let is_cut = self.samples.len() == CHECK_SAMPLES && self.bad_rows > CHECK_SAMPLES as u64;
        format!("{}: {rows} not hold: {}{}", self.name, self.samples.join("; "), if is_cut { "; …" } else { "" })
    }

    /// That it is broken, as a sentence.
    pub fn warning(&self) -> String {
        let rows = if self.bad_rows == 1 { "1 row does".to_owned() } else { format!("{} rows do", self.bad_rows) };
        match (&self.detail, self.samples.is_empty()) {
            (Some(detail), _) => format!("check `{}`: {detail}", self.name),
            (None, true) => format!("check `{}`: {rows} not pass", self.name),
            (None, false) => format!("check `{}`: {rows} not pass, such as {}", self.name, self.samples.join("; ")),
        }
    }
}

/// Bad rows that a check shows.
pub const CHECK_SAMPLES: usize = 5;

/// The results of a table's checks.
///
/// # Errors
/// If some of severity `error` do not hold: all of these.
pub fn judged(results: Vec<CheckResult>) -> Result<Vec<CheckResult>, EngineError> {
    let is_broken = |result: &&CheckResult| result.bad_rows > 0 && result.severity == CheckSeverity::Error;
    let failed: Vec<FailedCheck> = results.iter().filter(is_broken).cloned().map(FailedCheck).collect();
    if failed.is_empty() {
        return Ok(results);
    }
    let message = failed.iter().map(|FailedCheck(result)| result.sentence()).collect::<Vec<_>>().join("\n");
    Err(EngineError::Checks { message, failed })
}

/// Rows that came in from one table or source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowsIn {
    /// The task, or the file's path.
    pub from: String,
    /// Rows.
    pub rows: u64,
}

/// Rows that a rule rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedRows {
    /// Why.
    pub reason: String,
    /// How many.
    pub rows: u64,
}

/// Rows that a step left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedRows {
    /// `where`, `distinct`, `missing: drop`, `having`, `limit`.
    pub step: String,
    /// How many.
    pub rows: u64,
}

/// What a join did to its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JoinDiagnosis {
    /// How they are joined.
    #[serde(default)]
    pub kind: JoinKind,
    /// Names of the sides.
    pub left: String,
    /// The other one.
    pub right: String,
    /// Rows of the left side.
    pub left_rows: u64,
    /// Rows of the right side.
    pub right_rows: u64,
    /// Rows of the result.
    pub out_rows: u64,
    /// Left rows without a pair.
    pub left_unmatched: u64,
    /// Examples of their keys.
    pub left_unmatched_examples: Vec<String>,
    /// Right rows without a pair.
    pub right_unmatched: u64,
    /// Examples of their keys.
    pub right_unmatched_examples: Vec<String>,
    /// Left rows whose key is NULL.
    pub left_null_keys: u64,
    /// Right rows whose key is NULL.
    pub right_null_keys: u64,
    /// The most rows that one left row became.
    pub max_matches_per_left: u64,
    /// The key of that row.
    pub max_matches_key: Option<String>,
    /// The most rows that one right row became.
    pub max_matches_per_right: u64,
    /// What the author said of the keys.
    pub expect: Option<Cardinality>,
}

/// What an engine says of a job that it has done.
#[derive(Clone, Debug, Default)]
pub struct TableReport {
    /// The result, held by the engine; none for a job that only checks.
    pub table: Option<TableRef>,
    /// The rejected rows: `_row`, `_reason` and the source's columns; there whenever the job can reject.
    pub rejects: Option<TableRef>,
    /// What came of it in numbers and sentences. Reasons of rejects stand in the order of their first appearance, warnings are
    /// of what went silently wrong elsewhere: values nulled, divisions by zero, two currencies.
    pub account: TaskReport,
}

/// A value that does not fit what `normalize` says of its column, the first one of the column.
pub struct UnfitValue<'a> {
    /// The relation whose rows are converted.
    pub input: &'a Rel,
    /// What is said of the column.
    pub conversion: &'a Conversion,
    /// The value as text.
    pub text: &'a str,
    /// Its row, from 0: of the source if the job can reject, else of `input`.
    pub row: u64,
    /// How many values of the column do not fit.
    pub count: u64,
}

/// Rows that one engine has rejected, for another one to tell of them.
pub struct RejectedElsewhere<'a> {
    /// The job's relation.
    pub rel: &'a Rel,
    /// A row for each in the source's order: its number in the source from 0, the number of the step among those that reject, the
    /// number of the column or rule in the step, the value as text, and behind these the source's columns.
    pub rows: &'a TableRef,
}
