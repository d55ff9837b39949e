//! Runs: begun, ended, and found dead.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tidemill_core::event::RunOutcome;
use tidemill_core::ids::{Digest, RunId};
use tidemill_core::sched::Counts;

use crate::column::{json, maybe_json, time, to_json, word};
use crate::{Lock, Process, State, StateError};

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Its process is at it.
    Running,
    /// Every task succeeded or was skipped.
    Success,
    /// A task or a handler failed.
    Failed,
    /// It was told to stop.
    Cancelled,
    /// Its process died.
    Interrupted,
}

/// What is known of a run when it begins.
#[derive(Clone, Debug, PartialEq)]
pub struct RunStart {
    /// The pipeline's name.
    pub pipeline: String,
    /// When it started.
    pub started: Timestamp,
    /// `manual`, `schedule`, `backfill`.
    pub trigger: String,
    /// RFC 3339 in the pipeline's zone.
    pub logical_time: String,
    /// The params by name; secrets are none of them.
    pub params: Value,
    /// The selectors as they were given.
    pub selection: Vec<String>,
    /// The process that does it.
    pub process: Process,
}

/// How many tasks ended how.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TaskCounts {
    /// Done by running them.
    pub ran: u32,
    /// How many of these an engine has computed that is not this machine: `spark`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub elsewhere: BTreeMap<String, u32>,
    /// Left alone.
    pub cached: u32,
    /// Their outputs were published again.
    pub restored: u32,
    /// Failed.
    pub failed: u32,
    /// Skipped.
    pub skipped: u32,
    /// Told to stop, or never reached.
    pub cancelled: u32,
}

impl From<RunOutcome> for RunStatus {
    fn from(outcome: RunOutcome) -> Self {
        match outcome {
            RunOutcome::Success => Self::Success,
            RunOutcome::Failed => Self::Failed,
            RunOutcome::Interrupted => Self::Cancelled,
        }
    }
}

impl From<&Counts> for TaskCounts {
    fn from(counts: &Counts) -> Self {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            ran: number(counts.ran),
            elsewhere: BTreeMap::new(),
            cached: number(counts.cached),
            restored: number(counts.restored),
            failed: number(counts.failed),
            skipped: number(counts.skipped),
            cancelled: number(counts.cancelled),
        }
    }
}

/// A run as it is remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// What was known when it began.
    pub start: RunStart,
    /// How it stands, as it was written: see [`Run::status`].
    pub written: RunStatus,
    /// When it ended, if it has.
    pub ended: Option<Timestamp>,
    /// How its tasks ended, if it has.
    pub counts: Option<TaskCounts>,
}

impl Run {
    /// How it stands: a run that is written as running whose process is gone was interrupted.
    pub fn status(&self) -> RunStatus {
        match self.written {
            RunStatus::Running if !self.start.process.is_alive() => RunStatus::Interrupted,
            written => written,
        }
    }
}

pub(crate) const COLUMNS: &str = "id, pipeline, status, trigger, started, ended, logical_time, params, selection, pid, boot, \
                                  pid_started, counts";

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Run> {
    Ok(Run {
        id: RunId::new(row.get::<_, String>(0)?),
        written: word(row, 2)?,
        ended: row.get::<_, Option<i64>>(5)?.map(|_| time(row, 5)).transpose()?,
        counts: maybe_json(row, 12)?,
        start: RunStart {
            pipeline: row.get(1)?,
            trigger: row.get(3)?,
            started: time(row, 4)?,
            logical_time: row.get(6)?,
            params: json(row, 7)?,
            selection: json(row, 8)?,
            process: Process { pid: row.get(9)?, boot: row.get(10)?, started: row.get::<_, i64>(11)?.unsigned_abs() },
        },
    })
}

impl State {
    /// Writes down that a run begins, and gives it an id that no other has.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn begin_run(&mut self, start: &RunStart) -> Result<RunId, StateError> {
        let seed = Digest::of(format!("{} {} {}", start.pipeline, start.started, start.process.pid).as_bytes());
        let tail = u16::from_le_bytes([seed.0[0], seed.0[1]]);
        for step in 0..=u16::MAX {
            let id = RunId::at(start.started, tail.wrapping_add(step));
            if self.begin_run_as(&id, start)? {
                return Ok(id);
            }
        }
        // 65,536 runs began in this second.
        Err(rusqlite::Error::StatementChangedRows(0).into())
    }

    /// Writes down that a run of that id begins; false if another one has the id.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn begin_run_as(&mut self, id: &RunId, start: &RunStart) -> Result<bool, StateError> {
        let RunStart { pipeline, started, trigger, logical_time, params, selection, process } = start;
        let (params, selection) = (to_json(params)?, to_json(selection)?);
        self.write(|db| {
            let mut insert = db.prepare_cached(
                "INSERT OR IGNORE INTO runs (id, pipeline, status, trigger, started, logical_time, params, selection, pid, \
                 boot, pid_started) VALUES (?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?)",
            )?;
            let inserted = insert.execute(params![
                id.as_str(),
                pipeline,
                trigger,
                started.as_microsecond(),
                logical_time,
                params,
                selection,
                process.pid,
                process.boot,
                crate::column::int(process.started),
            ])?;
            Ok(inserted == 1)
        })
    }

    /// Writes down that a run has ended.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn end_run(
        &mut self,
        run: &RunId,
        status: RunStatus,
        ended: Timestamp,
        counts: &TaskCounts,
    ) -> Result<(), StateError> {
        let counts = to_json(counts)?;
        let status = serde_json::to_value(status)?;
        self.write(|db| {
            db.prepare_cached("UPDATE runs SET status = ?, ended = ?, counts = ? WHERE id = ?")?.execute(params![
                status.as_str(),
                ended.as_microsecond(),
                counts,
                run.as_str()
            ])?;
            Ok(())
        })
    }

    /// Marks the runs of the lock's pipeline that never ended as interrupted, and what they were sending as unknown. Since the
    /// lock is held, their processes are gone. To be called before [`State::begin_run`].
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn mark_dead_runs_interrupted(&mut self, lock: &Lock, now: Timestamp) -> Result<Vec<RunId>, StateError> {
        let pipeline = lock.pipeline();
        // Most of the time there is none, and then nothing is written.
        let any: Option<i64> = self
            .db
            .prepare_cached(
                "SELECT 1 FROM runs WHERE pipeline = ?1 AND status = 'running' \
                 UNION ALL SELECT 1 FROM effects WHERE pipeline = ?1 AND status = 'sending' LIMIT 1",
            )?
            .query_row([pipeline], |row| row.get(0))
            .optional()?;
        if any.is_none() {
            return Ok(Vec::new());
        }
        self.write_durably(|db| {
            let dead = db
                .prepare("UPDATE runs SET status = 'interrupted', ended = ? WHERE pipeline = ? AND status = 'running' RETURNING id")?
                .query_map(params![now.as_microsecond(), pipeline], |row| row.get::<_, String>(0).map(RunId::new))?
                .collect::<Result<_, _>>()?;
            db.execute("UPDATE effects SET status = 'unknown' WHERE pipeline = ? AND status = 'sending'", [pipeline])?;
            Ok(dead)
        })
    }
}
