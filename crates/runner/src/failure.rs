//! Why something that was asked for did not end well.

use std::sync::Arc;

use tidemill_core::diagnostic::{Diagnostic, SourceMap};
use tidemill_state::StateError;

/// Why a command did not end well. Plain data: the caller makes text and an exit code of it.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A task or a check failed; what there was to say has been said.
    #[error("a task failed")]
    Task,
    /// The file or the command line is wrong.
    #[error("{message}")]
    Wrong {
        /// What is wrong.
        message: String,
        /// What to do.
        help: Vec<String>,
    },
    /// The pipeline file has mistakes.
    #[error("the pipeline file has mistakes")]
    Mistakes {
        /// The texts that they point into.
        sources: Arc<SourceMap>,
        /// All of them.
        diagnostics: Vec<Diagnostic>,
    },
    /// Another run holds the project.
    #[error("{message}")]
    Held {
        /// Which.
        message: String,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// Something outside went wrong: a full disk, a database that cannot be written.
    #[error("{message}")]
    Broken {
        /// What.
        message: String,
        /// What to do.
        help: Vec<String>,
    },
}

impl Failure {
    /// The file or the command line is wrong.
    pub fn wrong(message: impl Into<String>) -> Self {
        Self::Wrong { message: message.into(), help: Vec::new() }
    }

    /// Something outside went wrong.
    pub fn broken(message: impl Into<String>) -> Self {
        Self::Broken { message: message.into(), help: Vec::new() }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        if let Self::Wrong { help, .. } | Self::Broken { help, .. } = &mut self {
            help.push(text.into());
        }
        self
    }
}

/// What the user asked of the state, or a state that a newer Tidemill wrote, is a mistake of the caller's; all else is not.
impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        match error {
            StateError::Ambiguous { .. } => Self::wrong(error.to_string()).help("give more of the id"),
            StateError::Newer { .. } => {
                Self::wrong(error.to_string()).help("use the Tidemill that wrote it, or a newer one")
            }
            _ => Self::broken(error.to_string()),
        }
    }
}
