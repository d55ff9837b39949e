//! What a run would do, as text or as an object a line: for `plan` and `run --dry-run`.

use serde::Serialize;
use tidemill_core::ids::TaskName;
use tidemill_core::plan::Plan;
use tidemill_core::table::TablePlace;
use tidemill_runner::dry_run::{DryRun, DryRunAction, DryRunTask};
use tidemill_runner::leftovers::sentence;

use crate::summary::seconds;
use crate::terminal::{Paint, Stream};
use crate::wrapped::wrapped;

/// Columns of the word for what is done, and of what parts it from the task.
const BELOW: usize = "restore  ".len();

/// A task for programs.
#[derive(Serialize)]
struct DryRunLine<'a> {
    task: &'a TaskName,
    action: DryRunAction,
    reasons: &'a [String],
    #[serde(flatten)]
    place: &'a TablePlace,
}

/// What runs with its reasons, then what is restored, then how many are cached; as JSON, an object a line.
pub fn shown(dry_run: &DryRun, plan: &Plan, json: bool, paint: Paint) -> String {
    if !json {
        return text(dry_run, plan, paint);
    }
    let line = |planned: &DryRunTask| {
        let task = plan.task(planned.task);
        let line =
            DryRunLine { task: &task.name, action: planned.action, reasons: &planned.reasons, place: &planned.place };
        // Strings cannot fail to become JSON.
        serde_json::to_string(&line).unwrap_or_default() + "\n"
    };
    dry_run.tasks.iter().map(line).collect()
}

/// Tells of published files that no task makes any more, if there are some.
pub fn tell_leftovers(dry_run: &DryRun, paint: Paint) {
    if let Some(told) = sentence(&dry_run.leftovers) {
        eprintln!("{} {told}", paint.yellow("warning"));
    }
}

fn text(dry_run: &DryRun, plan: &Plan, paint: Paint) -> String {
    let room = Stream::Stdout.room();
    let shown: Vec<&DryRunTask> =
        dry_run.tasks.iter().filter(|planned| planned.action != DryRunAction::Cached).collect();
    let width = shown.iter().map(|planned| plan.task(planned.task).name.as_str().len()).max().unwrap_or(0);
    let kinds = shown.iter().map(|planned| plan.task(planned.task).task_type.name.len()).max().unwrap_or(0);
    // Where a task's description begins: behind its name and type, or below them if these are long.
    let beside = BELOW + width + kinds + 4;
    let mut text = String::new();
    for planned in &shown {
        let task = plan.task(planned.task);
        let action = match planned.action {
            DryRunAction::Run => paint.cyan("run    "),
            DryRunAction::Restore => paint.yellow("restore"),
            DryRunAction::Skip => paint.dim("skip   "),
            DryRunAction::Cached => paint.dim("cached "),
        };
        let kind = paint.dim(format!("{:kinds$}", task.task_type.name));
        let why = format!("because {}", told(&planned.reasons));
        let place = planned.place.planned().map(|place| format!(", {place}")).unwrap_or_default();
        let described = task.task.describe() + &place;
        if beside > room / 2 {
            let below = |text: &str| wrapped(text, room, BELOW, BELOW);
            text += &format!("{action}  {}  {kind}\n{:BELOW$}{}\n", task.name, "", paint.dim(below(&described)));
            text += &format!("{:BELOW$}{}\n", "", below(&why));
            continue;
        }
        let in_lines = |text: &str| wrapped(text, room, beside, beside);
        text += &format!("{action}  {:width$}  {kind}  {}\n", task.name, paint.dim(in_lines(&described)));
        text += &format!("{:beside$}{}\n", "", in_lines(&why));
    }
    let count = |action: DryRunAction| dry_run.tasks.iter().filter(|planned| planned.action == action).count();
    let mut parts = vec![format!("{} to run", count(DryRunAction::Run))];
    if count(DryRunAction::Restore) > 0 {
        parts.push(format!("{} to restore", count(DryRunAction::Restore)));
    }
    if count(DryRunAction::Skip) > 0 {
        parts.push(format!("{} to skip", count(DryRunAction::Skip)));
    }
    parts.push(format!("{} cached", count(DryRunAction::Cached)));
    let expected = dry_run
        .expected(plan)
        .map(|(all, longest)| format!("; expected {} of work, the longest way {}", seconds(all), seconds(longest)));
    text + &format!("{}{}\n", parts.join(", "), expected.unwrap_or_default())
}

/// Reasons in a line; many of one sort are cut.
fn told(reasons: &[String]) -> String {
    const MOST: usize = 6;
    let mut text = reasons.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    if reasons.len() > MOST {
        text += &format!(" and {} more", reasons.len() - MOST);
    }
    text
}
