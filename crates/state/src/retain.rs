//! Forgetting what is old.

use std::collections::{HashMap, HashSet};

use rusqlite::params;
use tidemill_core::ids::{Digest, RunId, TaskName};

use crate::column::{digest, maybe_json};
use crate::{Output, State, StateError};

/// What is left, and what went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Retained {
    /// The objects that any pipeline's state still refers to, each with the time it was last used, in microseconds since
    /// 1970: what the store's collection keeps.
    pub objects: HashMap<Digest, i64>,
    /// The runs that are forgotten: their logs may go.
    pub forgotten: Vec<RunId>,
}

impl State {
    /// Forgets all but the last `keep` runs of a pipeline, what only they made or used, and the parts that nothing refers to.
    /// The latest results of the pipeline's present `tasks` are never forgotten, nor is a run that is going on.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn retain(&mut self, pipeline: &str, keep: usize, tasks: &HashSet<TaskName>) -> Result<Retained, StateError> {
        let forgotten = self.old_runs(pipeline, keep)?;
        // Where no run went, nothing else became old.
        if !forgotten.is_empty() {
            self.write(|db| {
                let mut forget = db.prepare_cached("DELETE FROM runs WHERE id = ?")?;
                for run in &forgotten {
                    forget.execute([run.as_str()])?;
                }
                let mut unused = db.prepare(
                    "SELECT id, latest, task FROM results WHERE pipeline = ? AND NOT EXISTS \
                     (SELECT 1 FROM task_results t WHERE t.result = results.id)",
                )?;
                let mut forget = db.prepare_cached("DELETE FROM results WHERE id = ?")?;
                let mut rows = unused.query([pipeline])?;
                let mut old: Vec<i64> = Vec::new();
                while let Some(row) = rows.next()? {
                    if !row.get::<_, bool>(1)? || !tasks.contains(row.get::<_, String>(2)?.as_str()) {
                        old.push(row.get(0)?);
                    }
                }
                for id in old {
                    forget.execute([id])?;
                }
                db.execute("DELETE FROM fingerprints WHERE digest NOT IN (SELECT fingerprint FROM results)", [])?;
                Ok(())
            })?;
        }
        Ok(Retained { objects: self.objects()?, forgotten })
    }

    /// The runs beyond the last `keep` of a pipeline.
    fn old_runs(&self, pipeline: &str, keep: usize) -> Result<Vec<RunId>, StateError> {
        let mut query = self.db.prepare_cached(
            "SELECT id FROM runs WHERE pipeline = ?1 AND status <> 'running' AND id NOT IN \
             (SELECT id FROM runs WHERE pipeline = ?1 ORDER BY rowid DESC LIMIT ?2)",
        )?;
        let keep = i64::try_from(keep).unwrap_or(i64::MAX);
        let ids = query.query_map(params![pipeline, keep], |row| row.get::<_, String>(0).map(RunId::new))?;
        Ok(ids.collect::<rusqlite::Result<_>>()?)
    }

    /// The objects that any pipeline's state refers to, each with the time it was last used.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn objects(&self) -> Result<HashMap<Digest, i64>, StateError> {
        let mut objects = HashMap::new();
        let mut note = |digest, used: i64| {
            objects.entry(digest).and_modify(|known: &mut i64| *known = used.max(*known)).or_insert(used);
        };
        let mut query = self
            .db
            .prepare_cached("SELECT used, outputs, table_digest IS NOT NULL AND stored, table_digest FROM results")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let used = row.get(0)?;
            if row.get(2)? {
                note(digest(row, 3)?, used);
            }
            for output in maybe_json::<Vec<Output>>(row, 1)?.unwrap_or_default() {
                note(output.object.digest, used);
            }
        }
        Ok(objects)
    }
}
