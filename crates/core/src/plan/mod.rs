//! [`Spec`](crate::spec::Spec) → [`Plan`]: names resolved, the graph built, everything checked that can be checked without
//! running. A plan is immutable; whoever holds one holds a graph without cycles whose every edge leads somewhere.

mod build;
mod columns;
mod cycle;
mod instances;
mod no_items;
mod paths;
mod published;
mod select;
mod targets;
mod united;

use std::collections::HashMap;
use std::sync::Arc;

use petgraph::graph::{DiGraph, NodeIndex};

use crate::ids::{TaskIx, TaskName};
use crate::spec::{Spec, TaskSpec};
use crate::storage::StorageRegistry;
use crate::table::{Schema, Sink};
use crate::task::{Descriptor, EdgeKind, Io, OutputFile, Task};

pub use crate::storage::resolve;
pub use build::build;
pub use columns::{CheckOptions, MOST_TIME, check_columns, jobs};
use published::Published;
pub use published::output_places;
pub use select::{SelectError, Selection, select};
pub use united::{UNITED_HELP, under, united_schema};

/// A pipeline ready to run.
pub struct Plan {
    /// The pipeline as the file has it.
    pub spec: Arc<Spec>,
    /// The tasks in the order of the file; a [`TaskIx`] is an index into it.
    pub tasks: Vec<PlannedTask>,
    /// All edges: from a task to those that need it. Node indices are those of `tasks`.
    pub graph: DiGraph<TaskIx, EdgeKind>,
    /// A topological order: every task behind those it needs, otherwise as in the file.
    pub order: Vec<TaskIx>,
    /// Where the files are that its tasks read and write.
    pub storages: Arc<StorageRegistry>,
    by_name: HashMap<TaskName, TaskIx>,
    instances: HashMap<String, Vec<TaskIx>>,
    published: Published,
}

/// A task with its type's own form of it and its edges.
pub struct PlannedTask {
    /// Its id.
    pub name: TaskName,
    /// As the file has it.
    pub spec: Arc<TaskSpec>,
    /// What is known of its type.
    pub task_type: &'static Descriptor,
    /// What it does.
    pub task: Arc<dyn Task>,
    /// What it reads and writes.
    pub io: Io,
    /// The tasks it needs, each with what it reads of it, in the order of the file.
    pub needs: Vec<Need>,
    /// Everything it publishes: figures, reports, its table's files, its rejects file.
    pub outputs: Vec<OutputFile>,
    /// The files its table is written to.
    pub sinks: Vec<Sink>,
    /// The file its rejects are written to, if it can reject rows.
    pub rejects: Option<Sink>,
}

/// An edge, seen from the task that needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The other task.
    pub task: TaskIx,
    /// Under which name it enters.
    pub role: String,
    /// The id by which the file names it: without the key, where all instances of a `foreach` are meant.
    pub named: String,
    /// What is read of it.
    pub what: EdgeKind,
}

/// The columns of every task's table, by index; None where a task makes no table or it could not be found.
pub type TaskSchemas = Vec<Option<Schema>>;

impl PlannedTask {
    /// The tasks whose tables it reads, under the names that the file has for them: of a `foreach`, all instances together.
    pub fn tables_read(&self) -> Vec<(&str, Vec<TaskIx>)> {
        let mut named: Vec<(&str, Vec<TaskIx>)> = Vec::new();
        for need in self.needs.iter().filter(|need| need.what == EdgeKind::Table) {
            match named.iter_mut().find(|(name, _)| *name == need.named) {
                Some((_, tasks)) if tasks.contains(&need.task) => {}
                Some((_, tasks)) => tasks.push(need.task),
                None => named.push((&need.named, vec![need.task])),
            }
        }
        named
    }

    /// Whether it acts on the world outside.
    pub fn has_effect(&self) -> bool {
        self.task_type.effect && !self.spec.has_no_items
    }
}

impl Plan {
    /// The task at that place.
    pub fn task(&self, ix: TaskIx) -> &PlannedTask {
        &self.tasks[ix.index()]
    }

    /// The task of that id.
    pub fn find(&self, name: &str) -> Option<TaskIx> {
        self.by_name.get(name).copied()
    }

    /// The tasks that an id means: one, or all instances of a `foreach`.
    pub fn named(&self, id: &str) -> Vec<TaskIx> {
        match self.by_name.get(id) {
            Some(ix) => vec![*ix],
            None => self.instances.get(id).cloned().unwrap_or_default(),
        }
    }

    /// The tasks that need this one directly.
    pub fn needed_by(&self, ix: TaskIx) -> impl Iterator<Item = TaskIx> {
        self.graph.neighbors(NodeIndex::new(ix.index())).map(|node| self.graph[node])
    }
}
