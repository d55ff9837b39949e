//! What a task reads and writes.

use crate::spec::{At, SqlText};
use crate::table::Location;

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
    pub folders: Vec<At<Location>>,
    /// Whether it makes a table that others can read.
    pub table: bool,
    /// Whether it can reject rows, and where its rejects file goes.
    pub rejects: Option<At<Location>>,
    /// Whether it renders texts that may look at `tasks.<id>`: then the runner gathers what is known of those before it.
    pub facts: bool,
    /// Why its result may be another each time, if it may: then it always runs.
    pub volatile: Option<Volatile>,
}

/// Why a task always runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volatile {
    /// It may depend on more than it declares: a command without outputs.
    Undeclared,
    /// Nothing cheap says whether what it reads is still what it was: a table of a database without `version`.
    Unversioned,
    /// A check of it is about the time at which it runs.
    Fresh,
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
    /// Of a database: the query whose result says whether it is what it was.
    pub version: Option<SqlText>,
}

impl FileInput {
    /// A file, known by its content.
    pub fn new(path: At<Location>, role: FileRole) -> Self {
        Self { path, role, version: None }
    }
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
    /// Declared by a command, attached to a mail, or a font of figures.
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
