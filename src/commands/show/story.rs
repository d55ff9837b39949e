//! What there is to say of a run beside its numbers.

use serde_json::Value;
use tidemill_core::event::TaskStatus;
use tidemill_core::ids::TaskName;
use tidemill_core::table::CheckSeverity;
use tidemill_state::{Run, RunStatus, TaskRecord, WholeRun, counts_text, run_time};

use super::View;
use crate::accounting::Account;
use crate::commands::history::status_emphasis;
use crate::summary::seconds;
use crate::text_table::{one_line, shortened};
use crate::wrapped::wrapped;
use tidemill_core::format::thousands;

/// The run itself: how it stands, when, by whom, with what.
pub fn head(run: &Run, view: &View) -> String {
    let status = run.status();
    let mut text = format!("{} {}", view.paint.bold(&run.id), status_emphasis(status).paint(view.paint, status.word()));
    text += &match (run_time(run, view.now), status) {
        (Some(time), RunStatus::Running) => format!(" for {}", seconds(time)),
        (Some(time), _) => format!(" in {}", seconds(time)),
        (None, _) => String::new(),
    };
    text += &run.counts.as_ref().map(|counts| format!(": {}", counts_text(counts))).unwrap_or_default();
    text.push('\n');
    let mut fact = |name: &str, value: String| {
        let room = view.room.saturating_sub(11);
        text += &format!("  {}{}\n", view.paint.dim(format!("{name:9}")), shortened(&one_line(value), room));
    };
    fact("started", format!("{}, {}", view.clock.show_with_zone(run.start.started), run.start.trigger));
    if run.start.trigger != "manual" {
        fact("for", run.start.logical_time.clone());
    }
    if !run.start.selection.is_empty() {
        fact("selected", run.start.selection.join(" "));
    }
    if let Some(params) = run.start.params.as_object().filter(|params| !params.is_empty()) {
        let params: Vec<String> = params.iter().map(|(name, value)| format!("{name}={}", plain(value))).collect();
        fact("params", params.join("  "));
    }
    text.push('\n');
    text
}

/// Where an engine tells of its part of the run.
pub fn engine_pages(tasks: &[TaskRecord], view: &View) -> String {
    let mut pages: Vec<&String> = tasks.iter().filter_map(|task| task.report.place.engine_page.as_ref()).collect();
    pages.dedup();
    let line = |page: &String| format!("  {} {page}\n", view.paint.dim("statements"));
    let lines: String = pages.into_iter().map(line).collect();
    if lines.is_empty() { lines } else { lines + "\n" }
}

/// Rejected and dropped rows, broken checks and warnings.
pub fn notes(tasks: &[TaskRecord], view: &View) -> String {
    let mut text = String::new();
    for task in tasks {
        for note in Account::of(&task.report).notes() {
            let note = format!("{} {}: {}", view.paint.yellow("note"), task.task, one_line(note));
            text += &(wrapped(&note, view.room, 0, 2) + "\n");
        }
    }
    for task in tasks {
        let checks =
            task.report.checks.iter().filter(|check| check.bad_rows > 0 && check.severity == CheckSeverity::Warn);
        let checks = checks.map(|check| format!("check `{}`: {} bad rows", check.name, thousands(check.bad_rows)));
        // What an executor says of a check it says as a warning too.
        let checks: Vec<String> = if task.report.warnings.is_empty() { checks.collect() } else { Vec::new() };
        for warning in task.report.warnings.iter().chain(&checks) {
            let warning = format!("{} {}: {}", view.paint.yellow("warning"), task.task, one_line(warning.clone()));
            text += &(wrapped(&warning, view.room, 0, 2) + "\n");
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// Why tasks failed.
pub fn errors(tasks: &[TaskRecord], view: &View) -> String {
    let mut text = String::new();
    for task in tasks.iter().filter(|task| task.status == TaskStatus::Failed) {
        let message = task.error.as_ref().map_or("it is not known why", |error| error.message.as_str());
        let head = format!("{} {} ({}): {message}", view.paint.red("error"), view.paint.bold(&task.task), task.kind);
        text += &(wrapped(&head, view.room, 0, 2) + "\n");
        if let Some(error) = &task.error {
            for line in &error.tail {
                text += &format!("  {} {}\n", view.paint.dim("│"), one_line(line.clone()));
            }
            for help in &error.help {
                let help = format!("{} {help}", view.paint.cyan("help:"));
                text += &format!("  {}\n", wrapped(&help, view.room, 2, 8));
            }
        }
        if task.attempts > 1 {
            text += &format!("  {} {}\n", view.paint.dim("attempts:"), task.attempts);
        }
        text += &format!("  {} {}/{}.log\n\n", view.paint.dim("log:"), view.logs, task.task);
    }
    text
}

/// What was published.
pub fn outputs(whole: &WholeRun, view: &View) -> String {
    let of = |task: &TaskRecord| whole.outputs.get(&task.task).cloned().unwrap_or_default();
    let named = |task: &TaskRecord| of(task).into_iter().map(|path| (task.task.clone(), path)).collect::<Vec<_>>();
    let outputs: Vec<(TaskName, String)> = whole.tasks.iter().flat_map(named).collect();
    let width = outputs.iter().map(|(task, _)| task.as_str().len()).max().unwrap_or(0);
    let mut text = if outputs.is_empty() { String::new() } else { view.paint.bold("Outputs") + "\n" };
    for (task, path) in outputs {
        text += &format!("  {}  {path}\n", view.paint.dim(format!("{task:width$}")));
    }
    text
}

/// A value as one would type it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
