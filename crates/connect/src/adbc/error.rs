//! What a driver says, as an error of the connection.

use adbc_core::error::{Error, Status};
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind as Kind};

use super::settings::Settings;

/// An error of the driver.
pub(super) fn of(settings: &Settings, error: &Error) -> ConnectionError {
    let text = settings.without_secrets(&first_lines(&error.message));
    let kind = match error.status {
        Status::Cancelled => return cancelled(settings),
        _ if is_about_a_lock(&text) => {
            return ConnectionError::new(Kind::Unreachable, &settings.name, format!("says: {text}"))
                .help("another program or connection has the file open: run again when it has ended");
        }
        Status::Timeout | Status::IO => Kind::Unreachable,
        Status::Unauthenticated | Status::Unauthorized => Kind::Refused,
        Status::NotFound => Kind::Missing,
        _ if is_about_a_table(&text) => Kind::Missing,
        Status::NotImplemented => Kind::Config,
        Status::Integrity => Kind::Value,
        _ => Kind::Query,
    };
    let told = match error.status {
        Status::NotImplemented => format!("has a driver that cannot do this: {text}"),
        _ => format!("says: {text}"),
    };
    ConnectionError::new(kind, &settings.name, told)
}

/// An error of the driver while it was to be opened: mostly an option is wrong.
pub(super) fn of_opening(settings: &Settings, error: &Error) -> ConnectionError {
    let told = of(settings, error);
    match told.kind {
        Kind::Query | Kind::Missing | Kind::Config => {
            ConnectionError { kind: Kind::Config, ..told }.help("look at the `options` of the connection")
        }
        _ => told,
    }
}

/// That the work was cancelled.
pub(super) fn cancelled(settings: &Settings) -> ConnectionError {
    ConnectionError::new(Kind::Cancelled, &settings.name, "was told to stop")
}

/// Whether a message says that a table is not there: drivers tell it in words only.
pub(super) fn is_about_a_table(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    let is_missing = ["no such table", "does not exist", "not found", "unknown table"];
    is_missing.iter().any(|words| message.contains(words))
        && (message.contains("table") || message.contains("relation"))
}

/// Whether a message says that somebody else has the file of the database.
fn is_about_a_lock(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("lock on file") || message.contains("database is locked")
}

/// What a message says first; behind it are often the whole query and hints of another program.
fn first_lines(message: &str) -> String {
    let lines = message.trim().trim_end_matches('\0').lines().map(str::trim).filter(|line| !line.is_empty());
    let text = lines.take(3).collect::<Vec<_>>().join("; ");
    text.trim_end_matches('.').to_owned()
}
