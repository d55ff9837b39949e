//! What a task needs of the world outside.

use std::collections::BTreeMap;
use std::path::Path;

use crate::diagnostic::SourceMap;

use super::{RunFacts, TaskFailure};

/// What is known to a task that is asked for what it needs of the world outside.
pub struct ProbeContext<'a> {
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// The project's folder.
    pub project: &'a Path,
    /// What is known of the run.
    pub run: &'a RunFacts,
    /// Values of the declared secrets that are set.
    pub secrets: &'a BTreeMap<String, String>,
}

/// Something in the world outside that a task needs, such as a mail server.
pub struct Probe {
    /// What tells it from others; it may hold secrets and is not shown.
    pub key: String,
    /// Tries it without doing anything there: what was found, or what is wrong.
    pub attempt: Box<dyn Fn() -> Result<String, TaskFailure> + Send>,
}
