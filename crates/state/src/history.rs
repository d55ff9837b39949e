//! Looking runs up.

use rusqlite::{OptionalExtension, params};
use tidemill_core::ids::RunId;

use crate::runs::{COLUMNS, Run, read};
use crate::{State, StateError};

/// So many runs are named when a prefix fits several.
const NAMED: i64 = 5;

impl State {
    /// The last `limit` runs of a pipeline, the latest first.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn history(&self, pipeline: &str, limit: usize) -> Result<Vec<Run>, StateError> {
        let mut query = self
            .db
            .prepare_cached(&format!("SELECT {COLUMNS} FROM runs WHERE pipeline = ? ORDER BY rowid DESC LIMIT ?"))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        Ok(query.query_map(params![pipeline, limit], read)?.collect::<rusqlite::Result<_>>()?)
    }

    /// The run of that id, or whose id alone begins with it; any pipeline's.
    ///
    /// # Errors
    /// [`StateError::Ambiguous`] if several begin with it; else if the state cannot be read.
    pub fn run(&self, id_or_prefix: &str) -> Result<Option<Run>, StateError> {
        let exact = self
            .db
            .prepare_cached(&format!("SELECT {COLUMNS} FROM runs WHERE id = ?"))?
            .query_row([id_or_prefix], read)
            .optional()?;
        if exact.is_some() || id_or_prefix.is_empty() {
            return Ok(exact);
        }
        let mut query = self.db.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM runs WHERE substr(id, 1, length(?1)) = ?1 ORDER BY rowid DESC LIMIT ?2"
        ))?;
        let mut found: Vec<Run> =
            query.query_map(params![id_or_prefix, NAMED], read)?.collect::<rusqlite::Result<_>>()?;
        if found.len() > 1 {
            let runs = found.iter().map(|run| run.id.to_string()).collect();
            return Err(StateError::Ambiguous { prefix: id_or_prefix.to_owned(), runs });
        }
        Ok(found.pop())
    }

    /// The last run of a pipeline.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn last_run(&self, pipeline: &str) -> Result<Option<Run>, StateError> {
        Ok(self.history(pipeline, 1)?.pop())
    }

    /// The last run of a pipeline that succeeded.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn last_success(&self, pipeline: &str) -> Result<Option<RunId>, StateError> {
        let mut query = self.db.prepare_cached(
            "SELECT id FROM runs WHERE pipeline = ? AND status = 'success' ORDER BY rowid DESC LIMIT 1",
        )?;
        let found = query.query_map([pipeline], |row| row.get::<_, String>(0).map(RunId::new))?.next();
        Ok(found.transpose()?)
    }

    /// The logical times of the runs of a pipeline that succeeded with all tasks wanted, as they were written.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn succeeded_times(&self, pipeline: &str) -> Result<Vec<String>, StateError> {
        let mut query = self.db.prepare_cached(
            "SELECT DISTINCT logical_time FROM runs WHERE pipeline = ? AND status = 'success' AND selection = '[]'",
        )?;
        Ok(query.query_map([pipeline], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    }

    /// The ids of all runs of a pipeline, the latest first: what has logs.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn run_ids(&self, pipeline: &str) -> Result<Vec<RunId>, StateError> {
        let mut query = self.db.prepare_cached("SELECT id FROM runs WHERE pipeline = ? ORDER BY rowid DESC")?;
        let ids = query.query_map([pipeline], |row| row.get::<_, String>(0).map(RunId::new))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }
}
