//! What lies before a task, as far as it bears on what will be done with it.

use std::collections::{BTreeMap, HashMap, HashSet};

use tidemill_core::ids::{TaskIx, TaskName};
use tidemill_core::plan::{Plan, Selection};
use tidemill_core::spec::TriggerRule;
use tidemill_core::task::{EdgeKind, TaskFacts};

use crate::cache_index::ResultDigests;
use crate::project::Project;

/// Which tasks before one its texts and its condition speak of.
pub struct MentionedTasks {
    /// All before it, however far; empty if nothing is said of any.
    before: Selection,
    /// Those whose facts enter its texts.
    pub in_texts: Vec<TaskIx>,
    /// Those whose facts its `when` looks at.
    pub in_condition: Vec<TaskIx>,
}

impl MentionedTasks {
    /// Of that task.
    pub fn by(project: &Project, ix: TaskIx) -> Self {
        let plan = &*project.plan;
        let task = plan.task(ix);
        let texts = if task.io.facts { task.task.names(&plan.spec.project, &project.sources) } else { Vec::new() };
        let when = task.spec.common.when.as_ref();
        let condition: Vec<Vec<String>> = when
            .map(|when| when.uses(&project.sources).into_iter().map(|used| used.parts).collect())
            .unwrap_or_default();
        let is_of_tasks = |name: &Vec<String>| name.first().is_some_and(|root| root == "tasks");
        if !texts.iter().chain(&condition).any(is_of_tasks) {
            return Self { before: Selection::new(), in_texts: Vec::new(), in_condition: Vec::new() };
        }
        let mut before = plan.with_needs(&Selection::from([ix]));
        before.remove(&ix);
        let among = |names: &[Vec<String>]| {
            let says = |name: &str| {
                names.iter().filter(|used| is_of_tasks(used)).any(|used| used.get(1).is_none_or(|one| one == name))
            };
            before.iter().copied().filter(|ix| says(plan.task(*ix).name.as_str())).collect()
        };
        let (in_texts, in_condition) = (among(&texts), among(&condition));
        Self { before, in_texts, in_condition }
    }

    /// Of all that is known, what such a task may know.
    pub fn facts(&self, plan: &Plan, all: &BTreeMap<String, TaskFacts>) -> BTreeMap<String, TaskFacts> {
        let names = self.before.iter().map(|ix| plan.task(*ix).name.as_str());
        names.filter_map(|name| Some((name.to_owned(), all.get(name)?.clone()))).collect()
    }
}

/// Why a task would be skipped after those before it: they themselves would be, or it waits for a failure, which is not
/// expected.
pub fn skipped(plan: &Plan, ix: TaskIx, skips: &HashSet<TaskIx>) -> Option<String> {
    let task = plan.task(ix);
    let rule = task.spec.common.trigger_rule;
    let counts = |what: EdgeKind| what != EdgeKind::Order || rule == TriggerRule::AllSuccess;
    let above = task.needs.iter().find(|need| counts(need.what) && skips.contains(&need.task));
    match above {
        Some(need) => Some(format!("`{}` is skipped", plan.task(need.task).name)),
        None => (rule == TriggerRule::OneFailed).then(|| "it runs only if a task before it fails".to_owned()),
    }
}

/// Why nobody can read the table of a `foreach` without items whose columns depend on the item.
pub fn no_columns(name: &TaskName) -> String {
    format!("`{name}` has no items, so its columns are not known")
}

/// The same as far as `results` tells it before a run.
pub fn lacks_columns(plan: &Plan, ix: TaskIx, results: &HashMap<TaskIx, ResultDigests>) -> Option<String> {
    let reads = plan.task(ix).needs.iter().filter(|need| need.what == EdgeKind::Table).map(|need| need.task);
    let has_no_table = |other: &TaskIx| results.get(other).is_some_and(|digests| digests.table.is_none());
    let empty = reads.filter(|other| plan.task(*other).spec.has_no_items).find(has_no_table)?;
    Some(no_columns(&plan.task(empty).name))
}

/// The tasks above that would run and whose results or facts it reads, in the order of the file, each once.
pub fn running(plan: &Plan, ix: TaskIx, runs: &HashSet<TaskIx>, mentioned: &MentionedTasks) -> Vec<TaskIx> {
    let reads_order = plan.task(ix).task_type.reads_order;
    let needs = plan.task(ix).needs.iter().filter(|need| need.what != EdgeKind::Order || reads_order);
    let read = needs.map(|need| need.task).chain(mentioned.in_texts.iter().copied());
    let mut above: Vec<TaskIx> = read.filter(|task| runs.contains(task)).collect();
    above.sort();
    above.dedup();
    above
}
