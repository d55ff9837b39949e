//! Why a file was not written.

use tidemill_core::table::EngineError;

/// Why a file was not written: the table cannot be read, or what the format or the system say.
pub enum WriteError {
    /// The table cannot be read.
    Engine(EngineError),
    /// What the format or the system say.
    Writing(String),
}

impl From<EngineError> for WriteError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<String> for WriteError {
    fn from(message: String) -> Self {
        Self::Writing(message)
    }
}

impl From<std::io::Error> for WriteError {
    fn from(error: std::io::Error) -> Self {
        Self::Writing(error.to_string())
    }
}
