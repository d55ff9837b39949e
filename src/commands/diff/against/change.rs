//! What differs between two pipelines: their tasks, the columns of their tables, and the rows of those whose results are there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tidemill_core::fingerprint::{Fingerprint, explain};
use tidemill_core::ids::TaskName;
use tidemill_core::plan::{CheckOptions, Selection, jobs};
use tidemill_core::table::{Origin, Schema, TableJob};
use tidemill_core::task::EdgeKind;
use tidemill_runner::cache_index::CacheIndex;
use tidemill_state::Output;

use super::version::{LastResults, Version};
use crate::commands::diff::{compare, row_key};
use crate::commands::pipeline_history::PipelineHistory;
use crate::commands::stored_table::open_table;
use crate::failure::Failure;
use crate::table_rows::TableRows;

/// The pipeline as it was.
pub struct Before {
    /// What it is compared as: `main (1a2b3c4)`, `the run 20241120-194500-1a2b`.
    pub title: String,
    /// What each task was made of.
    pub fingerprints: BTreeMap<TaskName, Fingerprint>,
    /// The columns of the tables.
    pub schemas: BTreeMap<TaskName, Schema>,
    /// What the tasks made.
    pub results: LastResults,
    /// Its graph, where that is known; of a run it is not.
    pub version: Option<Version>,
}

/// Why a task is among those that change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskChangeKind {
    /// It is another one.
    Changed,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It reads one of those.
    Follows,
}

/// A task that changes.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskChange {
    /// The task.
    pub task: TaskName,
    /// How.
    pub kind: TaskChangeKind,
    /// Why, old → new.
    pub why: Vec<String>,
}

/// A column that changes.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnChange {
    /// The task whose table has it.
    pub task: TaskName,
    /// Its name.
    pub column: String,
    /// Its type as it was; None if it is new.
    pub before: Option<String>,
    /// Its type now; None if it is gone.
    pub after: Option<String>,
    /// Who reads it: columns of other tables, and tasks without a table.
    pub read_by: Vec<String>,
}

/// Rows that change.
#[derive(Clone, Debug, PartialEq)]
pub struct RowChange {
    /// The task whose table has them.
    pub task: TaskName,
    /// Rows before and now.
    pub rows: (u64, u64),
    /// Rows that only one of the tables has: the new one's, the old one's.
    pub added: u64,
    /// The old one's.
    pub removed: u64,
    /// Rows of both with differences.
    pub changed: u64,
    /// The columns in which they differ.
    pub columns: Vec<String>,
}

/// A published file that changes.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputChange {
    /// Its path.
    pub path: String,
    /// What was published; None for a file that is new.
    pub before: Option<Output>,
    /// What is now.
    pub after: Output,
}

/// All that differs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PipelineChange {
    /// Tasks, the changed ones first.
    pub tasks: Vec<TaskChange>,
    /// Columns, by task.
    pub columns: Vec<ColumnChange>,
    /// Rows, of the tables of which both results are in the cache.
    pub rows: Vec<RowChange>,
    /// Tables that change and whose result is not there yet.
    pub pending: Vec<TaskName>,
    /// Published files.
    pub files: Vec<OutputChange>,
}

/// So many reasons, readers and columns are named in one place.
const NAMED: usize = 3;

/// The first few of some names, and how many more there are.
pub fn few(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let first = names[..names.len().min(NAMED)].join(", ");
    if more == 0 { first } else { format!("{first} and {more} more") }
}

/// Compares the pipeline as it was with the one that is.
///
/// # Errors
/// If a source or a table cannot be read.
pub fn compare_pipelines(
    before: &Before,
    after: &Version,
    history: &PipelineHistory,
) -> Result<PipelineChange, Failure> {
    let tasks = task_changes(before, after)?;
    let touched: BTreeSet<&TaskName> =
        tasks.iter().filter(|change| change.kind != TaskChangeKind::Removed).map(|change| &change.task).collect();
    let mut change = PipelineChange { columns: column_changes(before, after), ..PipelineChange::default() };
    for task in &after.plan().tasks {
        let (old, new) = (before.results.get(&task.name), after.results.get(&task.name));
        let Some(new) = new else {
            if task.io.table && touched.contains(&task.name) {
                change.pending.push(task.name.clone());
            }
            continue;
        };
        let digest = |result: &tidemill_state::LastGood| result.table.as_ref().map(|table| table.object.digest);
        if let Some(old) =
            old.filter(|old| digest(old).is_some() && digest(new).is_some() && digest(old) != digest(new))
        {
            change.rows.extend(row_change(&task.name, [old, new], after, history)?);
        }
        let was = old.map(tidemill_state::LastGood::outputs).transpose()?.unwrap_or_default();
        for output in new.outputs()? {
            let was = was.iter().find(|known| known.path == output.path).cloned();
            if was.as_ref().is_none_or(|was| was.object.digest != output.object.digest) {
                change.files.push(OutputChange { path: output.path.clone(), before: was, after: output });
            }
        }
    }
    Ok(PipelineChange { tasks, ..change })
}

fn task_changes(before: &Before, after: &Version) -> Result<Vec<TaskChange>, Failure> {
    let plan = after.plan();
    let spec = &plan.spec;
    let (cache, _) = CacheIndex::look(&spec.project, &spec.name.value)?;
    let mut changes = Vec::new();
    let mut touched = BTreeSet::new();
    for ix in &plan.order {
        let task = plan.task(*ix);
        let why = match before.fingerprints.get(&task.name) {
            None => Some((TaskChangeKind::Added, vec![format!("a new {}", task.task_type.name)])),
            Some(old) => {
                let reasons = explain(old, &after.fingerprint(&cache, *ix, &before.results)?);
                let why: Vec<String> = reasons.iter().map(ToString::to_string).collect();
                (!why.is_empty()).then_some((TaskChangeKind::Changed, why))
            }
        };
        let reads = |what: EdgeKind| what != EdgeKind::Order || task.task_type.reads_order;
        let above = task.needs.iter().filter(|need| reads(need.what) && touched.contains(&need.task));
        let above: BTreeSet<String> = above.map(|need| format!("`{}`", need.named)).collect();
        let follows = (!above.is_empty()).then(|| {
            let above: Vec<String> = above.into_iter().collect();
            (TaskChangeKind::Follows, vec![format!("reads {}", few(&above))])
        });
        let change = why.or(follows);
        if let Some((kind, why)) = change {
            touched.insert(*ix);
            changes.push(TaskChange { task: task.name.clone(), kind, why });
        }
    }
    let gone = before.fingerprints.keys().filter(|name| plan.find(name.as_str()).is_none());
    changes.extend(gone.map(|name| TaskChange {
        task: name.clone(),
        kind: TaskChangeKind::Removed,
        why: vec!["no longer in the pipeline".to_owned()],
    }));
    changes.sort_by_key(|change| change.kind);
    Ok(changes)
}

fn column_changes(before: &Before, after: &Version) -> Vec<ColumnChange> {
    let mut changes = Vec::new();
    for task in &after.plan().tasks {
        let (Some(old), Some(new)) = (before.schemas.get(&task.name), after.schema(&task.name)) else { continue };
        let names = new.names().chain(old.names().filter(|name| !new.contains(name)));
        for name in names {
            let (was, is) = (old.get(name), new.get(name));
            if was == is {
                continue;
            }
            // Who reads a column that is gone, only the graph as it was can tell.
            let reader = if is.is_none() { before.version.as_ref() } else { Some(after) };
            changes.push(ColumnChange {
                task: task.name.clone(),
                column: name.to_owned(),
                before: was.map(|data_type| data_type.to_string()),
                after: is.map(|data_type| data_type.to_string()),
                read_by: reader.map(|version| readers(version, &task.name, name)).unwrap_or_default(),
            });
        }
    }
    changes
}

/// Who reads a column of a task's table directly.
fn readers(version: &Version, task: &TaskName, column: &str) -> Vec<String> {
    let plan = version.plan();
    let Some(ix) = plan.find(task.as_str()) else { return Vec::new() };
    let below: Selection = plan.needed_by(ix).collect();
    let none = BTreeMap::new();
    let (engine, sources) = (&*version.engine, &version.project.sources);
    let options = CheckOptions { engine, sources, outer: &none, offline: None };
    let known = jobs(plan, &below, &version.columns, &options);
    let mut readers = Vec::new();
    for reader in &below {
        let planned = plan.task(*reader);
        let named = planned.needs.iter().find(|need| need.task == ix).map(|need| need.named.clone());
        let origin = Origin { task: named, column: Some(column.to_owned()) };
        match known.get(reader) {
            Some(job) => {
                let made = columns_made_of(job, &origin).map(|made| format!("{}.{made}", planned.name));
                readers.extend(made);
            }
            None if names(&planned.task.parameters(), column) => readers.push(planned.name.to_string()),
            None => {}
        }
    }
    readers
}

fn columns_made_of<'j>(job: &'j TableJob, origin: &'j Origin) -> impl Iterator<Item = String> + 'j {
    let is_of = move |name: &&str| {
        job.rel.way_of(name).is_some_and(|way| {
            way.from.contains(origin) || way.decided_by.iter().any(|decision| decision.from.contains(origin))
        })
    };
    let schema = job.rel.schema();
    let names: Vec<String> = schema.names().filter(is_of).map(str::to_owned).collect();
    names.into_iter()
}

/// Whether a value of a task's keys is that name.
fn names(value: &serde_json::Value, name: &str) -> bool {
    match value {
        serde_json::Value::String(text) => text == name,
        serde_json::Value::Array(items) => items.iter().any(|item| names(item, name)),
        serde_json::Value::Object(map) => map.iter().any(|(key, item)| key == name || names(item, name)),
        _ => false,
    }
}

/// How the rows of two results differ; None if either table is not kept.
fn row_change(
    task: &TaskName,
    [old, new]: [&tidemill_state::LastGood; 2],
    after: &Version,
    history: &PipelineHistory,
) -> Result<Option<RowChange>, Failure> {
    let is_kept = |result: &tidemill_state::LastGood| result.table.as_ref().is_some_and(|table| table.stored);
    if !is_kept(old) || !is_kept(new) {
        return Ok(None);
    }
    let engine = Arc::clone(&after.engine);
    let (old, new) = (open_table(history, &engine, task, old)?, open_table(history, &engine, task, new)?);
    let key = row_key::choose(history, task, &[], old.schema(), new.schema())?;
    let found = compare::compare(&old, &new, &key.columns)?;
    let columns = found.columns.iter().filter(|column| column.changed > 0).map(|column| column.name.clone()).collect();
    Ok(Some(RowChange {
        task: task.clone(),
        rows: (old.len(), new.len()),
        added: found.added.len() as u64,
        removed: found.removed.len() as u64,
        changed: found.changed.len() as u64,
        columns,
    }))
}
