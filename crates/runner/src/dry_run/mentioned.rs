//! The tasks before one that its texts and its condition speak of.

use std::collections::BTreeMap;

use tidemill_core::ids::TaskIx;
use tidemill_core::plan::{Plan, Selection};
use tidemill_core::task::TaskFacts;

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
