//! Notices: the effects that tell people what became of scheduled runs, and the history from which that follows.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use tidemill_core::ids::TaskName;

use crate::effects::{COLUMNS, NOTICE, read};
use crate::{Effect, Fire, State, StateError};

/// How the ledger calls a channel, which stands where a task does: no task's id has a colon.
const CHANNEL: &str = "notify:";

impl Effect {
    /// How the ledger calls a channel.
    pub fn channel_name(channel: &str) -> TaskName {
        TaskName::new(format!("{CHANNEL}{channel}"))
    }

    /// Of a notice: its channel, and of what it tells.
    pub fn notice(&self) -> Option<(&str, &str)> {
        Some((self.task.as_str().strip_prefix(CHANNEL)?, self.key.strip_prefix(NOTICE)?))
    }
}

impl State {
    /// What a pipeline's channels were told last, the latest first.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn notices(&self, pipeline: &str, most: usize) -> Result<Vec<Effect>, StateError> {
        let mut query = self.db.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM effects WHERE pipeline = ? AND task LIKE '{CHANNEL}%' ORDER BY rowid DESC LIMIT ?"
        ))?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        Ok(query.query_map(params![pipeline, most], read)?.collect::<rusqlite::Result<_>>()?)
    }

    /// The last notice of a pipeline, to whichever channel, that told of a failure or that it was over.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn last_failure_notice(&self, pipeline: &str) -> Result<Option<Effect>, StateError> {
        let mut query = self.db.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM effects WHERE pipeline = ? AND (key LIKE '{NOTICE}failed %' OR key LIKE \
             '{NOTICE}recovered %') ORDER BY rowid DESC LIMIT 1"
        ))?;
        Ok(query.query_row([pipeline], read).optional()?)
    }

    /// The fires of a pipeline before one, the latest first.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn fires_before(&self, pipeline: &str, instant: Timestamp, most: usize) -> Result<Vec<Fire>, StateError> {
        let mut query = self.db.prepare_cached(&format!(
            "SELECT {} FROM fires WHERE pipeline = ? AND instant < ? ORDER BY instant DESC LIMIT ?",
            crate::fires::COLUMNS
        ))?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = query.query_map(params![pipeline, instant.as_microsecond(), most], crate::fires::read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
