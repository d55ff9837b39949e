//! What an attempt knows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::attempt::{CancelToken, OutputPlaces};
use crate::diagnostic::SourceMap;
use crate::ids::TaskName;
use crate::storage::StorageRegistry;
use crate::table::{Location, Scan, Schema, TableEngine, TableRef};
use crate::trace::TraceContext;

use super::{CheckContext, FailedTask, RunFacts, TaskFacts, TaskFailure};

/// What an attempt knows.
pub struct RunContext<'a> {
    /// The task.
    pub task: &'a TaskName,
    /// 1 for the first.
    pub attempt: u32,
    /// Computes tables.
    pub engine: &'a Arc<dyn TableEngine>,
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// The project's folder.
    pub project: &'a Path,
    /// Where the files are.
    pub storages: &'a StorageRegistry,
    /// The tables of upstream tasks, by task id; instances of a `foreach` are united under the id that the file names.
    pub tables: &'a [(String, TableRef)],
    /// Where its tables come from.
    pub origins: &'a dyn Origins,
    /// What is known of upstream tasks (handlers: of all), for `tasks.<id>`.
    pub upstream: &'a BTreeMap<String, TaskFacts>,
    /// What is known of the run, for `run.*`.
    pub run: &'a RunFacts,
    /// The place of the run in a trace, for the programs that it starts.
    pub trace: Option<&'a TraceContext>,
    /// Values of the declared secrets that are set.
    pub secrets: &'a BTreeMap<String, String>,
    /// A folder of this attempt's own, on the file system of the outputs' temporary names, removed afterwards.
    pub scratch: &'a Path,
    /// Where an output is to be written instead of its final path.
    pub stage: &'a dyn Fn(&Location) -> PathBuf,
    /// Where it may publish what it does not stage, and from where it may take pictures.
    pub places: &'a Arc<OutputPlaces>,
    /// What tells this effect from all others, for a message's id; empty where the task has none.
    pub effect: &'a str,
    /// The tasks that have failed, for handlers.
    pub failed: &'a [FailedTask],
    /// The command that goes on with what failed or was not reached.
    pub retry: &'a str,
    /// To be called once by a task with an effect, right before the step that cannot be taken back; where it fails, the
    /// step must not follow.
    pub begin_effect: &'a dyn Fn() -> Result<(), TaskFailure>,
    /// Lines for the task's log.
    pub log: &'a dyn Fn(LogLevel, &str),
    /// What a command writes, for the task's log.
    pub output: &'a dyn OutputLog,
    /// Cancelled when the result is no longer wanted.
    pub cancelled: &'a CancelToken,
    /// Cancelled when the attempt is to be ended by force.
    pub killed: &'a CancelToken,
    /// When the attempt's `timeout` is over, if it has one. An effect that has begun is not stopped from outside: it has to keep
    /// to this by itself.
    pub deadline: Option<Instant>,
}

impl RunContext<'_> {
    /// The columns of the tables that it reads, by the names under which the file has them.
    pub fn columns(&self) -> BTreeMap<String, Option<Schema>> {
        self.tables.iter().map(|(name, table)| (name.clone(), Some(table.schema.clone()))).collect()
    }

    /// What is checked again in the attempt, where all sources are there as a whole.
    pub fn check<'c>(&'c self, columns: &'c BTreeMap<String, Option<Schema>>) -> CheckContext<'c> {
        CheckContext::new(&**self.engine, self.sources, self.project, self.storages)
            .tables(columns)
            .whole_sources()
            .cancelled(self.cancelled)
    }
}

/// The sources behind the tables that a task reads. Their columns are what the head of each source promises.
pub trait Origins: Sync {
    /// The source of that upstream task, if it is a load: its rows are the table's, one for one.
    fn of(&self, task: &str) -> Option<Scan>;

    /// The sources of the task itself and of all tasks before it.
    fn all(&self) -> Vec<Scan>;
}

/// Takes what a command writes: any bytes, in pieces of any size.
pub trait OutputLog {
    /// Takes more of it.
    fn write(&self, bytes: &[u8]);

    /// Told now and then while the command goes on, whether it writes or not.
    fn wait(&self) {}

    /// Takes note that nothing more comes; returns the last lines, for a message.
    fn end(&self) -> Vec<String>;
}

/// How loud a line of a task's log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What it does.
    Info,
    /// What the user should know; counted in the summary.
    Warn,
    /// What went wrong.
    Error,
}
