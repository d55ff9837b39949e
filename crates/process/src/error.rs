//! Why a command could not be run at all.

use std::io;

/// Why a command could not be run; that it ran and failed is no error here.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The program could not be started.
    #[error("cannot start `{program}`: {message}")]
    Start {
        /// The program.
        program: String,
        /// Why, as the system says it.
        message: String,
        /// Whether there is no such program.
        not_found: bool,
    },
    /// The process that looks after commands could not be started or does not answer.
    #[error("cannot look after commands: {0}")]
    Guardian(#[from] io::Error),
    /// The guardian was killed before it took the request: nothing has happened.
    #[error("the process that looks after commands was killed")]
    NotBegun,
    /// The process that looked after this command was killed.
    #[error("the process that looked after the command was killed")]
    Abandoned,
}
