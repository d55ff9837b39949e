//! What schedulers know of a pipeline's schedule, beside its fires.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::column::time;
use crate::{State, StateError};

/// How a schedule stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Every fire up to here is written down.
    pub seen: Timestamp,
    /// The cron expression or interval, with its zone.
    pub rhythm: String,
    /// Since when it is paused, if it is.
    pub paused: Option<Timestamp>,
}

impl State {
    /// How a pipeline's schedule stands; None if nobody has ever looked after it.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn watch(&self, pipeline: &str) -> Result<Option<Watch>, StateError> {
        let mut query = self.db.prepare_cached("SELECT seen, rhythm, paused FROM schedules WHERE pipeline = ?")?;
        let watch = query.query_row([pipeline], |row| {
            Ok(Watch {
                seen: time(row, 0)?,
                rhythm: row.get(1)?,
                paused: row.get::<_, Option<i64>>(2)?.map(|_| time(row, 2)).transpose()?,
            })
        });
        Ok(watch.optional()?)
    }

    /// Writes down up to where every fire is written down, for that rhythm. It may be earlier than before: then some fires are
    /// looked at again, and found.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn save_seen(&mut self, pipeline: &str, seen: Timestamp, rhythm: &str) -> Result<(), StateError> {
        self.write(|db| {
            db.prepare_cached(
                "INSERT INTO schedules (pipeline, seen, rhythm) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (pipeline) DO UPDATE SET seen = ?2, rhythm = ?3",
            )?
            .execute(params![pipeline, seen.as_microsecond(), rhythm])?;
            Ok(())
        })
    }

    /// Pauses a pipeline's schedule from `since` on, or lets it go on. False if nobody has ever looked after it.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn set_paused(&mut self, pipeline: &str, since: Option<Timestamp>) -> Result<bool, StateError> {
        self.write_durably(|db| {
            let since = since.map(Timestamp::as_microsecond);
            Ok(db.execute("UPDATE schedules SET paused = ? WHERE pipeline = ?", params![since, pipeline])? == 1)
        })
    }
}
