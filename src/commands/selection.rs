//! Selectors on the command line.

use std::collections::HashSet;

use tidemill_core::event::TaskStatus;
use tidemill_core::ids::TaskName;
use tidemill_core::plan::{Selection, select};
use tidemill_core::table::TableEngine;
use tidemill_state::State;

use crate::failure::Failure;
use tidemill_runner::dry_run::{DryRun, DryRunAction};
use tidemill_runner::project::Project;

/// More names than these are only counted.
const NAMED: usize = 10;

/// The tasks that the selectors mean, all if there is none; without those of `exclude` and what needs them.
pub fn selected(
    project: &Project,
    engine: &dyn TableEngine,
    selectors: &[String],
    exclude: &[String],
) -> Result<Selection, Failure> {
    let plan = &project.plan;
    let by_method = |method: &str, value: &str| match method {
        "result" => with_result(project, value),
        "state" => in_state(project, engine, value),
        _ => None,
    };
    let find = |selectors: &[String]| {
        select(plan, selectors, &by_method).map_err(|error| {
            let failure = Failure::wrong(error.message);
            match error.help {
                Some(help) => failure.help(help),
                None => failure,
            }
        })
    };
    let mut selection = if selectors.is_empty() { plan.all() } else { find(selectors)? };
    if !exclude.is_empty() {
        let excluded = find(exclude)?;
        // What stays would run what it needs all the same.
        let left_out = plan.with_needed_by(&excluded);
        let along: Vec<&str> = selection
            .intersection(&left_out)
            .filter(|ix| !excluded.contains(ix))
            .map(|ix| plan.task(*ix).name.as_str())
            .collect();
        selection.retain(|ix| !left_out.contains(ix));
        if selection.is_empty() {
            return Err(Failure::wrong("nothing is left: every task is excluded, or needs one that is"));
        }
        if !along.is_empty() {
            eprintln!("left out, since they need what is excluded: {}", named(&along));
        }
    }
    Ok(selection)
}

fn named(names: &[&str]) -> String {
    let (first, rest) = names.split_at(names.len().min(NAMED));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    first.join(", ") + &more
}

/// `result:failed`: the tasks that ended so in the last run.
fn with_result(project: &Project, value: &str) -> Option<Selection> {
    let status = match value {
        "success" | "succeeded" => TaskStatus::Success,
        "failed" => TaskStatus::Failed,
        "skipped" => TaskStatus::Skipped,
        "cancelled" => TaskStatus::Cancelled,
        _ => return Some(Selection::new()),
    };
    let ended: HashSet<TaskName> = State::open_read_only(&project.spec.project)
        .ok()
        .flatten()
        .and_then(|state| {
            let run = state.last_run(&project.spec.name.value).ok()??;
            state.tasks_of(&run.id).ok()
        })
        .unwrap_or_default()
        .into_iter()
        .filter(|record| record.status == status)
        .map(|record| record.task)
        .collect();
    Some(project.plan.all().into_iter().filter(|ix| ended.contains(&project.plan.task(*ix).name)).collect())
}

/// `state:modified`: the tasks that would run for a reason of their own; `state:new`: those that never ran.
fn in_state(project: &Project, engine: &dyn TableEngine, value: &str) -> Option<Selection> {
    let dry_run = DryRun::of(project, engine, &project.plan.all(), &Selection::new(), false).ok()?;
    let is_meant = |reasons: &[String]| reasons.iter().any(|reason| reason == "never ran" || reason == "first run");
    let meant = dry_run.tasks.iter().filter(|task| match value {
        "modified" => task.action == DryRunAction::Run && !task.own_reasons.is_empty(),
        "new" => is_meant(&task.reasons),
        _ => false,
    });
    Some(meant.map(|task| task.task).collect())
}
