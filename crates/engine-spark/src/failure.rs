//! Errors of Spark as those of an engine.

use tidemill_core::connection::{ConnectionError, ConnectionErrorKind};
use tidemill_core::spec::CLUSTER;
use tidemill_core::table::EngineError;
use tonic::Code;

use crate::client::SparkError;
use crate::lower::MARK;

/// What a failed statement means to the user.
pub(crate) fn engine_error(error: &SparkError) -> EngineError {
    if error.is_cancelled {
        return EngineError::Cancelled;
    }
    if let Some((value, wanted)) = wrong_value(&error.message) {
        let message = format!("{value:?} cannot become {wanted}");
        return EngineError::Value {
            message,
            help: Some("the same task with `engine: local` names its row".to_owned()),
        };
    }
    match error.class.as_deref() {
        Some("USER_RAISED_EXCEPTION" | "USER_RAISED_EXCEPTION_PARAMETER_MISMATCH") => {
            EngineError::Value { message: raised(&error.message), help: None }
        }
        Some(class) if is_of_values(class) => {
            let message = format!("a value does not fit: {}", raised(&error.message));
            EngineError::Value { message, help: Some("the same task with `engine: local` names its row".to_owned()) }
        }
        _ if error.is_transient => {
            EngineError::Connection(ConnectionError::new(ConnectionErrorKind::Unreachable, CLUSTER, error.to_string()))
        }
        _ if matches!(error.code, Code::Unauthenticated | Code::PermissionDenied) => {
            let message = format!("was refused: {error}");
            let error = ConnectionError::new(ConnectionErrorKind::Refused, CLUSTER, message);
            EngineError::Connection(error.help("look at `token` of `engine`"))
        }
        _ => EngineError::Internal(format!("Spark: {error}")),
    }
}

/// The same of the catalog's tables, as an error of the connection.
pub(crate) fn connection_error(error: &SparkError) -> ConnectionError {
    let of = |kind, message: String| ConnectionError::new(kind, CLUSTER, message);
    match engine_error(error) {
        EngineError::Connection(error) => error,
        EngineError::Cancelled => of(ConnectionErrorKind::Cancelled, "was cancelled".to_owned()),
        EngineError::Value { message, .. } => of(ConnectionErrorKind::Value, format!("has a wrong value: {message}")),
        _ if error.class.as_deref().is_some_and(|class| class.ends_with("_NOT_FOUND")) => {
            of(ConnectionErrorKind::Missing, format!("has no such thing: {}", error.summary()))
        }
        _ => of(ConnectionErrorKind::Query, format!("says: {}", error.summary())),
    }
}

/// Classes of errors that a value makes.
fn is_of_values(class: &str) -> bool {
    ["ARITHMETIC_OVERFLOW", "NUMERIC_VALUE_OUT_OF_RANGE", "CAST_OVERFLOW", "CAST_INVALID_INPUT", "DATETIME_OVERFLOW"]
        .iter()
        .any(|known| class.starts_with(known))
}

/// The value and the type of a cast that failed, if that is what the message tells.
pub(crate) fn wrong_value(message: &str) -> Option<(&str, &str)> {
    let (_, told) = message.split_once(MARK)?;
    let told = told.strip_prefix('|')?.lines().next()?;
    let (value, wanted) = told.rsplit_once('|')?;
    Some((value, wanted.split_whitespace().next().unwrap_or(wanted)))
}

/// The message without Spark's class before it and its SQL state behind it.
fn raised(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let line = line.strip_prefix('[').and_then(|rest| rest.split_once("] ")).map_or(line, |(_, rest)| rest);
    // What Spark would have one do instead gives other results, and is no remedy here.
    let told = [" SQLSTATE:", ". Use '", ". If necessary"]
        .iter()
        .fold(line, |told, end| told.split(end).next().unwrap_or(told));
    told.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_cast_is_found_in_what_spark_says() {
        let said = "[USER_RAISED_EXCEPTION] tidemill-value|a|b|int SQLSTATE: P0001";
        assert_eq!(wrong_value(said), Some(("a|b", "int")));
        assert_eq!(
            raised("[USER_RAISED_EXCEPTION] substr cannot take -1 characters SQLSTATE: P0001"),
            "substr cannot take -1 characters"
        );
        assert_eq!(wrong_value("something else"), None);
        let overflow = "[ARITHMETIC_OVERFLOW] overflow. Use 'try_add' to tolerate overflow. SQLSTATE: 22003";
        assert_eq!(raised(overflow), "overflow");
    }
}
