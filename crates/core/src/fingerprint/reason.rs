//! Why a task runs, in the words of the user's file.

use std::fmt;

use serde::Serialize;

use super::shorten;
use crate::ids::TaskName;
use crate::task::{FileRole, Volatile};

/// One reason why a task runs or its outputs are restored. Prints as a short sentence without a full stop, old → new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing of this pipeline ever ran here.
    FirstRun,
    /// This task never succeeded here.
    NeverRan,
    /// The user said so.
    Forced,
    /// A run on schedule, and a task that sends something for each.
    Scheduled,
    /// `cache: off`.
    CacheOff,
    /// Its result may be another each time.
    Volatile(Volatile),
    /// Its `ttl` is over.
    Expired,
    /// It read something that changed while it ran, so that its result was not kept.
    NotKept,
    /// The cached result is gone or damaged.
    ResultLost,
    /// A published file was deleted.
    OutputDeleted(String),
    /// A published file was changed by hand.
    OutputEdited(String),
    /// The way fingerprints are made changed.
    Format,
    /// Another type.
    Type {
        /// The type it had.
        old: String,
        /// The type it has.
        new: String,
    },
    /// The type's code changed.
    Code {
        /// The type.
        kind: String,
        /// The version that made the last result.
        old: u32,
        /// The version now.
        new: u32,
    },
    /// Another engine or another version of it; None: none.
    Engine {
        /// The engine that made the last result.
        old: Option<String>,
        /// The engine now.
        new: Option<String>,
    },
    /// A param has another value; None: it was or is not used.
    Param {
        /// Its name.
        name: String,
        /// The value it had.
        old: Option<String>,
        /// The value it has.
        new: Option<String>,
    },
    /// A key of the task has another value; None: it was or is not there.
    Key {
        /// The path to the value: `columns.total_amount.type`.
        path: String,
        /// The value it had.
        old: Option<String>,
        /// The value it has.
        new: Option<String>,
    },
    /// A list of the task has another entry.
    EntryAdded {
        /// The path to the list.
        path: String,
        /// The entry.
        entry: String,
    },
    /// A list of the task has lost an entry.
    EntryRemoved {
        /// The path to the list.
        path: String,
        /// The entry.
        entry: String,
    },
    /// A list has the same entries in another order.
    Reordered(String),
    /// It publishes a further file.
    OutputAdded(String),
    /// It publishes a file no longer.
    OutputRemoved(String),
    /// A file that it reads.
    File {
        /// Its path.
        path: String,
        /// What it is to the task.
        role: FileRole,
        /// What happened to it.
        change: FileChange,
    },
    /// More files of one role that it reads.
    MoreFiles {
        /// How many more.
        count: usize,
        /// What happened to them.
        change: FileChange,
    },
    /// An environment variable; None: not set.
    Env {
        /// Its name.
        name: String,
        /// The value it had.
        old: Option<String>,
        /// The value it has.
        new: Option<String>,
    },
    /// Something known of the run; None: it was or is not used.
    Fact {
        /// `run.date`.
        name: String,
        /// The value it had.
        old: Option<String>,
        /// The value it has.
        new: Option<String>,
    },
    /// An upstream task has another result.
    UpstreamChanged(TaskName),
    /// An upstream task runs, so that its result may change.
    UpstreamRuns(TaskName),
    /// It reads a further task.
    NewInput(TaskName),
    /// It reads a task no longer.
    InputRemoved(TaskName),
    /// An instance of a `foreach` stands at another place among its siblings.
    InputMoved(TaskName),
}

/// What happened to a file that a task reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileChange {
    /// Its content changed.
    Content,
    /// The task did not read it before.
    New,
    /// The task reads it no longer.
    Removed,
    /// It is not there any more.
    Missing,
    /// It was not there before.
    Appeared,
}

impl FileChange {
    fn words(self) -> &'static str {
        match self {
            Self::Content => "changed (content)",
            Self::New => "is a new input",
            Self::Removed => "no longer read",
            Self::Missing => "is missing",
            Self::Appeared => "is there now",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstRun => f.write_str("first run"),
            Self::NeverRan => f.write_str("never ran"),
            Self::Forced => f.write_str("forced"),
            Self::Scheduled => f.write_str("it is done once for each time of the schedule"),
            Self::CacheOff => f.write_str("cache: off"),
            Self::Volatile(Volatile::Undeclared) => f.write_str("a command without outputs always runs"),
            Self::Volatile(Volatile::Unversioned) => f.write_str("without `version` a database is read in every run"),
            Self::Volatile(Volatile::Fresh) => f.write_str("how fresh it is, is looked at in every run"),
            Self::Expired => f.write_str("its ttl is over"),
            Self::NotKept => f.write_str("an input changed while it last ran"),
            Self::ResultLost => f.write_str("its cached result is gone or damaged"),
            Self::OutputDeleted(path) => write!(f, "{path} was deleted"),
            Self::OutputEdited(path) => write!(f, "{path} was edited"),
            Self::Format => f.write_str("made by another version of Tidemill"),
            Self::Type { old, new } => write!(f, "type {old} → {new}"),
            Self::Code { kind, old, new } => write!(f, "code of {kind} v{old} → v{new}"),
            Self::Engine { old, new } => change(f, "engine", old.as_deref(), new.as_deref()),
            Self::Param { name, old, new } => change(f, &format!("param {name}"), old.as_deref(), new.as_deref()),
            Self::Key { path, old, new } | Self::Fact { name: path, old, new } => {
                change(f, path, old.as_deref(), new.as_deref())
            }
            Self::EntryAdded { path, entry } => write!(f, "{path}: {} added", shorten::one(entry)),
            Self::EntryRemoved { path, entry } => write!(f, "{path}: {} removed", shorten::one(entry)),
            Self::Reordered(path) => write!(f, "order of {path} changed"),
            Self::OutputAdded(path) => write!(f, "output {path} added"),
            Self::OutputRemoved(path) => write!(f, "output {path} removed"),
            Self::File { path, role, change } => file(f, path, *role, *change),
            Self::MoreFiles { count, change } => {
                write!(f, "{count} more {} {}", if *count == 1 { "file" } else { "files" }, change.words())
            }
            Self::Env { name, old, new } => change(f, &format!("env {name}"), old.as_deref(), new.as_deref()),
            Self::UpstreamChanged(task) => write!(f, "upstream {task} changed"),
            Self::UpstreamRuns(task) => write!(f, "upstream {task} runs"),
            Self::NewInput(task) => write!(f, "new input {task}"),
            Self::InputRemoved(task) => write!(f, "no longer reads {task}"),
            Self::InputMoved(task) => write!(f, "order of inputs changed: {task}"),
        }
    }
}

fn change(f: &mut fmt::Formatter<'_>, what: &str, old: Option<&str>, new: Option<&str>) -> fmt::Result {
    match (old, new) {
        (Some(old), Some(new)) => match shorten::pair(old, new) {
            (old, new) if old == new => write!(f, "{what} changed (white space)"),
            (old, new) => write!(f, "{what} {old} → {new}"),
        },
        (None, Some(new)) => write!(f, "{what} set to {}", shorten::one(new)),
        (Some(old), None) => write!(f, "{what} removed (was {})", shorten::one(old)),
        (None, None) => write!(f, "{what} changed"),
    }
}

fn file(f: &mut fmt::Formatter<'_>, path: &str, role: FileRole, change: FileChange) -> fmt::Result {
    match (role, change) {
        (FileRole::Template, FileChange::Content) => write!(f, "template {path} changed"),
        (FileRole::Sql, FileChange::Content) => write!(f, "SQL file {path} changed"),
        _ => write!(f, "{path} {}", change.words()),
    }
}

/// As the text that a person reads.
impl Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
