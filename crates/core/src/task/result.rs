//! What an attempt came to.

use std::fmt;

use crate::connection::{ConnectionError, ConnectionErrorKind};
use crate::table::{EngineError, Location, TableReport, TaskReport};

/// What an attempt made.
#[derive(Clone, Debug, Default)]
pub struct TaskResult {
    /// The engine's report, from table tasks.
    pub table: Option<TableReport>,
    /// The outputs it has staged, by their final paths.
    pub outputs: Vec<Location>,
    /// Sentences for the user.
    pub warnings: Vec<String>,
    /// A sentence for the summary: `1,200 rows`, `mail to 2 recipients`.
    pub note: Option<String>,
}

impl From<TaskResult> for TaskReport {
    fn from(result: TaskResult) -> Self {
        let mut report = result.table.map(|table| table.account).unwrap_or_default();
        report.warnings.extend(result.warnings);
        Self { outputs: result.outputs, note: result.note, ..report }
    }
}

/// Why an attempt failed.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TaskFailure {
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: Vec<String>,
    /// The exit code of a command.
    pub exit_code: Option<i32>,
    /// The last lines of its output.
    pub tail: Vec<String>,
    /// Trying again cannot help: a mistake in the file or in the data.
    pub permanent: bool,
    /// It stopped because it was told to.
    pub cancelled: bool,
    /// An effect that may have happened all the same: the other side had everything and did not answer. Never tried again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uncertain: bool,
}

impl TaskFailure {
    /// A failure with that message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }
}

impl fmt::Display for TaskFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<EngineError> for TaskFailure {
    fn from(error: EngineError) -> Self {
        let help = match &error {
            EngineError::Source { help, .. } | EngineError::Value { help, .. } => help.iter().cloned().collect(),
            EngineError::Memory { help, .. } => vec![help.clone()],
            EngineError::Connection(error) => return error.clone().into(),
            _ => Vec::new(),
        };
        let cancelled = matches!(error, EngineError::Cancelled);
        // The same values will fit no better the next time.
        let permanent = matches!(error, EngineError::Value { .. } | EngineError::Checks { .. });
        Self { message: error.to_string(), help, permanent, cancelled, ..Self::default() }
    }
}

impl From<ConnectionError> for TaskFailure {
    fn from(error: ConnectionError) -> Self {
        let cancelled = error.kind == ConnectionErrorKind::Cancelled;
        let permanent = !cancelled && !error.is_transient();
        let help = error.help.iter().cloned().collect();
        Self { message: error.to_string(), help, permanent, cancelled, ..Self::default() }
    }
}
