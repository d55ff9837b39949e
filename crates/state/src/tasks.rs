//! How tasks ended.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Row, Transaction, params};
use serde::Serialize;
use tidemill_core::event::TaskStatus;
use tidemill_core::fingerprint::Fingerprint;
use tidemill_core::ids::{Digest, RunId, TaskName};
use tidemill_core::sched::How;
use tidemill_core::table::{CheckResult, DroppedRows, JoinDiagnosis, RejectedRows, RowsIn, TablePlace};
use tidemill_core::task::{TaskFailure, TaskReport};

use crate::column::{count, duration, int, json, maybe_count, maybe_digest, maybe_json, micros, time, to_json, word};
use crate::results::{self, Key, Made};
use crate::{State, StateError, published};

/// One try of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptRecord {
    /// 1 for the first.
    pub attempt: u32,
    /// When it started.
    pub started: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// Why it failed; None if it did not.
    pub error: Option<TaskFailure>,
}

/// How a task ended in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskRecord {
    /// The task.
    pub task: TaskName,
    /// Its type.
    pub kind: String,
    /// How it ended.
    pub status: TaskStatus,
    /// How it came to its result, if it has one.
    pub how: Option<How>,
    /// When it started.
    pub started: Timestamp,
    /// How long it took, all attempts and the waits between them.
    pub duration: Duration,
    /// How often it was tried; 0 if it did not run.
    pub attempts: u32,
    /// Its fingerprint, if it was found.
    pub fingerprint: Option<Digest>,
    /// Why it ran, or was skipped.
    pub reasons: Vec<String>,
    /// What it made; its outputs are with its result.
    pub report: TaskReport,
    /// Why it failed.
    pub error: Option<TaskFailure>,
}

/// A task's end and what it means for the cache index.
#[derive(Clone, Debug)]
pub struct Ledger<'a> {
    /// How it ended.
    pub record: &'a TaskRecord,
    /// The parts of its fingerprint, if it is new.
    pub parts: Option<&'a Fingerprint>,
    /// What it made, if it ran and its result is kept. For a cached or restored task, None: the result under its
    /// fingerprint becomes its latest.
    pub made: Option<&'a Made>,
}

/// What is written down of a report beside its rows, which have a column of their own.
#[derive(Serialize)]
struct Detail<'a> {
    rows_in: &'a [RowsIn],
    rejected: &'a [RejectedRows],
    dropped: &'a [DroppedRows],
    joins: &'a [JoinDiagnosis],
    checks: &'a [CheckResult],
    warnings: &'a [String],
    note: Option<&'a str>,
    #[serde(flatten)]
    place: &'a TablePlace,
}

impl<'a> Detail<'a> {
    fn of(report: &'a TaskReport) -> Self {
        let TaskReport { rows_in, rejected, dropped, joins, checks, warnings, note, place, .. } = report;
        Self { rows_in, rejected, dropped, joins, checks, warnings, note: note.as_deref(), place }
    }
}

const COLUMNS: &str = "task, kind, status, how, started, duration, attempts, fingerprint, rows, reasons, detail, error";

impl State {
    /// How many tasks of a run each engine has computed that is not this machine.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn computed_elsewhere(&self, run: &RunId) -> Result<BTreeMap<String, u32>, StateError> {
        let mut query = self.db.prepare_cached(
            "SELECT detail ->> 'engine' AS engine, count(*) FROM task_results WHERE run = ? AND how = 'ran' AND engine IS NOT NULL \
             GROUP BY engine",
        )?;
        let found = query.query_map([run.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// Writes down how a task ended and, if it succeeded, what it made: the run must stop if this fails.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn record_task(&mut self, pipeline: &str, run: &RunId, ledger: &Ledger<'_>) -> Result<(), StateError> {
        self.record_tasks(pipeline, run, std::slice::from_ref(ledger))
    }

    /// The same for several tasks in one transaction: for the many that are cached.
    ///
    /// # Errors
    /// If the state cannot be written; then none is.
    pub fn record_tasks(&mut self, pipeline: &str, run: &RunId, ledgers: &[Ledger<'_>]) -> Result<(), StateError> {
        self.record_tasks_and_attempts(pipeline, run, ledgers, &[])
    }

    /// The same with the tries that the tasks ended with, in the same transaction.
    ///
    /// # Errors
    /// If the state cannot be written; then none is.
    pub fn record_tasks_and_attempts(
        &mut self,
        pipeline: &str,
        run: &RunId,
        ledgers: &[Ledger<'_>],
        attempts: &[(TaskName, AttemptRecord)],
    ) -> Result<(), StateError> {
        self.write(|db| {
            attempts.iter().try_for_each(|(task, attempt)| write_attempt(db, run, task, attempt))?;
            for Ledger { record, parts, made } in ledgers {
                let mut result = None;
                if let (Some(fingerprint), TaskStatus::Success) = (&record.fingerprint, record.status) {
                    let key = Key { pipeline, task: &record.task, fingerprint, run, at: record.started };
                    let anew = record.how == Some(How::Ran);
                    result = match made {
                        Some(made) => Some(results::write(db, &key, made, anew)?),
                        None if anew => None,
                        None => results::reuse(db, &key)?,
                    };
                    if let Some(result) = result {
                        published::write(db, result)?;
                    }
                    if let (Some(parts), true) = (parts, result.is_some()) {
                        results::write_fingerprint(db, fingerprint, parts)?;
                    }
                }
                let words = (serde_json::to_value(record.status)?, serde_json::to_value(record.how)?);
                db.prepare_cached(
                    "INSERT OR REPLACE INTO task_results (run, task, kind, status, how, started, duration, attempts, \
                     fingerprint, result, rows, rejected, reasons, detail, error) \
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                )?
                .execute(params![
                    run.as_str(),
                    record.task.as_str(),
                    record.kind,
                    words.0.as_str(),
                    words.1.as_str(),
                    record.started.as_microsecond(),
                    micros(record.duration),
                    record.attempts,
                    record.fingerprint.map(|digest| digest.0),
                    result,
                    record.report.rows.map(int),
                    int(record.report.rejected_rows()),
                    to_json(&record.reasons)?,
                    to_json(&Detail::of(&record.report))?,
                    record.error.as_ref().map(to_json).transpose()?,
                ])?;
            }
            Ok(())
        })
    }

    /// Writes down one try of a task.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn record_attempt(&mut self, run: &RunId, task: &TaskName, attempt: &AttemptRecord) -> Result<(), StateError> {
        self.write(|db| write_attempt(db, run, task, attempt))
    }

    /// How the tasks of a run ended, in the order in which they started.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn tasks_of(&self, run: &RunId) -> Result<Vec<TaskRecord>, StateError> {
        Ok(self.tasks_after(run, 0)?.0)
    }

    /// Those that were written down after a place, and the place after them; 0 is before all.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn tasks_after(&self, run: &RunId, place: i64) -> Result<(Vec<TaskRecord>, i64), StateError> {
        let mut query = self.db.prepare_cached(&format!(
            "SELECT {COLUMNS}, rowid FROM task_results WHERE run = ? AND rowid > ? ORDER BY started, rowid"
        ))?;
        let (mut tasks, mut end) = (Vec::new(), place);
        let mut rows = query.query(params![run.as_str(), place])?;
        while let Some(row) = rows.next()? {
            tasks.push(read(row)?);
            end = end.max(row.get("rowid")?);
        }
        Ok((tasks, end))
    }

    /// The first tasks that failed in a run, at most so many.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn failed_in(&self, run: &RunId, most: usize) -> Result<Vec<TaskName>, StateError> {
        let mut query = self.db.prepare_cached(
            "SELECT task FROM task_results WHERE run = ? AND status = 'failed' ORDER BY started, rowid LIMIT ?",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let names = query.query_map(params![run.as_str(), most], |row| Ok(TaskName::new(row.get_ref(0)?.as_str()?)))?;
        Ok(names.collect::<rusqlite::Result<_>>()?)
    }

    /// The last runs of a pipeline that had a task, with how it ended there, the latest first; at most so many.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn runs_of_task(
        &self,
        pipeline: &str,
        task: &TaskName,
        most: usize,
    ) -> Result<Vec<(RunId, TaskRecord)>, StateError> {
        let mut runs = self.db.prepare_cached(
            "SELECT t.run FROM task_results t INDEXED BY task_results_by_task CROSS JOIN runs r ON r.id = t.run \
             WHERE t.task = ? AND r.pipeline = ? ORDER BY t.started DESC LIMIT ?",
        )?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let runs = runs.query_map(params![task.as_str(), pipeline, most], |row| row.get::<_, String>(0))?;
        let runs: Vec<String> = runs.collect::<rusqlite::Result<_>>()?;
        let mut query =
            self.db.prepare_cached(&format!("SELECT {COLUMNS} FROM task_results WHERE run = ? AND task = ?"))?;
        let record = |run: String| {
            let record = query.query_row([run.as_str(), task.as_str()], read)?;
            Ok((RunId::new(run), record))
        };
        runs.into_iter().map(record).collect()
    }

    /// The tries of a task in a run.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn attempts_of(&self, run: &RunId, task: &TaskName) -> Result<Vec<AttemptRecord>, StateError> {
        let mut query = self.db.prepare_cached(
            "SELECT attempt, started, duration, error FROM attempts WHERE run = ? AND task = ? ORDER BY attempt",
        )?;
        let rows = query.query_map([run.as_str(), task.as_str()], |row| {
            Ok(AttemptRecord {
                attempt: row.get(0)?,
                started: time(row, 1)?,
                duration: duration(row, 2)?,
                error: maybe_json(row, 3)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How long each task of a pipeline is likely to take: the median of its last ten runs that succeeded.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn durations(&self, pipeline: &str) -> Result<HashMap<TaskName, Duration>, StateError> {
        let mut query = self.db.prepare_cached(
            "SELECT task, duration FROM (\
               SELECT t.task, t.duration, row_number() OVER (PARTITION BY t.task ORDER BY t.started DESC) AS place \
               FROM task_results t INDEXED BY task_results_ran CROSS JOIN runs r ON r.id = t.run \
               WHERE r.pipeline = ? AND t.status = 'success' AND t.how = 'ran') \
             WHERE place <= 10",
        )?;
        let mut all: HashMap<TaskName, Vec<Duration>> = HashMap::new();
        let mut rows = query.query([pipeline])?;
        while let Some(row) = rows.next()? {
            all.entry(TaskName::new(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?))
                .or_default()
                .push(duration(row, 1)?);
        }
        Ok(all.into_iter().filter_map(|(task, list)| Some((task, median(list)?))).collect())
    }
}

/// The middle one; of an even number, the mean of the two in the middle.
fn median(mut list: Vec<Duration>) -> Option<Duration> {
    list.sort_unstable();
    let upper = *list.get(list.len() / 2)?;
    Some(if list.len() % 2 == 1 { upper } else { (list[list.len() / 2 - 1] + upper) / 2 })
}

fn write_attempt(
    db: &Transaction<'_>,
    run: &RunId,
    task: &TaskName,
    attempt: &AttemptRecord,
) -> Result<(), StateError> {
    let error = attempt.error.as_ref().map(to_json).transpose()?;
    db.prepare_cached(
        "INSERT OR REPLACE INTO attempts (run, task, attempt, started, duration, error) VALUES (?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        run.as_str(),
        task.as_str(),
        attempt.attempt,
        attempt.started.as_microsecond(),
        micros(attempt.duration),
        error
    ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<TaskRecord> {
    Ok(TaskRecord {
        task: TaskName::new(row.get::<_, String>(0)?),
        kind: row.get(1)?,
        status: word(row, 2)?,
        how: row.get::<_, Option<String>>(3)?.map(|_| word(row, 3)).transpose()?,
        started: time(row, 4)?,
        duration: duration(row, 5)?,
        attempts: u32::try_from(count(row, 6)?).unwrap_or(u32::MAX),
        fingerprint: maybe_digest(row, 7)?,
        reasons: json(row, 9)?,
        report: TaskReport { rows: maybe_count(row, 8)?, ..json(row, 10)? },
        error: maybe_json(row, 11)?,
    })
}
