//! Mistakes that some instances of a `foreach` have and others do not.

use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, Severity};
use crate::ids::{TaskIx, TaskName};

use super::Plan;

/// So many instances are named in a message.
const NAMED: usize = 3;

/// The mistakes of tasks, each once: one that not all instances of its `foreach` have names those that do, and their files.
pub(super) fn with_instances(plan: &Plan, found: Vec<(TaskIx, Vec<Diagnostic>)>) -> Vec<Diagnostic> {
    let mut tasks: IndexMap<(Option<&TaskName>, Diagnostic), Vec<TaskIx>> = IndexMap::new();
    for (ix, mistakes) in found {
        let group = plan.task(ix).spec.foreach.as_ref().map(|group| &group.id);
        for mistake in mistakes {
            tasks.entry((group, mistake)).or_default().push(ix);
        }
    }
    let told = |((group, mistake), tasks): ((Option<&TaskName>, Diagnostic), Vec<TaskIx>)| {
        let all = group.map_or(0, |group| plan.named(group.as_str()).len());
        if tasks.len() >= all || mistake.severity != Severity::Error {
            return mistake;
        }
        let named: Vec<String> = tasks.iter().take(NAMED).map(|ix| instance(plan, *ix)).collect();
        let more = if tasks.len() > NAMED { format!(" and {} more", tasks.len() - NAMED) } else { String::new() };
        mistake.help(format!("only {}{more}, not in the other instances", named.join(", ")))
    };
    tasks.into_iter().map(told).collect()
}

/// ``in `clean[7]`, of `data/7.csv` ``.
fn instance(plan: &Plan, ix: TaskIx) -> String {
    let task = plan.task(ix);
    let before = task.needs.iter().map(|need| plan.task(need.task));
    let file = std::iter::once(task).chain(before).find_map(|task| task.io.files.first());
    match file {
        Some(file) => format!("in `{}`, which is of `{}`", task.name, file.path.value),
        None => format!("in `{}`", task.name),
    }
}
