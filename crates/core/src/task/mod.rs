//! What a task type is. The traits here are all that the runner knows of `load`, `join`, `chart` and the rest.

mod check_context;
mod check_type;
mod checks;
mod descriptor;
mod facts;
mod io;
mod probe;
mod result;
mod run_context;
mod task_type;

use std::path::Path;

use crate::diagnostic::{Diagnostic, SourceMap};
use crate::table::{Check, DeclaredType, Scan, Schema, TableJob, TablePlace};

pub use crate::table::TaskReport;
pub use check_context::CheckContext;
pub use check_type::{CheckType, CheckTypes, Statement};
pub use checks::TaskChecks;
pub use descriptor::{Descriptor, MakesTable};
pub use facts::{FailedTask, RunFacts, TaskFacts};
pub use io::{Edge, EdgeKind, FileInput, FileRole, Io, OutputFile, Volatile};
pub use probe::{Probe, ProbeContext};
pub use result::{TaskFailure, TaskResult};
pub use run_context::{LogLevel, Origins, OutputLog, RunContext};
pub use task_type::{TaskSource, TaskType, TaskTypes};

/// A task with its parameters resolved. It holds no state: one value serves check, plan and every attempt.
pub trait Task: Send + Sync {
    /// What it reads and writes: edges, paths and fingerprints follow from it.
    fn io(&self) -> Io;

    /// Its parameters in canonical form: what enters the fingerprint, key by key. Lists where order has meaning, maps where not.
    fn parameters(&self) -> serde_json::Value;

    /// What it does, in a few words for a plan: `left join orders × campaigns on product_id`.
    fn describe(&self) -> String;

    /// Where its table is computed, known once the task has been checked. `rows` says how many the tables have that it reads, by
    /// the names under which it reads them; None if that is not known.
    fn place(&self, _rows: &dyn Fn(&str) -> Option<u64>) -> TablePlace {
        TablePlace::default()
    }

    /// Finds what can be found without running: columns and types against the tables of upstream tasks, templates, files.
    /// Returns the columns of its own table, if it makes one.
    ///
    /// # Errors
    /// All mistakes found.
    fn check(&self, cx: &CheckContext<'_>) -> Result<Option<Schema>, Vec<Diagnostic>>;

    /// What is no mistake and yet worth knowing before it runs.
    fn warnings(&self, _cx: &CheckContext<'_>) -> Vec<Diagnostic> {
        Vec::new()
    }

    /// Whether its table may have further columns in rows that [`CheckContext::all_keys`] asks for.
    fn has_open_columns(&self) -> bool {
        false
    }

    /// The columns of its table as far as they are known where [`Task::check`] has found mistakes that do not touch them, so
    /// that the tasks behind it are checked too.
    fn columns_despite_mistakes(&self, _cx: &CheckContext<'_>) -> Option<Schema> {
        None
    }

    /// Does it once. Files are written where [`RunContext::stage`] says; the runner publishes them if the attempt counts.
    ///
    /// # Errors
    /// If it could not be done; whether it is tried again is not the task's concern.
    fn run(&self, cx: &RunContext<'_>) -> Result<TaskResult, TaskFailure>;

    /// The names that its texts use while it runs, each in its parts: `["run", "date"]`, `["tasks", "orders", "rows"]`. What
    /// they stand for enters the fingerprint.
    fn names(&self, _project: &Path, _sources: &SourceMap) -> Vec<Vec<String>> {
        Vec::new()
    }

    /// What it will need of the world outside, to be tried without doing anything there.
    fn probe(&self, _cx: &ProbeContext<'_>) -> Option<Probe> {
        None
    }

    /// The neutral job, if it is a table task: for lineage, and for engines that run elsewhere.
    ///
    /// # Errors
    /// The mistakes that [`Task::check`] finds too.
    fn job(&self, _cx: &CheckContext<'_>) -> Result<Option<TableJob>, Vec<Diagnostic>> {
        Ok(None)
    }

    /// Its checks over a table of those columns, for looking at a table again that is there already.
    ///
    /// # Errors
    /// Where a check speaks of columns that the table does not have, or has with another type.
    fn checks(&self, _table: &Schema, _cx: &CheckContext<'_>) -> Result<Vec<Check>, Vec<Diagnostic>> {
        Ok(Vec::new())
    }

    /// What its `columns` promise of a table that comes from outside.
    fn contract(&self) -> Promised {
        Promised::default()
    }

    /// The source that it reads, if it is a load, whatever its columns are.
    fn source(&self, _cx: &CheckContext<'_>) -> Option<Scan> {
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
