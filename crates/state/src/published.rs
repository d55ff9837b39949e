//! The files that pipelines have published.

use std::collections::BTreeMap;

use rusqlite::types::Type;
use rusqlite::{Row, Transaction};
use tidemill_core::ids::{Digest, TaskName};

use crate::column::{maybe_json, wrong};
use crate::{State, StateError};

/// A file that a task has published; whether it is still there is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedFile {
    /// Its path, as the pipeline file had it.
    pub path: String,
    /// The task.
    pub task: TaskName,
    /// What was published.
    pub digest: Digest,
    /// The values that its path was made of, see [`Output::path_values`](crate::Output::path_values).
    pub path_values: BTreeMap<String, String>,
}

impl State {
    /// The files that a pipeline was the last to publish, by their paths.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn published(&self, pipeline: &str) -> Result<Vec<PublishedFile>, StateError> {
        let mut query = self
            .db
            .prepare_cached("SELECT path, task, digest, path_values FROM published WHERE pipeline = ? ORDER BY path")?;
        Ok(query.query_map([pipeline], read)?.collect::<rusqlite::Result<_>>()?)
    }

    /// Forgets published files: they have been removed.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn forget_published<'p>(&mut self, paths: impl IntoIterator<Item = &'p str>) -> Result<(), StateError> {
        self.write(|db| {
            let mut forget = db.prepare_cached("DELETE FROM published WHERE path = ?")?;
            for path in paths {
                forget.execute([path])?;
            }
            Ok(())
        })
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<PublishedFile> {
    let digest = row.get_ref(2)?.as_str()?;
    Ok(PublishedFile {
        path: row.get(0)?,
        task: TaskName::new(row.get_ref(1)?.as_str()?),
        digest: Digest::parse(digest).ok_or_else(|| wrong(2, Type::Text, std::fmt::Error))?,
        path_values: maybe_json(row, 3)?.unwrap_or_default(),
    })
}

/// Writes down that the files of a result are published; who published them before is forgotten.
pub(crate) fn write(db: &Transaction<'_>, result: i64) -> Result<(), StateError> {
    db.prepare_cached(
        "INSERT INTO published (path, pipeline, task, digest, path_values) \
         SELECT o.value ->> '$.path', r.pipeline, r.task, o.value ->> '$.object.digest', o.value ->> '$.path_values' \
         FROM results r, json_each(r.outputs) o WHERE r.id = ? \
         ON CONFLICT (path) DO UPDATE SET pipeline = excluded.pipeline, task = excluded.task, digest = excluded.digest, \
         path_values = excluded.path_values \
         WHERE (pipeline, task, digest, path_values) IS NOT \
         (excluded.pipeline, excluded.task, excluded.digest, excluded.path_values)",
    )?
    .execute([result])?;
    Ok(())
}
