//! Columns of the state as the types of core.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tidemill_core::ids::Digest;

use crate::StateError;

/// The digest in a column.
pub(crate) fn digest(row: &Row<'_>, at: usize) -> rusqlite::Result<Digest> {
    row.get(at).map(Digest)
}

/// The digest in a column that may be NULL.
pub(crate) fn maybe_digest(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Digest>> {
    row.get::<_, Option<[u8; 32]>>(at).map(|bytes| bytes.map(Digest))
}

/// The time in a column.
pub(crate) fn time(row: &Row<'_>, at: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_microsecond(row.get(at)?).map_err(|error| wrong(at, Type::Integer, error))
}

/// The duration in a column.
pub(crate) fn duration(row: &Row<'_>, at: usize) -> rusqlite::Result<Duration> {
    count(row, at).map(Duration::from_micros)
}

/// The number in a column, which is never negative.
pub(crate) fn count(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(at).map(i64::unsigned_abs)
}

/// The number in a column that may be NULL.
pub(crate) fn maybe_count(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<u64>> {
    row.get::<_, Option<i64>>(at).map(|number| number.map(i64::unsigned_abs))
}

/// The value that a column holds as JSON.
pub(crate) fn json<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(at)?.as_str()?).map_err(|error| wrong(at, Type::Text, error))
}

/// The value that a column holds as JSON, unless it is NULL.
pub(crate) fn maybe_json<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<T>> {
    match row.get_ref(at)?.as_str_or_null()? {
        Some(text) => serde_json::from_str(text).map(Some).map_err(|error| wrong(at, Type::Text, error)),
        None => Ok(None),
    }
}

/// One of the words of an enum, as serde writes them.
pub(crate) fn word<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> rusqlite::Result<T> {
    let word = serde_json::Value::String(row.get(at)?);
    serde_json::from_value(word).map_err(|error| wrong(at, Type::Text, error))
}

/// A value as JSON.
pub(crate) fn to_json(value: &impl Serialize) -> Result<String, StateError> {
    Ok(serde_json::to_string(value)?)
}

/// A number as SQLite holds it; beyond 2^63 it stays there.
pub(crate) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A duration as SQLite holds it.
pub(crate) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// That a column holds what cannot be understood.
pub(crate) fn wrong(at: usize, found: Type, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(at, found, Box::new(error))
}
