//! What tables from outside looked like, run by run.

use jiff::Timestamp;
use rusqlite::params;
use tidemill_core::ids::{Digest, RunId, TaskName};
use tidemill_core::table::{HISTORY, TableProfile};

use crate::column::{json, to_json};
use crate::{State, StateError};

/// Whose profiles.
#[derive(Clone, Copy, Debug)]
pub struct ProfileKey<'a> {
    /// The pipeline.
    pub pipeline: &'a str,
    /// The task.
    pub task: &'a TaskName,
    /// The keys by which its table is made: tables made by others are not compared.
    pub definition: Digest,
}

impl State {
    /// The profiles of the last different tables, the oldest first, at most [`HISTORY`].
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn profiles(&self, key: &ProfileKey<'_>) -> Result<Vec<TableProfile>, StateError> {
        let mut query = self.db.prepare_cached(
            "SELECT profile FROM profiles WHERE pipeline = ? AND task = ? AND definition = ? ORDER BY id DESC LIMIT ?",
        )?;
        let limit = i64::try_from(HISTORY).unwrap_or(i64::MAX);
        let rows = query.query_map(params![key.pipeline, key.task.as_str(), key.definition.0, limit], |row| {
            json::<TableProfile>(row, 0)
        })?;
        let mut found = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        found.reverse();
        Ok(found)
    }

    /// Remembers a table, unless it is the one that was remembered last; forgets those of the task beyond the last [`HISTORY`].
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn remember_profile(
        &mut self,
        key: &ProfileKey<'_>,
        content: Digest,
        run: &RunId,
        profile: &TableProfile,
    ) -> Result<(), StateError> {
        let text = to_json(profile)?;
        self.write(|db| {
            let last: Option<[u8; 32]> = db
                .prepare_cached(
                    "SELECT content FROM profiles WHERE pipeline = ? AND task = ? AND definition = ? \
                     ORDER BY id DESC LIMIT 1",
                )?
                .query_map(params![key.pipeline, key.task.as_str(), key.definition.0], |row| row.get(0))?
                .next()
                .transpose()?;
            if last == Some(content.0) {
                return Ok(());
            }
            db.prepare_cached(
                "INSERT INTO profiles (pipeline, task, definition, content, run, at, profile) VALUES (?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                key.pipeline,
                key.task.as_str(),
                key.definition.0,
                content.0,
                run.as_str(),
                Timestamp::now().as_microsecond(),
                text
            ])?;
            db.prepare_cached(
                "DELETE FROM profiles WHERE pipeline = ?1 AND task = ?2 AND id NOT IN \
                 (SELECT id FROM profiles WHERE pipeline = ?1 AND task = ?2 ORDER BY id DESC LIMIT ?3)",
            )?
            .execute(params![key.pipeline, key.task.as_str(), i64::try_from(HISTORY).unwrap_or(i64::MAX)])?;
            Ok(())
        })
    }
}
