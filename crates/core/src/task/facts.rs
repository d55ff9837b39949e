//! What texts and conditions may know of tasks and of the run.

/// What templates and `when` may know of a task that has ended.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TaskFacts {
    /// `success`, `failed`, `skipped`, `cancelled`.
    pub status: String,
    /// Rows of its table.
    pub rows: Option<u64>,
    /// Rows rejected, in all.
    pub rejected: u64,
    /// Rows rejected, by reason.
    pub rejects: Vec<crate::table::RejectedRows>,
    /// Rows that came in, by where from.
    #[serde(default)]
    pub rows_in: Vec<crate::table::RowsIn>,
    /// Rows left out by steps that say so.
    #[serde(default)]
    pub dropped: Vec<crate::table::DroppedRows>,
    /// What joins did to their rows.
    #[serde(default)]
    pub joins: Vec<crate::table::JoinDiagnosis>,
    /// Sentences for the user.
    pub warnings: Vec<String>,
    /// Seconds.
    pub duration: f64,
    /// The path it publishes, the first of several.
    pub output: Option<String>,
    /// All paths it publishes.
    pub outputs: Vec<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// The last lines of what it wrote before it failed.
    #[serde(default)]
    pub log: Vec<String>,
}

/// What texts may know of a task that has failed.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
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
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
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
