//! The columns and types of every table, through the whole graph, before anything runs.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Diagnostics, SourceMap};
use crate::ids::{TaskIx, TaskName};
use crate::kind::CheckCx;
use crate::spec::RuntimeNames;
use crate::table::{Schema, TableEngine, TableJob};

use super::paths::Published;
use super::{Columns, Plan, Selection};

/// What checking needs beside the plan.
pub struct CheckOptions<'a> {
    /// Asked for the head of sources.
    pub engine: &'a dyn TableEngine,
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// Columns that are known from elsewhere: of the pipeline's tasks, where the plan is a handler's.
    pub outer: &'a BTreeMap<String, Option<Schema>>,
}

/// Finds the columns of every task's table in topological order and adds all mistakes to `diagnostics`.
///
/// A task whose upstream has mistakes is checked as far as it can be, and nothing is said of columns that cannot be known.
pub fn check_columns(plan: &Plan, options: &CheckOptions<'_>, diagnostics: &mut Diagnostics) -> Columns {
    let published = Published::gather(&plan.spec, &plan.tasks, &mut Diagnostics::default());
    let mut columns: Columns = vec![None; plan.tasks.len()];
    let mut warnings = Vec::new();
    for ix in &plan.order {
        let (schema, mistakes) = check_with(plan, *ix, &columns, options, &published, &mut warnings);
        columns[ix.index()] = schema;
        diagnostics.extend(mistakes);
    }
    diagnostics.extend(warnings);
    columns
}

/// Checks one task against the columns of those before it.
///
/// # Errors
/// All mistakes found in it.
pub fn check_task(
    plan: &Plan,
    ix: TaskIx,
    columns: &Columns,
    options: &CheckOptions<'_>,
) -> Result<Option<Schema>, Vec<Diagnostic>> {
    let published = Published::gather(&plan.spec, &plan.tasks, &mut Diagnostics::default());
    let (schema, mistakes) = check_with(plan, ix, columns, options, &published, &mut Vec::new());
    if mistakes.is_empty() { Ok(schema) } else { Err(mistakes) }
}

/// The task's columns as far as they are known, and what is wrong with it.
fn check_with(
    plan: &Plan,
    ix: TaskIx,
    columns: &Columns,
    options: &CheckOptions<'_>,
    published: &Published,
    warnings: &mut Vec<Diagnostic>,
) -> (Option<Schema>, Vec<Diagnostic>) {
    let task = plan.task(ix);
    let tables = tables_before(plan, ix, columns, options);
    let project = plan.spec.project.as_path();
    let before = tasks_before(plan, ix, options);
    let secrets: Vec<String> = plan.spec.secrets.iter().map(|name| name.value.clone()).collect();
    let mut mistakes = task.spec.common.when.as_ref().map_or_else(Vec::new, |when| {
        let known = RuntimeNames {
            tasks: before.iter().map(String::as_str).collect(),
            secrets: secrets.iter().map(String::as_str).collect(),
            ..RuntimeNames::default()
        };
        when.check(&task.spec.scope, &known, options.sources)
    });
    let cx = CheckCx {
        engine: options.engine,
        sources: options.sources,
        project,
        tables: &tables,
        before: &before,
        secrets: &secrets,
        published: &|location| !published.publishers(project, location).is_empty(),
        whole_sources: false,
    };
    warnings.extend(task.task.warnings(&cx));
    let schema = task.task.check(&cx).unwrap_or_else(|more| {
        mistakes.extend(more);
        task.task.columns_despite_mistakes(&cx)
    });
    (schema, mistakes)
}

/// The columns of the tables that a task reads, under the names by which the file has them.
fn tables_before(
    plan: &Plan,
    ix: TaskIx,
    columns: &Columns,
    options: &CheckOptions<'_>,
) -> BTreeMap<String, Option<Schema>> {
    let mut tables = options.outer.clone();
    for need in &plan.task(ix).needs {
        tables.insert(need.named.clone(), columns[need.task.index()].clone());
    }
    tables
}

/// The jobs of those of the tasks that are table tasks and without mistakes.
pub fn jobs(
    plan: &Plan,
    wanted: &Selection,
    columns: &Columns,
    options: &CheckOptions<'_>,
) -> BTreeMap<TaskIx, TableJob> {
    let published = Published::gather(&plan.spec, &plan.tasks, &mut Diagnostics::default());
    let project = plan.spec.project.as_path();
    let job = |ix: &TaskIx| {
        let cx = CheckCx {
            engine: options.engine,
            sources: options.sources,
            project,
            tables: &tables_before(plan, *ix, columns, options),
            before: &[],
            secrets: &[],
            published: &|location| !published.publishers(project, location).is_empty(),
            whole_sources: false,
        };
        Some((*ix, plan.task(*ix).task.job(&cx).ok()??))
    };
    wanted.iter().filter_map(job).collect()
}

/// The tasks that the texts of a task and its condition may name; none are gathered for a task that has neither.
fn tasks_before(plan: &Plan, ix: TaskIx, options: &CheckOptions<'_>) -> Vec<String> {
    let (task, spec) = (plan.task(ix), &*plan.spec);
    if !task.io.facts && task.spec.common.when.is_none() {
        return Vec::new();
    }
    let mut before: Vec<String> = options.outer.keys().cloned().collect();
    let is_planned = |name: &TaskName| plan.find(name.as_str()).is_some() || options.outer.contains_key(name.as_str());
    if spec.broken.is_empty() && spec.tasks.keys().all(is_planned) {
        let mut above = plan.with_needs(&Selection::from([ix]));
        above.remove(&ix);
        before.extend(above.into_iter().map(|ix| plan.task(ix).name.to_string()));
    } else {
        // Behind a task with mistakes of its own it is not known what goes before.
        before.extend(spec.tasks.keys().chain(&spec.broken).map(ToString::to_string));
    }
    before
}
