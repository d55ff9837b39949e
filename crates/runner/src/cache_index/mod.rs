//! What earlier runs left: results by fingerprint, their objects, the digests of files. `plan` reads it, `run` adds to it.

mod fingerprints;
mod history;
mod stored_table;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tidemill_core::cache::ContentStore;
use tidemill_core::fingerprint::FileDigests;
use tidemill_core::ids::{Digest, TaskName};
use tidemill_state::{LastGood, Made, Output, State};

use crate::Failure;

pub use fingerprints::{FingerprintInputs, Upstream};
pub use history::ResultHistory;
pub use stored_table::{StoredTableError, StoredTables};

/// What is known of a pipeline before a run.
pub struct CacheIndex {
    /// The pipeline's name.
    pub pipeline: String,
    /// The project's folder.
    pub project: PathBuf,
    /// What each task made last.
    pub last: HashMap<TaskName, LastGood>,
    /// The objects.
    pub store: ContentStore,
    /// The contents of files.
    pub files: Arc<FileDigests>,
}

/// What of a task's result those that read it see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultDigests {
    /// Its table.
    pub table: Option<Digest>,
    /// The files it publishes, names and contents.
    pub files: Digest,
}

impl ResultDigests {
    /// Of what a task made.
    pub fn of(table: Option<Digest>, outputs: &[Output]) -> Self {
        let mut text = String::new();
        for output in outputs {
            text += &format!("{} {}\n", output.object.digest, output.path);
        }
        Self { table, files: Digest::of(text.as_bytes()) }
    }

    /// Of what a run just made.
    pub fn of_made(made: &Made) -> Self {
        Self::of(made.table.as_ref().map(|table| table.object.digest), &made.outputs)
    }

    /// Of what an earlier run made; None if what was written of it cannot be understood.
    pub fn of_last(last: &LastGood) -> Option<Self> {
        Some(Self::of(last.table.as_ref().map(|table| table.object.digest), &last.outputs().ok()?))
    }
}

impl CacheIndex {
    /// What the state knows of the pipeline; `state` is None where nothing ever ran.
    pub fn of(project: &Path, pipeline: &str, state: Option<&State>) -> Result<Self, Failure> {
        let last = state.map(|state| state.last_results(pipeline)).transpose()?.unwrap_or_default();
        let files = state.map(State::files).transpose()?.unwrap_or_default();
        Ok(Self {
            pipeline: pipeline.to_owned(),
            project: project.to_owned(),
            last,
            store: ContentStore::new(project.join(tidemill_state::FOLDER).join("cache")),
            files: Arc::new(FileDigests::new(files)),
        })
    }

    /// The same, changing nothing on the disk.
    pub fn look(project: &Path, pipeline: &str) -> Result<(Self, Option<State>), Failure> {
        let state = State::open_read_only(project)?;
        Ok((Self::of(project, pipeline, state.as_ref())?, state))
    }
}
