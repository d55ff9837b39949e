//! What goes wrong with a connection.

use std::fmt;

/// Why something could not be had from, or brought to, a connection. It holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionError {
    /// What kind of fault it is: what is done about it follows from that.
    pub kind: ConnectionErrorKind,
    /// The connection's name.
    pub connection: String,
    /// What happened, as the end of a sentence that begins with the connection's name, without a full stop:
    /// `refused the password of user reader`.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// Kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionErrorKind {
    /// The server did not answer, or went away in the middle: it may be there again in a moment.
    Unreachable,
    /// The server answered that it cannot for the moment: too much to do, no room left, something that others hold.
    Busy,
    /// The server answered, and refused: a wrong password, an untrusted certificate, a missing right. The same will be refused again.
    Refused,
    /// The URL or another key of the connection cannot be used.
    Config,
    /// A table, column or object is not there, or is not what it should be.
    Missing,
    /// The query is wrong.
    Query,
    /// A value cannot be held as it is, or does not fit: the message names column and row.
    Value,
    /// The connection was lost when the server was to commit, and it could not be asked since whether it did.
    Uncertain,
    /// The work was cancelled.
    Cancelled,
}

impl ConnectionError {
    /// An error of that connection.
    pub fn new(kind: ConnectionErrorKind, connection: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, connection: connection.into(), message: message.into(), help: None }
    }

    /// With what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Whether the same may go well if it is tried again.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            ConnectionErrorKind::Unreachable | ConnectionErrorKind::Busy | ConnectionErrorKind::Uncertain
        )
    }
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connection `{}` {}", self.connection, self.message)
    }
}

impl std::error::Error for ConnectionError {}
