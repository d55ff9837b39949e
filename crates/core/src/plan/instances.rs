//! Mistakes that some instances of a `foreach` have and others do not.

use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, Severity};
use crate::ids::{TaskIx, TaskName};

use super::Plan;

/// So many instances are named in a message.
const NAMED: usize = 3;

/// A mistake, whichever task has it, and the `foreach` of those that do.
type Alike<'p> = (Option<&'p TaskName>, Diagnostic);

/// The tasks with it, each with its own form of the mistake.
type Those = Vec<(TaskIx, Diagnostic)>;

/// The mistakes of tasks: one that not all instances of its `foreach` have names those that do, and their files.
pub(super) fn with_instances(plan: &Plan, found: Vec<(TaskIx, Vec<Diagnostic>)>) -> Vec<Diagnostic> {
    let mut alike: IndexMap<Alike<'_>, Those> = IndexMap::new();
    for (ix, mistakes) in found {
        let group = plan.task(ix).spec.foreach.as_ref().map(|group| &group.id);
        for mistake in mistakes {
            alike.entry((group, Diagnostic { task: None, ..mistake.clone() })).or_default().push((ix, mistake));
        }
    }
    let told = |((group, mistake), those): (Alike<'_>, Those)| {
        let all = group.map_or(0, |group| plan.named(group.as_str()).len());
        let only = (those.len() < all && mistake.severity == Severity::Error).then(|| only(plan, &those));
        those.into_iter().map(move |(_, mistake)| match &only {
            Some(only) => mistake.help(only.clone()),
            None => mistake,
        })
    };
    alike.into_iter().flat_map(told).collect()
}

fn only(plan: &Plan, those: &[(TaskIx, Diagnostic)]) -> String {
    let named: Vec<String> = those.iter().take(NAMED).map(|(ix, _)| instance(plan, *ix)).collect();
    let more = if those.len() > NAMED { format!(" and {} more", those.len() - NAMED) } else { String::new() };
    format!("only {}{more}, not in the other instances", named.join(", "))
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
