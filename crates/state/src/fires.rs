//! Scheduled instants: committed before their run starts, so that none runs twice.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use tidemill_core::ids::RunId;

use crate::column::{time, word};
use crate::{State, StateError};

/// How a fire stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FireStatus {
    /// Committed; its run starts, or is going on.
    Due,
    /// Its run has ended.
    Done,
    /// It was passed over, for a reason.
    Skipped,
}

/// One scheduled instant of a pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Fire {
    /// The pipeline.
    pub pipeline: String,
    /// The instant.
    pub instant: Timestamp,
    /// How it stands.
    pub status: FireStatus,
    /// When it was committed.
    pub at: Timestamp,
    /// Its run, once it has one.
    pub run: Option<RunId>,
    /// Why it was skipped.
    pub reason: Option<String>,
}

const COLUMNS: &str = "pipeline, instant, status, at, run, reason";

impl State {
    /// Commits a fire, on the disk when this returns. False if it was committed before, by whichever process: then it is not
    /// the caller's to run.
    ///
    /// # Errors
    /// If the state cannot be written; then it must not run.
    pub fn commit_fire(&mut self, fire: &Fire) -> Result<bool, StateError> {
        let status = serde_json::to_value(fire.status)?;
        self.write_durably(|db| {
            let inserted = db.execute(
                "INSERT OR IGNORE INTO fires (pipeline, instant, status, at, run, reason) VALUES (?, ?, ?, ?, ?, ?)",
                params![
                    fire.pipeline,
                    fire.instant.as_microsecond(),
                    status.as_str(),
                    fire.at.as_microsecond(),
                    fire.run.as_ref().map(RunId::as_str),
                    fire.reason
                ],
            )?;
            Ok(inserted == 1)
        })
    }

    /// Writes down what became of a committed fire: its `status`, `run` and `reason`.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn settle_fire(&mut self, fire: &Fire) -> Result<(), StateError> {
        let status = serde_json::to_value(fire.status)?;
        self.write_durably(|db| {
            db.execute(
                "UPDATE fires SET status = ?, run = ?, reason = ? WHERE pipeline = ? AND instant = ?",
                params![
                    status.as_str(),
                    fire.run.as_ref().map(RunId::as_str),
                    fire.reason,
                    fire.pipeline,
                    fire.instant.as_microsecond()
                ],
            )?;
            Ok(())
        })
    }

    /// The last fire of a pipeline: what was missed came after it.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn last_fire(&self, pipeline: &str) -> Result<Option<Fire>, StateError> {
        let mut query = self
            .db
            .prepare_cached(&format!("SELECT {COLUMNS} FROM fires WHERE pipeline = ? ORDER BY instant DESC LIMIT 1"))?;
        Ok(query.query_row([pipeline], read).optional()?)
    }

    /// The fires of a pipeline from one instant to before another, in order.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn fires(&self, pipeline: &str, from: Timestamp, to: Timestamp) -> Result<Vec<Fire>, StateError> {
        let mut query = self.db.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM fires WHERE pipeline = ? AND instant >= ? AND instant < ? ORDER BY instant"
        ))?;
        let rows = query.query_map(params![pipeline, from.as_microsecond(), to.as_microsecond()], read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Fire> {
    Ok(Fire {
        pipeline: row.get(0)?,
        instant: time(row, 1)?,
        status: word(row, 2)?,
        at: time(row, 3)?,
        run: row.get::<_, Option<String>>(4)?.map(RunId::new),
        reason: row.get(5)?,
    })
}
