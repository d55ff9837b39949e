//! The tables of a test.

use std::collections::{BTreeMap, HashMap};

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::diagnostic::failure_of;
use tidemill_core::ids::TaskIx;
use tidemill_core::table::{JobOptions, Schema, TableRef, TableReport};
use tidemill_core::task::{CheckContext, TaskFailure};

use super::scope::TestScope;
use super::{TestedPipeline, given};
use crate::execute::united;

/// What was computed, and what was given.
pub(super) struct Computed {
    reports: HashMap<TaskIx, TableReport>,
}

impl Computed {
    /// A task's table.
    pub fn table(&self, ix: TaskIx) -> Option<&TableRef> {
        self.reports.get(&ix)?.table.as_ref()
    }

    /// The rows that a task has rejected, if it can reject any.
    pub fn rejects(&self, ix: TaskIx) -> Option<&TableRef> {
        self.reports.get(&ix)?.rejects.as_ref()
    }
}

/// Computes all tables of a test.
///
/// # Errors
/// If a table cannot be computed.
pub(super) fn compute(pipeline: &TestedPipeline<'_>, scope: &TestScope<'_>) -> Result<Computed, TaskFailure> {
    let mut computed = Computed { reports: HashMap::new() };
    for (ix, given) in &scope.given {
        let table = given::table(pipeline, *ix, *given)?;
        computed.reports.insert(*ix, TableReport { table: Some(table), ..TableReport::default() });
    }
    for ix in &scope.computed {
        let name = &pipeline.plan.task(*ix).name;
        let report = report(pipeline, *ix, &computed)
            .map_err(|failure| TaskFailure { message: format!("`{name}` failed: {}", failure.message), ..failure })?;
        computed.reports.insert(*ix, report);
    }
    Ok(computed)
}

fn report(pipeline: &TestedPipeline<'_>, ix: TaskIx, computed: &Computed) -> Result<TableReport, TaskFailure> {
    let task = pipeline.plan.task(ix);
    let inputs = inputs(pipeline, ix, computed)?;
    let known: BTreeMap<String, Option<Schema>> =
        inputs.iter().map(|(name, table)| (name.clone(), Some(table.schema.clone()))).collect();
    let project = pipeline.spec.project.as_path();
    let cx = CheckContext::new(pipeline.engine, pipeline.sources, project, &pipeline.plan.storages)
        .tables(&known)
        .published(&|_| false)
        .whole_sources();
    let job = task.task.job(&cx).map_err(|mistakes| match mistakes.is_empty() {
        true => TaskFailure::new("there is nothing to read: its source is not there"),
        false => failure_of(&mistakes, pipeline.sources),
    })?;
    let job = job.ok_or_else(|| TaskFailure::new("its table is not made by the engine"))?;
    let options = JobOptions { inputs: &inputs, origin: &|_| None, cancelled: &NEVER_CANCELLED };
    Ok(pipeline.engine.run(&job, &options)?)
}

/// The tables that a task reads, under the names that the file has for them.
fn inputs(
    pipeline: &TestedPipeline<'_>,
    ix: TaskIx,
    computed: &Computed,
) -> Result<Vec<(String, TableRef)>, TaskFailure> {
    let read = pipeline.plan.task(ix).tables_read();
    read.into_iter().map(|(name, tasks)| Ok((name.to_owned(), table_of(pipeline, &tasks, computed)?))).collect()
}

/// The table of a task, or of all instances of a `foreach`.
pub(super) fn table_of(
    pipeline: &TestedPipeline<'_>,
    tasks: &[TaskIx],
    computed: &Computed,
) -> Result<TableRef, TaskFailure> {
    let table = |ix: &TaskIx| {
        let name = pipeline.plan.task(*ix).name.to_string();
        let table = computed.table(*ix).cloned();
        table.map(|table| (name.clone(), table)).ok_or_else(|| TaskFailure::new(format!("`{name}` has no table")))
    };
    let tables = tasks.iter().map(table).collect::<Result<Vec<_>, _>>()?;
    match &tables[..] {
        [(_, table)] => Ok(table.clone()),
        several => united(pipeline.engine, several, &NEVER_CANCELLED),
    }
}
