//! How Polars' errors and broken values become the engine's errors.

use polars::prelude::PolarsError;
use tidemill_core::table::EngineError;

/// The result of everything inside the engine.
pub(crate) type Outcome<T> = Result<T, EngineError>;

/// An error of Polars itself: our lowering should not have provoked it.
pub(crate) fn internal(error: PolarsError) -> EngineError {
    EngineError::Internal(error.to_string())
}

/// A lowering that the binder should have refused.
pub(crate) fn unsupported(what: impl Into<String>) -> EngineError {
    EngineError::Internal(what.into())
}

/// A value that does not fit.
pub(crate) fn value(message: impl Into<String>) -> EngineError {
    EngineError::Value { message: message.into(), help: None }
}

/// The same error with a place put before its message.
pub(crate) fn within(place: &str, error: EngineError) -> EngineError {
    match error {
        EngineError::Value { message, help } => EngineError::Value { message: format!("{place}: {message}"), help },
        EngineError::Internal(message) => EngineError::Internal(format!("{place}: {message}")),
        other => other,
    }
}
