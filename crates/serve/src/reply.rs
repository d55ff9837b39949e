//! Answers, without the web server's types.

use std::fs::File;

use serde_json::Value;
use tidemill_core::ids::RunId;
use tidemill_runner::Failure;
use tidemill_state::StateError;

/// An answer.
pub enum Reply {
    /// A page.
    Html(String),
    /// For programs, with its status.
    Json(u16, Value),
    /// A text of another type.
    Text {
        /// Its type.
        content_type: &'static str,
        /// The text.
        text: String,
        /// The name under which it is to be kept, if it is.
        download: Option<String>,
    },
    /// A published file.
    File {
        /// The file.
        file: File,
        /// Its type.
        content_type: &'static str,
        /// Its name.
        name: String,
        /// Whether it is to be kept instead of shown.
        download: bool,
    },
    /// Go there; with a cookie to be set.
    SeeOther(String, Option<String>),
    /// Something that a pipeline has made: shown without rights.
    Made {
        /// It.
        bytes: Vec<u8>,
        /// Its type.
        content_type: String,
        /// The name under which it is to be kept, if it is.
        download: Option<String>,
    },
    /// What happens in a run, as it happens.
    Events(Watched),
}

/// What somebody watches.
pub struct Watched {
    /// The project's name in addresses.
    pub project: String,
    /// The run.
    pub run: RunId,
    /// A log of it, and from which byte on, instead of its tasks.
    pub log: Option<(String, u64)>,
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The status.
    pub status: u16,
    /// What is wrong.
    pub message: String,
}

impl Problem {
    /// The request is wrong.
    pub fn bad(message: impl Into<String>) -> Self {
        Self { status: 400, message: message.into() }
    }

    /// There is no such thing.
    pub fn missing(message: impl Into<String>) -> Self {
        Self { status: 404, message: message.into() }
    }

    /// It cannot be done as things stand.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self { status: 409, message: message.into() }
    }

    /// Something does not work here.
    pub fn broken(message: impl Into<String>) -> Self {
        Self { status: 500, message: message.into() }
    }

    /// A failure of the pipeline or of a selector, in the program's words.
    pub fn of(failure: &Failure, text: String) -> Self {
        let status = match failure {
            Failure::Wrong { .. } | Failure::Mistakes { .. } => 422,
            Failure::Held { .. } => 409,
            _ => 500,
        };
        Self { status, message: text }
    }
}

impl From<StateError> for Problem {
    fn from(error: StateError) -> Self {
        match error {
            StateError::Ambiguous { .. } => Self::missing(error.to_string()),
            error => Self::broken(error.to_string()),
        }
    }
}
