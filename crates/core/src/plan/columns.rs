//! The columns and types of every table, through the whole graph, before anything runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::Duration;

use crate::attempt::{CancelToken, NEVER_CANCELLED, TimeLimit};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceMap};
use crate::ids::{TaskIx, TaskName};
use crate::side_by_side::side_by_side;
use crate::spec::RuntimeNames;
use crate::table::{Location, Schema, TableEngine, TableJob};
use crate::task::{CheckContext, EdgeKind, FileRole};

use super::instances::with_instances;
use super::targets;
use super::{Plan, PlannedTask, Selection, TaskSchemas, UNITED_HELP, united_schema};

/// How long a task's sources are looked at before anything runs: a view of a database may take any time, or never end.
static LIMIT: LazyLock<TimeLimit> = LazyLock::new(|| TimeLimit::new(MOST_TIME));

/// The time after which a source that does not answer is given up by `check` and whatever checks.
pub const MOST_TIME: Duration = Duration::from_secs(5);

/// What checking needs beside the plan.
pub struct CheckOptions<'a> {
    /// Asked for the head of sources.
    pub engine: &'a dyn TableEngine,
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// Columns that are known from elsewhere: of the pipeline's tasks, where the plan is a handler's.
    pub outer: &'a BTreeMap<String, Option<Schema>>,
    /// What is believed of tasks that read from elsewhere than this machine, instead of looking there.
    pub offline: Option<&'a BTreeMap<TaskName, Schema>>,
}

/// Finds the columns of every task's table in topological order and adds all mistakes to `diagnostics`.
///
/// A task whose upstream has mistakes is checked as far as it can be, and nothing is said of columns that cannot be known.
///
/// Only the heads of sources are looked at, unless there are mistakes that a column in later rows may explain.
pub fn check_columns(plan: &Plan, options: &CheckOptions<'_>, diagnostics: &mut Diagnostics) -> TaskSchemas {
    let mut found = Diagnostics::default();
    let columns = look_at(plan, options, false, &mut found);
    if !found.has_errors() || !plan.tasks.iter().any(|task| task.task.has_open_columns()) {
        diagnostics.extend(found.into_list());
        return columns;
    }
    look_at(plan, options, true, diagnostics)
}

fn look_at(plan: &Plan, options: &CheckOptions<'_>, all_keys: bool, diagnostics: &mut Diagnostics) -> TaskSchemas {
    let mut columns: TaskSchemas = vec![None; plan.tasks.len()];
    let mut warnings = Vec::new();
    for level in levels(plan) {
        let checked = side_by_side(&level, |ix| check_with(plan, *ix, &columns, options, all_keys));
        let mut mistakes = Vec::new();
        for (ix, checked) in level.into_iter().zip(checked) {
            columns[ix.index()] = checked.columns;
            mistakes.push((ix, checked.mistakes));
            warnings.extend(checked.warnings);
        }
        diagnostics.extend(with_instances(plan, mistakes));
    }
    diagnostics.extend(warnings);
    columns
}

/// The tasks by the length of the longest way that leads to them: those of a level need only tasks of the levels before.
fn levels(plan: &Plan) -> Vec<Vec<TaskIx>> {
    let mut level_of = vec![0; plan.tasks.len()];
    let mut levels: Vec<Vec<TaskIx>> = Vec::new();
    for ix in &plan.order {
        let level = plan.task(*ix).needs.iter().map(|need| level_of[need.task.index()] + 1).max().unwrap_or(0);
        level_of[ix.index()] = level;
        if level == levels.len() {
            levels.push(Vec::new());
        }
        levels[level].push(*ix);
    }
    levels
}

/// What checking one task finds.
struct Checked {
    /// Its columns as far as they are known.
    columns: Option<Schema>,
    mistakes: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

/// Checks one task against the columns of those before it.
fn check_with(plan: &Plan, ix: TaskIx, columns: &TaskSchemas, options: &CheckOptions<'_>, all_keys: bool) -> Checked {
    let task = plan.task(ix);
    let (tables, disunited) = tables_before(plan, ix, columns, options);
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
    let published = |location: &Location| !plan.published.publishers(project, location).is_empty();
    let cancelled = limit_of(task);
    let cx = CheckContext::new(options.engine, options.sources, project, &plan.storages)
        .tables(&tables)
        .before(&before)
        .secrets(&secrets)
        .published(&published)
        .all_keys(all_keys)
        .cancelled(&cancelled);
    mistakes.extend(disunited);
    if let Some(known) = options.offline.filter(|_| reads_elsewhere(task)) {
        let columns = known.get(&task.name).cloned();
        let warnings = vec![believed(task, columns.is_some())];
        return Checked { columns, mistakes, warnings };
    }
    let columns = task.task.check(&cx).unwrap_or_else(|more| {
        mistakes.extend(more);
        task.task.columns_despite_mistakes(&cx)
    });
    // Offline, tables of databases are not looked at either.
    let writes = options.offline.is_none() && task.sinks.iter().any(|sink| sink.options.database.is_some());
    if let Some(schema) = columns.as_ref().filter(|_| writes) {
        mistakes.extend(targets::misfits(task, schema, &plan.storages, &LIMIT.token()));
    }
    let warnings = task.task.warnings(&cx);
    // What a source holds may be another thing tomorrow.
    let reads_source = reads_source(task);
    let of_task = |mistake: Diagnostic| {
        let mistake = mistake.of_task(&task.name);
        if reads_source { mistake.passing() } else { mistake }
    };
    let mistakes = mistakes.into_iter().map(of_task).collect();
    Checked { columns, mistakes, warnings }
}

/// Whether it reads files as tables.
fn reads_source(task: &PlannedTask) -> bool {
    task.io.files.iter().any(|file| matches!(file.role, FileRole::Source | FileRole::Sqlite))
}

/// Whether what it reads lies elsewhere than on this machine.
fn reads_elsewhere(task: &PlannedTask) -> bool {
    task.io.files.iter().any(|file| file.path.value.scheme().is_some())
}

/// That a source was not looked at.
fn believed(task: &PlannedTask, is_known: bool) -> Diagnostic {
    let what = if is_known {
        "its columns are those of its last run"
    } else {
        "its columns are not known: it has not run yet"
    };
    let place = task.io.files.first().map_or(task.spec.id.span, |file| file.path.span);
    Diagnostic::warning(format!("`{}` was not looked at: {what}", task.name)).at(place, "read elsewhere")
}

/// What ends a look at a task's sources.
fn limit_of(task: &PlannedTask) -> CancelToken {
    if reads_source(task) { LIMIT.token() } else { NEVER_CANCELLED.clone() }
}

/// The columns of the tables that a task reads, under the names by which the file has them; and where instances of a `foreach`
/// that it reads together do not fit each other.
fn tables_before(
    plan: &Plan,
    ix: TaskIx,
    columns: &TaskSchemas,
    options: &CheckOptions<'_>,
) -> (BTreeMap<String, Option<Schema>>, Vec<Diagnostic>) {
    let task = plan.task(ix);
    let (mut tables, mut mistakes) = (options.outer.clone(), Vec::new());
    let mut named: BTreeMap<&str, BTreeSet<TaskIx>> = BTreeMap::new();
    for need in &task.needs {
        named.entry(&need.named).or_default().insert(need.task);
    }
    for (name, instances) in named {
        let known = instances.iter().map(|ix| Some((plan.task(*ix).name.as_str(), columns[ix.index()].as_ref()?)));
        let is_read = task.needs.iter().any(|need| need.named == name && need.what == EdgeKind::Table);
        let united = match known.collect::<Option<Vec<_>>>() {
            Some(known) if is_read => united_schema(&known).map(Some),
            Some(known) => Ok(known.last().map(|(_, schema)| (*schema).clone())),
            None => Ok(None),
        };
        tables.insert(
            name.to_owned(),
            united.unwrap_or_else(|wrong| {
                let mistake = Diagnostic::error(wrong).at(task.spec.id.span, format!("it reads all of `{name}`"));
                mistakes.push(mistake.help(UNITED_HELP).passing());
                None
            }),
        );
    }
    (tables, mistakes)
}

/// The jobs of those of the tasks that are table tasks and without mistakes.
pub fn jobs(
    plan: &Plan,
    wanted: &Selection,
    columns: &TaskSchemas,
    options: &CheckOptions<'_>,
) -> BTreeMap<TaskIx, TableJob> {
    let project = plan.spec.project.as_path();
    let published = |location: &Location| !plan.published.publishers(project, location).is_empty();
    let job = |ix: &TaskIx| {
        let (tables, _) = tables_before(plan, *ix, columns, options);
        let cancelled = limit_of(plan.task(*ix));
        let cx = CheckContext::new(options.engine, options.sources, project, &plan.storages)
            .tables(&tables)
            .published(&published)
            .cancelled(&cancelled);
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
