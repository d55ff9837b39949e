//! What a task type is. The traits here are all that the runner knows of `load`, `join`, `chart` and the rest.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use crate::diagnostic::{Diagnostic, SourceMap};
use crate::ids::TaskName;
use crate::spec::{At, Scope, Spec, TaskSpec};
use crate::table::{
    Check, DeclaredType, EngineError, Location, Scan, Schema, TableEngine, TableJob, TableRef, TableReport,
};

/// A task type: reads the parameters of a task into something that can be checked and run.
///
/// A new type is one file in `src/kinds/` with a parameter struct, this and [`Task`], and one line in the list there.
pub trait Kind: Send + Sync {
    /// What stands behind `type:`.
    fn name(&self) -> &'static str;

    /// The version of its code: raised when the same parameters and inputs give another result. Part of every fingerprint.
    fn version(&self) -> u32;

    /// What it does, in one sentence, for the docs and the JSON Schema.
    fn summary(&self) -> &'static str;

    /// The JSON Schema of its own keys (the common ones are added by the caller).
    fn schema(&self) -> schemars::Schema;

    /// Reads a task. Its keys have been validated against [`Kind::schema`]; what is left to find is what a schema cannot say.
    ///
    /// # Errors
    /// All mistakes found in the parameters.
    fn build(&self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>>;

    /// Puts back in a project's folder what tasks of this type had moved away when their run died; called by the next run once
    /// it holds the project. Says which files are back.
    ///
    /// # Errors
    /// If a file cannot be put back; it stays where it was moved to.
    fn recover(&self, _project: &Path) -> std::io::Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }
}

/// The task types there are.
pub trait Kinds: Send + Sync {
    /// The type of that name.
    fn get(&self, name: &str) -> Option<&dyn Kind>;

    /// The names of all types, in the order in which they are listed for people.
    fn names(&self) -> Vec<&'static str>;
}

/// What a kind reads a task from.
pub struct TaskSource<'a> {
    /// The task as the file has it.
    pub spec: &'a TaskSpec,
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// The project's folder: where relative paths start.
    pub project: &'a Path,
    /// The pipeline that it is part of.
    pub pipeline: &'a Spec,
}

impl TaskSource<'_> {
    /// The names that `${{ }}` may use.
    pub fn scope(&self) -> &Scope {
        &self.spec.scope
    }
}

/// A task with its parameters resolved. It holds no state: one value serves check, plan and every attempt.
pub trait Task: Send + Sync {
    /// What it reads and writes: edges, paths and fingerprints follow from it.
    fn io(&self) -> Io;

    /// Its parameters in canonical form: what enters the fingerprint, key by key. Lists where order has meaning, maps where not.
    fn parameters(&self) -> serde_json::Value;

    /// What it does, in a few words for a plan: `left join orders × campaigns on product_id`.
    fn describe(&self) -> String;

    /// Finds what can be found without running: columns and types against the tables of upstream tasks, templates, files.
    /// Returns the columns of its own table, if it makes one.
    ///
    /// # Errors
    /// All mistakes found.
    fn check(&self, cx: &CheckCx<'_>) -> Result<Option<Schema>, Vec<Diagnostic>>;

    /// What is no mistake and yet worth knowing before it runs.
    fn warnings(&self, _cx: &CheckCx<'_>) -> Vec<Diagnostic> {
        Vec::new()
    }

    /// The columns of its table as far as they are known where [`Task::check`] has found mistakes that do not touch them, so
    /// that the tasks behind it are checked too.
    fn columns_despite_mistakes(&self, _cx: &CheckCx<'_>) -> Option<Schema> {
        None
    }

    /// Does it once. Files are written where [`RunCx::stage`] says; the runner publishes them if the attempt counts.
    ///
    /// # Errors
    /// If it could not be done; whether it is tried again is not the task's concern.
    fn run(&self, cx: &RunCx<'_>) -> Result<TaskResult, TaskFailure>;

    /// The names that its texts use while it runs, each in its parts: `["run", "date"]`, `["tasks", "orders", "rows"]`. What
    /// they stand for enters the fingerprint.
    fn names(&self, _project: &Path, _sources: &SourceMap) -> Vec<Vec<String>> {
        Vec::new()
    }

    /// What it will need of the world outside, to be tried without doing anything there.
    fn outside(&self, _cx: &OutsideCx<'_>) -> Option<Outside> {
        None
    }

    /// The neutral job, if it is a table task: for lineage, and for engines that run elsewhere.
    ///
    /// # Errors
    /// The mistakes that [`Task::check`] finds too.
    fn job(&self, _cx: &CheckCx<'_>) -> Result<Option<TableJob>, Vec<Diagnostic>> {
        Ok(None)
    }

    /// Its checks over a table of those columns, for looking at a table again that is there already.
    ///
    /// # Errors
    /// Where a check speaks of columns that the table does not have, or has with another type.
    fn checks(&self, _table: &Schema, _cx: &CheckCx<'_>) -> Result<Vec<Check>, Vec<Diagnostic>> {
        Ok(Vec::new())
    }

    /// What its `columns` promise of a table that comes from outside.
    fn contract(&self) -> Promised {
        Promised::default()
    }

    /// The source that it reads, if it is a load, whatever its columns are.
    fn source(&self, _cx: &CheckCx<'_>) -> Option<Scan> {
        None
    }
}

/// A contract about the columns of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Promised {
    /// The columns that there must be, with their types.
    pub columns: Vec<(String, DeclaredType)>,
    /// Whether there may be no others.
    pub strict: bool,
}

/// What is known to a task that is asked for what it needs of the world outside.
pub struct OutsideCx<'a> {
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// The project's folder.
    pub project: &'a Path,
    /// What is known of the run.
    pub run: &'a RunFacts,
    /// Values of the declared secrets that are set.
    pub secrets: &'a BTreeMap<String, String>,
}

/// Something in the world outside that a task needs.
pub struct Outside {
    /// What tells it from others; it may hold secrets and is not shown.
    pub key: String,
    /// Tries it: what was found, or what is wrong.
    pub attempt: Box<dyn Fn() -> Result<String, TaskFailure> + Send>,
}

/// What a task reads and writes.
#[derive(Clone, Debug, Default)]
pub struct Io {
    /// The tasks it reads from.
    pub reads: Vec<Edge>,
    /// The files it reads.
    pub files: Vec<FileInput>,
    /// The files it publishes, beside the `output` and the rejects file of table tasks, which the runner adds.
    pub outputs: Vec<OutputFile>,
    /// Folders into which it puts files whose names are known only in a run: what a killed one leaves half written there is removed.
    pub folders: Vec<Location>,
    /// Whether it makes a table that others can read.
    pub table: bool,
    /// Whether it can reject rows, and where its rejects file goes.
    pub rejects: Option<At<Location>>,
    /// Whether it acts on the world outside (mail, webhooks): never cached, recorded in the effects' ledger.
    pub effect: bool,
    /// Whether it renders texts that may look at `tasks.<id>`: then the runner gathers what is known of those before it.
    pub facts: bool,
    /// Whether its result may depend on more than it declares (a command without outputs): always runs.
    pub volatile: bool,
}

/// One task reads from another.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The other task, by its id as the file has it; a `foreach` task's id means all instances.
    pub task: At<String>,
    /// Under which name it enters: `left`, `from`, an input's name.
    pub role: String,
    /// What is read.
    pub what: EdgeKind,
}

/// What of another task is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EdgeKind {
    /// Its table.
    Table,
    /// The files it publishes.
    Files,
    /// Nothing: it only goes first.
    Order,
}

/// A file that a task reads.
#[derive(Clone, Debug)]
pub struct FileInput {
    /// The path, or a glob.
    pub path: At<Location>,
    /// What for.
    pub role: FileRole,
}

/// What a file is to the task that reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileRole {
    /// Data.
    Source,
    /// SQLite data: the file and its `-wal`.
    Sqlite,
    /// A template.
    Template,
    /// An SQL text.
    Sql,
    /// Declared by a command, or attached to a mail.
    Input,
}

/// A file that a task publishes.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputFile {
    /// The final path.
    pub path: At<Location>,
    /// Under which name, where a task has several: `report`, `figure`.
    pub role: String,
}

/// What `check` knows.
pub struct CheckCx<'a> {
    /// Computes tables; here only asked for the head of sources.
    pub engine: &'a dyn TableEngine,
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// The project's folder.
    pub project: &'a Path,
    /// The columns of upstream tables, by task id; None where they are not known (an upstream task has mistakes, or its
    /// source does not exist yet): then nothing is said about columns.
    pub tables: &'a BTreeMap<String, Option<Schema>>,
    /// The ids of the tasks before this one, however far up (of a handler: all), for texts that name them; filled only where
    /// [`Io::facts`] says that texts may.
    pub before: &'a [String],
    /// The names of the declared secrets.
    pub secrets: &'a [String],
    /// Paths that other tasks publish: they need not exist yet.
    pub published: &'a dyn Fn(&Location) -> bool,
    /// In a run, sources are inferred from the whole file, else from their head.
    pub whole_sources: bool,
}

/// The sources behind the tables that a task reads. Their columns are what the head of each source promises.
pub trait Origins: Sync {
    /// The source of that upstream task, if it is a load: its rows are the table's, one for one.
    fn of(&self, task: &str) -> Option<Scan>;

    /// The sources of the task itself and of all tasks before it.
    fn all(&self) -> Vec<Scan>;
}

/// What an attempt knows.
pub struct RunCx<'a> {
    /// The task.
    pub task: &'a TaskName,
    /// 1 for the first.
    pub attempt: u32,
    /// Computes tables.
    pub engine: &'a dyn TableEngine,
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// The project's folder.
    pub project: &'a Path,
    /// The tables of upstream tasks, by task id; instances of a `foreach` are united under the id that the file names.
    pub tables: &'a [(String, TableRef)],
    /// Where its tables come from.
    pub origins: &'a dyn Origins,
    /// What is known of upstream tasks (handlers: of all), for `tasks.<id>`.
    pub upstream: &'a BTreeMap<String, TaskFacts>,
    /// What is known of the run, for `run.*`.
    pub run: &'a RunFacts,
    /// Values of the declared secrets that are set.
    pub secrets: &'a BTreeMap<String, String>,
    /// A folder of this attempt's own, on the file system of the outputs' temporary names, removed afterwards.
    pub scratch: &'a Path,
    /// Where an output is to be written instead of its final path.
    pub stage: &'a dyn Fn(&Location) -> PathBuf,
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
    /// Becomes true when the result is no longer wanted.
    pub cancelled: &'a AtomicBool,
    /// Becomes true when the attempt is to be ended by force.
    pub killed: &'a AtomicBool,
    /// When the attempt's `timeout` is over, if it has one. An effect that has begun is not stopped from outside: it has to keep
    /// to this by itself.
    pub deadline: Option<Instant>,
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

/// What templates and `when` may know of a task that has ended.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TaskFacts {
    /// `success`, `failed`, `skipped`, `cancelled`.
    pub status: String,
    /// Rows of its table.
    pub rows: Option<u64>,
    /// Rows rejected, in all.
    pub rejected: u64,
    /// Rows rejected, by reason.
    pub rejects: Vec<crate::table::RejectedRows>,
    /// Rows that came in, by where from.
    #[serde(default)]
    pub rows_in: Vec<crate::table::RowsIn>,
    /// Rows left out by steps that say so.
    #[serde(default)]
    pub dropped: Vec<crate::table::DroppedRows>,
    /// What joins did to their rows.
    #[serde(default)]
    pub joins: Vec<crate::table::JoinDiagnosis>,
    /// Sentences for the user.
    pub warnings: Vec<String>,
    /// Seconds.
    pub duration: f64,
    /// The path it publishes, the first of several.
    pub output: Option<String>,
    /// All paths it publishes.
    pub outputs: Vec<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// The last lines of what it wrote before it failed.
    #[serde(default)]
    pub log: Vec<String>,
}

/// What texts may know of a task that has failed.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct FailedTask {
    /// Its id.
    pub task: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What was wrong.
    pub error: String,
    /// What to do.
    pub help: Vec<String>,
    /// The path of its log, within the project.
    pub log: String,
    /// The last lines of the log, the oldest first.
    pub tail: Vec<String>,
    /// The command that runs it again.
    pub rerun: String,
}

/// What templates and parameters may know of the run.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RunFacts {
    /// The run's id.
    pub id: String,
    /// When it started, RFC 3339 in the pipeline's zone.
    pub started: String,
    /// The fire's instant, RFC 3339 in the pipeline's zone; by hand, the start.
    pub logical_time: String,
    /// The day of the logical time, `2024-11-20`.
    pub date: String,
    /// `manual`, `schedule`, `backfill`.
    pub trigger: String,
    /// `running`, and for handlers `success` or `failed`.
    pub status: String,
}

/// What an attempt made.
#[derive(Clone, Debug, Default)]
pub struct TaskResult {
    /// The engine's report, from table tasks.
    pub table: Option<TableReport>,
    /// The outputs it has staged, by their final paths.
    pub outputs: Vec<Location>,
    /// Sentences for the user.
    pub warnings: Vec<String>,
    /// A sentence for the summary: `1,200 rows`, `mail to 2 recipients`.
    pub note: Option<String>,
}

/// Why an attempt failed.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TaskFailure {
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: Vec<String>,
    /// The exit code of a command.
    pub exit_code: Option<i32>,
    /// The last lines of its output.
    pub tail: Vec<String>,
    /// Trying again cannot help: a mistake in the file or in the data.
    pub permanent: bool,
    /// It stopped because it was told to.
    pub cancelled: bool,
    /// An effect that may have happened all the same: the other side had everything and did not answer. Never tried again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub uncertain: bool,
}

impl TaskFailure {
    /// A failure with that message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }
}

impl fmt::Display for TaskFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<EngineError> for TaskFailure {
    fn from(error: EngineError) -> Self {
        let help = match &error {
            EngineError::Source { help, .. } | EngineError::Value { help, .. } => help.iter().cloned().collect(),
            _ => Vec::new(),
        };
        let cancelled = matches!(error, EngineError::Cancelled);
        // The same values will fit no better the next time.
        let permanent = matches!(error, EngineError::Value { .. } | EngineError::Checks { .. });
        Self { message: error.to_string(), help, permanent, cancelled, ..Self::default() }
    }
}
