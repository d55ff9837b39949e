//! What goes wrong with a remote file.

use std::io;

use tidemill_core::connection::{ConnectionError, ConnectionErrorKind};

/// Why a remote file cannot be had or written. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// What kind it is: what is done about it follows from that.
    pub kind: FaultKind,
    /// What happened, as a sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// Kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// The body broke off: the rest may still come.
    Broken,
    /// It is not any more what it was said to be.
    Changed,
    /// Nobody answers, or too late.
    Unreachable,
    /// It is refused, and will be refused again.
    Refused,
    /// It is not there.
    Missing,
    /// This cannot be done there at all.
    Unsupported,
    /// This machine cannot write it down, or the work was cancelled.
    Local,
}

impl Fault {
    /// A fault of that kind.
    pub fn new(kind: FaultKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), help: None }
    }

    /// With what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// As an error of a connection.
    pub fn of_connection(self, name: &str) -> ConnectionError {
        let kind = match self.kind {
            FaultKind::Broken | FaultKind::Changed | FaultKind::Unreachable => ConnectionErrorKind::Unreachable,
            FaultKind::Refused | FaultKind::Unsupported => ConnectionErrorKind::Refused,
            FaultKind::Missing => ConnectionErrorKind::Missing,
            FaultKind::Local => ConnectionErrorKind::Busy,
        };
        let error = ConnectionError::new(kind, name, format!("cannot be used: {}", self.message));
        self.help.into_iter().fold(error, ConnectionError::help)
    }

    /// As an error that names the file, by a text without secrets.
    pub fn of(self, shown: &str) -> io::Error {
        let kind = match self.kind {
            FaultKind::Missing => io::ErrorKind::NotFound,
            FaultKind::Refused => io::ErrorKind::PermissionDenied,
            FaultKind::Unsupported => io::ErrorKind::Unsupported,
            FaultKind::Broken => io::ErrorKind::UnexpectedEof,
            FaultKind::Unreachable => io::ErrorKind::NotConnected,
            FaultKind::Changed | FaultKind::Local => io::ErrorKind::Other,
        };
        let help = self.help.map_or_else(String::new, |help| format!("; {help}"));
        io::Error::new(kind, format!("`{shown}`: {}{help}", self.message))
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::new(FaultKind::Local, format!("its copy cannot be written: {error}"))
    }
}
