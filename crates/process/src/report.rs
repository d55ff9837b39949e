//! How a command ended.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// How its first process ended.
    pub exit: Exit,
    /// Processes that it had left behind, which were ended after it.
    pub left_behind: usize,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(number) => match signal_hook::low_level::signal_name(*number) {
                Some(name) => write!(f, "signal {name}"),
                None => write!(f, "signal {number}"),
            },
        }
    }
}

/// What a keeper says in the end.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Report {
    /// The command ended.
    Ended(Ended),
    /// It could not be started.
    NotStarted { message: String, not_found: bool },
}

impl Report {
    /// As it goes over a keeper's line: one line of text.
    pub(crate) fn to_line(&self) -> serde_json::Result<Vec<u8>> {
        let mut text = serde_json::to_vec(self)?;
        text.push(b'\n');
        Ok(text)
    }

    /// Reads what [`to_line`](Self::to_line) has made; None as long as it is not whole.
    pub(crate) fn from_line(text: &[u8]) -> Option<serde_json::Result<Self>> {
        text.strip_suffix(b"\n").map(serde_json::from_slice)
    }
}
