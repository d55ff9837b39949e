//! The cache index: what was made under which fingerprint.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use tidemill_core::cache::Object;
use tidemill_core::fingerprint::Fingerprint;
use tidemill_core::ids::{Digest, RunId, TaskName};
use tidemill_core::table::Schema;
use tidemill_core::task::TaskFacts;

use crate::column::{count, digest, int, maybe_count, maybe_digest, time, to_json};
use crate::{State, StateError};

/// What a task made, to be found again under its fingerprint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Made {
    /// Its table.
    pub table: Option<MadeTable>,
    /// The files it publishes.
    pub outputs: Vec<Output>,
    /// What templates may know of it.
    pub facts: TaskFacts,
}

/// A table that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeTable {
    /// Its object.
    pub object: Object,
    /// Whether the object is in the store; else only its digest is remembered.
    pub stored: bool,
    /// Its rows.
    pub rows: u64,
    /// Its columns.
    pub schema: Schema,
}

/// A file that was published.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Output {
    /// Its final path, as the user knows it.
    pub path: String,
    /// Its content, in the store unless it is rewritten.
    pub object: Object,
    /// The store has no copy of it: if need be it is written again from the task's table.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rewritten: bool,
    /// The values of `params`, `env` and `run` that its path was made of, as JSON by their names: a file of another month is
    /// not one that no task makes any more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub path_values: BTreeMap<String, String>,
}

/// What a task made when it last succeeded, or under a fingerprint asked for.
///
/// What most runs with nothing to do never look at is kept as text and read on demand.
#[derive(Clone, Debug, PartialEq)]
pub struct LastGood {
    /// The task; under another fingerprint's name it may be another one of the same parts.
    pub task: TaskName,
    /// Under which fingerprint.
    pub fingerprint: Digest,
    /// In which run; it may be forgotten since.
    pub run: RunId,
    /// When.
    pub made: Timestamp,
    /// Its table.
    pub table: Option<LastTable>,
    outputs: Option<String>,
    facts: String,
}

/// The table of a [`LastGood`].
#[derive(Clone, Debug, PartialEq)]
pub struct LastTable {
    /// Its object.
    pub object: Object,
    /// Whether the object is in the store; else only its digest is remembered.
    pub stored: bool,
    /// Its rows.
    pub rows: u64,
    columns: String,
}

impl LastGood {
    /// The files it published.
    ///
    /// # Errors
    /// If what was written cannot be understood.
    pub fn outputs(&self) -> Result<Vec<Output>, StateError> {
        Ok(self.outputs.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default())
    }

    /// Whether it published any file.
    pub fn has_outputs(&self) -> bool {
        self.outputs.is_some()
    }

    /// What templates may know of it.
    ///
    /// # Errors
    /// If what was written cannot be understood.
    pub fn facts(&self) -> Result<TaskFacts, StateError> {
        Ok(serde_json::from_str(&self.facts)?)
    }
}

impl LastTable {
    /// Its columns.
    ///
    /// # Errors
    /// If what was written cannot be understood.
    pub fn schema(&self) -> Result<Schema, StateError> {
        Ok(serde_json::from_str(&self.columns)?)
    }
}

const COLUMNS: &str = "task, fingerprint, run, made, table_digest, table_size, stored, rows, columns, outputs, facts";

impl State {
    /// What every task of a pipeline made when it last succeeded, in one query.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn last_results(&self, pipeline: &str) -> Result<HashMap<TaskName, LastGood>, StateError> {
        let mut query =
            self.db.prepare_cached(&format!("SELECT {COLUMNS} FROM results WHERE pipeline = ? AND latest"))?;
        let rows = query.query_map([pipeline], read)?;
        let named = rows.map(|row| row.map(|row| (row.task.clone(), row)));
        Ok(named.collect::<rusqlite::Result<_>>()?)
    }

    /// What was made earlier under that fingerprint, so that going back to an old parameter repeats nothing. Prefers the result
    /// of the task itself to that of another one with the same parts.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn look_up(
        &self,
        pipeline: &str,
        task: &TaskName,
        fingerprint: &Digest,
    ) -> Result<Option<LastGood>, StateError> {
        let mut query =
            self.db.prepare_cached(&format!("SELECT {COLUMNS} FROM results WHERE id = ({BY_FINGERPRINT})"))?;
        Ok(query.query_row(params![pipeline, fingerprint.0, task.as_str()], read).optional()?)
    }

    /// What a task made in a run, if the state still knows.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn result_in(&self, run: &RunId, task: &TaskName) -> Result<Option<LastGood>, StateError> {
        let columns = COLUMNS.split(", ").map(|column| format!("r.{column}")).collect::<Vec<_>>().join(", ");
        let mut query = self.db.prepare_cached(&format!(
            "SELECT {columns} FROM task_results t JOIN results r ON r.id = t.result WHERE t.run = ? AND t.task = ?"
        ))?;
        Ok(query.query_row([run.as_str(), task.as_str()], read).optional()?)
    }

    /// The paths that each task published in a run, as far as the state still knows; tasks without any are left out.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn outputs_of(&self, run: &RunId) -> Result<HashMap<TaskName, Vec<String>>, StateError> {
        self.outputs_after(run, 0)
    }

    /// The same of those whose end was written down after a place, as [`State::tasks_after`] has it.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn outputs_after(&self, run: &RunId, place: i64) -> Result<HashMap<TaskName, Vec<String>>, StateError> {
        let mut query = self.db.prepare_cached(
            "SELECT t.task, r.outputs FROM task_results t JOIN results r ON r.id = t.result \
             WHERE t.run = ? AND t.rowid > ? AND r.outputs IS NOT NULL",
        )?;
        let mut rows = query.query(params![run.as_str(), place])?;
        let mut published = HashMap::new();
        while let Some(row) = rows.next()? {
            let outputs: Vec<Output> = serde_json::from_str(&row.get::<_, String>(1)?)?;
            let paths = outputs.into_iter().map(|output| output.path).collect();
            published.insert(TaskName::new(row.get::<_, String>(0)?), paths);
        }
        Ok(published)
    }

    /// The parts behind a fingerprint's digest, to explain what changed since.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn fingerprint(&self, digest: &Digest) -> Result<Option<Fingerprint>, StateError> {
        let text: Option<String> = self
            .db
            .prepare_cached("SELECT parts FROM fingerprints WHERE digest = ?")?
            .query_row([digest.0], |row| row.get(0))
            .optional()?;
        Ok(text.as_deref().map(serde_json::from_str).transpose()?)
    }

    /// Forgets what was made under a fingerprint: its objects are gone.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn forget_result(&mut self, pipeline: &str, fingerprint: &Digest) -> Result<(), StateError> {
        self.write(|db| {
            db.execute("DELETE FROM results WHERE pipeline = ? AND fingerprint = ?", params![pipeline, fingerprint.0])?;
            Ok(())
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<LastGood> {
    let table = match maybe_digest(row, 4)? {
        Some(digest) => Some(LastTable {
            object: Object { digest, size: count(row, 5)? },
            stored: row.get(6)?,
            rows: maybe_count(row, 7)?.unwrap_or(0),
            columns: row.get(8)?,
        }),
        None => None,
    };
    Ok(LastGood {
        task: TaskName::new(row.get_ref(0)?.as_str()?),
        fingerprint: digest(row, 1)?,
        run: RunId::new(row.get_ref(2)?.as_str()?),
        made: time(row, 3)?,
        table,
        outputs: row.get(9)?,
        facts: row.get(10)?,
    })
}

/// Whose result is written down.
pub(crate) struct Key<'a> {
    pub pipeline: &'a str,
    pub task: &'a TaskName,
    pub fingerprint: &'a Digest,
    pub run: &'a RunId,
    pub at: Timestamp,
}

/// Writes down what a task made and that it is its latest; says the row's id. What the task itself did not make now (it was
/// cached) keeps the run and the time that made it.
pub(crate) fn write(db: &Transaction<'_>, key: &Key<'_>, made: &Made, anew: bool) -> Result<i64, StateError> {
    let table = made.table.as_ref();
    let columns = table.map(|table| to_json(&table.schema)).transpose()?;
    let outputs = if made.outputs.is_empty() { None } else { Some(to_json(&made.outputs)?) };
    let at = key.at.as_microsecond();
    unmark(db, key)?;
    let mut upsert = db.prepare_cached(
        "INSERT INTO results (pipeline, task, fingerprint, run, made, used, latest, table_digest, table_size, stored, rows, \
         columns, outputs, facts) VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
         ON CONFLICT (pipeline, fingerprint, task) DO UPDATE SET \
         run = iif(?13, excluded.run, run), made = iif(?13, excluded.made, made), used = excluded.used, latest = 1, \
         table_digest = excluded.table_digest, table_size = excluded.table_size, stored = excluded.stored, \
         rows = excluded.rows, columns = excluded.columns, outputs = excluded.outputs, facts = excluded.facts \
         RETURNING id",
    )?;
    Ok(upsert.query_row(
        params![
            key.pipeline,
            key.task.as_str(),
            key.fingerprint.0,
            key.run.as_str(),
            at,
            table.map(|table| table.object.digest.0),
            table.map(|table| int(table.object.size)),
            table.is_none_or(|table| table.stored),
            table.map(|table| int(table.rows)),
            columns,
            outputs,
            to_json(&made.facts)?,
            anew,
        ],
        |row| row.get(0),
    )?)
}

/// The row of a fingerprint, given pipeline, fingerprint and task: the task's own, else the newest of another's. They are
/// asked for one after the other, because thousands of equal tasks may share a fingerprint, and each would sort them all.
const BY_FINGERPRINT: &str = "SELECT coalesce( \
     (SELECT id FROM results WHERE pipeline = ?1 AND fingerprint = ?2 AND task = ?3), \
     (SELECT id FROM results WHERE pipeline = ?1 AND fingerprint = ?2 ORDER BY id DESC LIMIT 1))";

/// Makes an earlier result the task's latest; None if there is none. That of another task with the same parts is copied.
pub(crate) fn reuse(db: &Transaction<'_>, key: &Key<'_>) -> Result<Option<i64>, StateError> {
    let mut find = db.prepare_cached(&format!("SELECT id, task = ?3 FROM results WHERE id = ({BY_FINGERPRINT})"))?;
    let found = find.query_row(params![key.pipeline, key.fingerprint.0, key.task.as_str()], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?))
    });
    let Some((id, own)) = found.optional()? else { return Ok(None) };
    unmark(db, key)?;
    let at = key.at.as_microsecond();
    if own {
        db.prepare_cached("UPDATE results SET latest = 1, used = ? WHERE id = ?")?.execute([at, id])?;
        return Ok(Some(id));
    }
    let mut copy = db.prepare_cached(
        "INSERT INTO results (pipeline, task, fingerprint, run, made, used, latest, table_digest, table_size, stored, rows, \
         columns, outputs, facts) SELECT pipeline, ?, fingerprint, run, made, ?, 1, table_digest, table_size, stored, rows, \
         columns, outputs, facts FROM results WHERE id = ? RETURNING id",
    )?;
    Ok(Some(copy.query_row(params![key.task.as_str(), at, id], |row| row.get(0))?))
}

/// Takes the mark of the latest from the task's result under another fingerprint.
fn unmark(db: &Transaction<'_>, key: &Key<'_>) -> Result<(), StateError> {
    db.prepare_cached("UPDATE results SET latest = 0 WHERE pipeline = ? AND task = ? AND latest AND fingerprint <> ?")?
        .execute(params![key.pipeline, key.task.as_str(), key.fingerprint.0])?;
    Ok(())
}

/// Writes down the parts behind a digest, unless they are there.
pub(crate) fn write_fingerprint(
    db: &Transaction<'_>,
    digest: &Digest,
    fingerprint: &Fingerprint,
) -> Result<(), StateError> {
    db.prepare_cached("INSERT OR IGNORE INTO fingerprints (digest, parts) VALUES (?, ?)")?
        .execute(params![digest.0, to_json(fingerprint)?])?;
    Ok(())
}
