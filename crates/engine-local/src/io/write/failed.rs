//! Why a file was not written.

use tidemill_core::table::EngineError;

/// Why a file was not written: the table cannot be read, or what the format or the system say.
pub(super) enum Failed {
    Engine(EngineError),
    Writing(String),
}

impl From<EngineError> for Failed {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<String> for Failed {
    fn from(message: String) -> Self {
        Self::Writing(message)
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self::Writing(error.to_string())
    }
}
