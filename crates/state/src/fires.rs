//! Scheduled instants: committed before their run starts, so that none runs twice.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use tidemill_core::ids::RunId;

use crate::column::{time, word};
use crate::{Process, State, StateError};

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
    /// Who looks after it: the scheduler that committed it, then the process of its run.
    pub owner: Option<Process>,
}

impl Fire {
    /// Whether it was committed, and whoever was to run it has gone without doing so: no run will ever be its.
    pub fn is_lost(&self) -> bool {
        self.status == FireStatus::Due && self.run.is_none() && !self.is_looked_after()
    }

    /// Whether it was passed over although its run was to begin: by no rule of the schedule.
    pub fn never_began(&self) -> bool {
        let is_so = |reason: &String| NEVER_BEGAN.iter().any(|head| reason.starts_with(head));
        self.status == FireStatus::Skipped && self.reason.as_ref().is_some_and(is_so)
    }

    /// Whether the process that looks after it is there.
    pub fn is_looked_after(&self) -> bool {
        self.owner.as_ref().is_some_and(Process::is_alive)
    }
}

/// How the reason begins if the run of a fire did not start.
pub const NOT_STARTED: &str = "its run did not start";
/// … if its process could not be made.
pub const NOT_STARTABLE: &str = "its run cannot be started";
/// … if whoever was to start it has died.
pub const LOST: &str = "recorded, not started: the scheduler ended before its run began";
const NEVER_BEGAN: [&str; 3] = [NOT_STARTED, NOT_STARTABLE, LOST];

pub(crate) const COLUMNS: &str = "pipeline, instant, status, at, run, reason, pid, boot, pid_started";

impl State {
    /// Commits a fire, on the disk when this returns. False if it was committed before, by whichever process: then it is not
    /// the caller's to run. One that was passed over at a time that has yet to come, by a clock that was wrong, is taken over.
    ///
    /// # Errors
    /// If the state cannot be written; then it must not run.
    pub fn commit_fire(&mut self, fire: &Fire) -> Result<bool, StateError> {
        Ok(self.commit_fires(std::slice::from_ref(fire))? == 1)
    }

    /// Commits several at once; how many were not committed before.
    ///
    /// # Errors
    /// If the state cannot be written; then none is.
    pub fn commit_fires(&mut self, fires: &[Fire]) -> Result<usize, StateError> {
        self.write_durably(|db| {
            let mut insert = db.prepare_cached(
                "INSERT INTO fires (pipeline, instant, status, at, run, reason, pid, boot, pid_started) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (pipeline, instant) DO UPDATE SET \
                 status = ?3, at = ?4, run = ?5, reason = ?6, pid = ?7, boot = ?8, pid_started = ?9 \
                 WHERE status = 'skipped' AND at > ?4 AND ?3 = 'due'",
            )?;
            let mut committed = 0;
            for fire in fires {
                let status = serde_json::to_value(fire.status)?;
                let owner = fire.owner.as_ref();
                committed += insert.execute(params![
                    fire.pipeline,
                    fire.instant.as_microsecond(),
                    status.as_str(),
                    fire.at.as_microsecond(),
                    fire.run.as_ref().map(RunId::as_str),
                    fire.reason,
                    owner.map(|owner| owner.pid),
                    owner.map(|owner| owner.boot.as_str()),
                    owner.map(|owner| crate::column::int(owner.started)),
                ])?;
            }
            Ok(committed)
        })
    }

    /// Hands a committed fire over to the process that will run it. False if it has a run, was settled, or was never
    /// committed: then that process must not run it.
    ///
    /// # Errors
    /// If the state cannot be written; then it must not run either.
    pub fn adopt_fire(&mut self, pipeline: &str, instant: Timestamp, owner: &Process) -> Result<bool, StateError> {
        self.write_durably(|db| {
            let adopted = db.execute(
                "UPDATE fires SET pid = ?, boot = ?, pid_started = ? \
                 WHERE pipeline = ? AND instant = ? AND status = 'due' AND run IS NULL",
                params![owner.pid, owner.boot, crate::column::int(owner.started), pipeline, instant.as_microsecond()],
            )?;
            Ok(adopted == 1)
        })
    }

    /// Writes down which run is a fire's. False if it was settled meanwhile: then it must not go on.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn begin_fire(&mut self, pipeline: &str, instant: Timestamp, run: &RunId) -> Result<bool, StateError> {
        self.write_durably(|db| {
            let begun = db.execute(
                "UPDATE fires SET run = ? WHERE pipeline = ? AND instant = ? AND status = 'due' AND run IS NULL",
                params![run.as_str(), pipeline, instant.as_microsecond()],
            )?;
            Ok(begun == 1)
        })
    }

    /// Writes down that the run of a fire has ended.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn end_fire(&mut self, pipeline: &str, instant: Timestamp, run: &RunId) -> Result<(), StateError> {
        self.write_durably(|db| {
            db.execute(
                "UPDATE fires SET status = 'done' WHERE pipeline = ? AND instant = ? AND run = ?",
                params![pipeline, instant.as_microsecond(), run.as_str()],
            )?;
            Ok(())
        })
    }

    /// Passes over a fire that was committed, if no run of it has begun; false if one has, or it is settled.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn give_up_fire(&mut self, pipeline: &str, instant: Timestamp, reason: &str) -> Result<bool, StateError> {
        self.write_durably(|db| {
            let given_up = db.execute(
                "UPDATE fires SET status = 'skipped', reason = ? \
                 WHERE pipeline = ? AND instant = ? AND status = 'due' AND run IS NULL",
                params![reason, pipeline, instant.as_microsecond()],
            )?;
            Ok(given_up == 1)
        })
    }

    /// The fires of a pipeline that are committed and not settled, in order.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn due_fires(&self, pipeline: &str) -> Result<Vec<Fire>, StateError> {
        let mut query = self.db.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM fires WHERE pipeline = ? AND status = 'due' ORDER BY instant"
        ))?;
        Ok(query.query_map([pipeline], read)?.collect::<rusqlite::Result<_>>()?)
    }

    /// What is written of one instant.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn fire(&self, pipeline: &str, instant: Timestamp) -> Result<Option<Fire>, StateError> {
        let mut query =
            self.db.prepare_cached(&format!("SELECT {COLUMNS} FROM fires WHERE pipeline = ? AND instant = ?"))?;
        Ok(query.query_row(params![pipeline, instant.as_microsecond()], read).optional()?)
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

    /// The last fire of a pipeline that is written down.
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

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Fire> {
    Ok(Fire {
        pipeline: row.get(0)?,
        instant: time(row, 1)?,
        status: word(row, 2)?,
        at: time(row, 3)?,
        run: row.get::<_, Option<String>>(4)?.map(RunId::new),
        reason: row.get(5)?,
        owner: match (row.get(6)?, row.get(7)?) {
            (Some(pid), Some(boot)) => Some(Process { pid, boot, started: row.get::<_, i64>(8)?.unsigned_abs() }),
            _ => None,
        },
    })
}
