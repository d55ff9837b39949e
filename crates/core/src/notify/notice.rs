//! What is told.

use serde::Serialize;

/// What people are told of a pipeline. As JSON it is what a `webhook` gets: a field never goes, and a new one may come.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Notice {
    /// `failed`, `recovered`, `late`, `warned`; `test` for one that only tries a channel.
    pub event: String,
    /// The pipeline.
    pub pipeline: String,
    /// What has happened, in one sentence without a full stop.
    pub summary: String,
    /// The tasks that failed.
    pub tasks: Vec<FailedNoticeTask>,
    /// What else there is to say, line by line: mistakes of the file, warnings.
    pub details: Vec<String>,
    /// When it happened, RFC 3339 in the schedule's zone.
    pub at: String,
    /// The fire that the run was for, RFC 3339 in the schedule's zone.
    pub fire: Option<String>,
    /// The run's id, if one began.
    pub run: Option<String>,
    /// How many fires in succession have failed, this one included; of a recovery, how many had before it.
    pub failures: usize,
    /// What to type to see more, and to go on.
    pub commands: Vec<String>,
    /// Where the page shows more, if its address is known.
    pub url: Option<String>,
}

/// A task that failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FailedNoticeTask {
    /// Its id.
    pub task: String,
    /// Why, the first lines of it.
    pub error: String,
    /// The path of its log, within the project.
    pub log: String,
}
