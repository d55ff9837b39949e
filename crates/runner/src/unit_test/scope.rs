//! What a test touches: the tasks that are given, those that are compared, and those between.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::ids::TaskIx;
use tidemill_core::plan::{Plan, PlannedTask};
use tidemill_core::spec::{At, Expectation, Fixture, TestSpec};
use tidemill_core::task::EdgeKind;

use super::TestedPipeline;

/// The tasks of a test.
pub(super) struct TestScope<'a> {
    /// What stands for the tables of tasks. Of a `foreach` that is given as a whole, the first instance has all rows.
    pub given: IndexMap<TaskIx, Given<'a>>,
    /// The tasks to compute, in topological order.
    pub computed: Vec<TaskIx>,
    /// What is expected, each of a task or of all instances of one.
    pub expected: Vec<(Vec<TaskIx>, &'a Expectation)>,
}

/// What stands for a table.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    /// The task as the test names it.
    pub task: &'a At<String>,
    /// Its rows; None for none.
    pub rows: Option<&'a Fixture>,
}

impl<'a> TestScope<'a> {
    /// Finds the tasks of a test.
    ///
    /// # Errors
    /// Names that are no tasks, tasks without a table, and tasks between that no test can do.
    pub fn of(pipeline: &TestedPipeline<'_>, test: &'a TestSpec) -> Result<Self, Vec<Diagnostic>> {
        let plan = pipeline.plan;
        let mut mistakes = Vec::new();
        let mut given = IndexMap::new();
        for (task, rows) in &test.given {
            let found = tables(plan, task).map_err(|mistake| mistakes.push(mistake)).unwrap_or_default();
            for (at, ix) in found.into_iter().enumerate() {
                given.insert(ix, Given { task, rows: (at == 0).then_some(rows) });
            }
        }
        let mut expected = Vec::new();
        for expectation in &test.expect {
            match tables(plan, &expectation.task) {
                Ok(tasks) => expected.push((tasks, expectation)),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        let mut wanted: Vec<(TaskIx, &At<String>)> = Vec::new();
        for (tasks, expectation) in &expected {
            wanted.extend(tasks.iter().map(|ix| (*ix, &expectation.task)));
        }
        for task in &test.tasks {
            let found = tables(plan, task).map_err(|mistake| mistakes.push(mistake)).unwrap_or_default();
            wanted.extend(found.into_iter().map(|ix| (ix, task)));
        }
        let between = between(pipeline, wanted, &given, &mut mistakes);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let computed = plan.order.iter().copied().filter(|ix| between.contains(ix)).collect();
        Ok(Self { given, computed, expected })
    }
}

/// The tasks of that name, all instances of a `foreach`.
fn tables(plan: &Plan, name: &At<String>) -> Result<Vec<TaskIx>, Diagnostic> {
    let found: Vec<TaskIx> = plan.named(name).into_iter().collect();
    let Some(first) = found.first() else {
        let unknown = Diagnostic::error(format!("there is no task `{}`", name.value)).at(name.span, "");
        return Err(unknown.suggest(name, plan.tasks.iter().map(|task| task.name.as_str())));
    };
    if plan.task(*first).io.table {
        return Ok(found);
    }
    let message = format!("`{}` makes no table, and a test looks at tables alone", name.value);
    Err(Diagnostic::error(message).at(name.span, format!("a task of the type {}", plan.task(*first).task_type.name)))
}

/// The wanted tasks and those before them, up to what is given.
fn between(
    pipeline: &TestedPipeline<'_>,
    wanted: Vec<(TaskIx, &At<String>)>,
    given: &IndexMap<TaskIx, Given<'_>>,
    mistakes: &mut Vec<Diagnostic>,
) -> BTreeSet<TaskIx> {
    let mut between = BTreeSet::new();
    let mut open = wanted;
    while let Some((ix, asked)) = open.pop() {
        if given.contains_key(&ix) || !between.insert(ix) {
            continue;
        }
        let task = pipeline.plan.task(ix);
        match cannot_be_done(task) {
            Some(why) => {
                let message = format!("`{}` {why}, which a test does not do", task.name);
                let mistake = Diagnostic::error(message).at(asked.span, "needs its table");
                mistakes.push(mistake.help(format!("give its rows: `given: {{{}: […]}}`", task.name)));
            }
            None => {
                let tables = task.needs.iter().filter(|need| need.what == EdgeKind::Table);
                open.extend(tables.map(|need| (need.task, asked)));
            }
        }
    }
    between
}

/// Why a test cannot compute a task's table.
fn cannot_be_done(task: &PlannedTask) -> Option<&'static str> {
    if task.task_type.supervised {
        return Some("runs a command");
    }
    if task.needs.iter().any(|need| need.what == EdgeKind::Files) {
        return Some("reads files that another task writes");
    }
    task.io
        .files
        .iter()
        .any(|file| file.path.value.scheme().is_some())
        .then_some("reads from elsewhere than this machine")
}
