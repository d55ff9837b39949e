//! A run: its tasks in time, what failed first.

use jiff::Timestamp;
use serde_json::{Value, json};
use tidemill_core::event::TaskStatus;
use tidemill_core::format::{seconds, thousands};
use tidemill_core::sched::How;
use tidemill_state::{RunStatus, TaskRecord, WholeRun, run_time};

use super::project::run_line;
use crate::app::App;
use crate::logs;
use crate::project::Served;
use crate::reply::Problem;

/// So many of the last lines of a failed task's log are shown.
const LAST_LINES: usize = 20;
/// So many failed tasks are shown with their logs.
const MOST_ERRORS: usize = 20;

/// A run and its tasks for programs.
///
/// # Errors
/// If there is no such run.
pub fn run(app: &App, served: &Served, id: &str) -> Result<Value, Problem> {
    let (state, run) = served.run(&*app.program, id)?;
    let whole = WholeRun::read(&state, run)?;
    let mut lines = whole.json().into_iter();
    let mut view = lines.next().unwrap_or_default();
    view["tasks"] = lines.collect();
    Ok(view)
}

/// The same with what only people need: bars, marks, the ends of logs.
///
/// # Errors
/// If there is no such run.
pub fn run_for_people(app: &App, served: &Served, id: &str) -> Result<Value, Problem> {
    let (state, run) = served.run(&*app.program, id)?;
    let whole = WholeRun::read(&state, run)?;
    let now = Timestamp::now();
    let length = length(&whole, now);
    let mut view = run_line(&whole.run, &served.load(&*app.program).clock());
    let tasks: Vec<Value> = whole.tasks.iter().map(|task| line(served, &whole, task, length)).collect();
    let has_failed = |task: &&TaskRecord| task.status == TaskStatus::Failed;
    let failed = whole.tasks.iter().filter(has_failed).take(MOST_ERRORS).map(|task| error(served, &whole, task));
    view["errors"] = failed.collect();
    view["tasks"] = tasks.into();
    view["length"] = seconds(std::time::Duration::try_from_secs_f64(length).unwrap_or_default()).into();
    if whole.run.status() == RunStatus::Running {
        view["running"] = logs::running(served, &whole.run.id, &whole.tasks).into();
    }
    view["is_running"] = (whole.run.status() == RunStatus::Running).into();
    view["run_log"] = logs::exists(served, &whole.run.id, logs::OF_THE_RUN).into();
    view["unknown"] = whole.unknown.iter().map(|effect| json!(effect.task)).collect();
    Ok(view)
}

/// From the start of a run to its end in seconds; never nothing, so that bars can be drawn.
fn length(whole: &WholeRun, now: Timestamp) -> f64 {
    let begun = whole.run.start.started;
    let until = |task: &TaskRecord| task.started.duration_since(begun).as_secs_f64() + task.duration.as_secs_f64();
    let last = whole.tasks.iter().map(until).fold(0.0, f64::max);
    run_time(&whole.run, now).map_or(last, |time| time.as_secs_f64().max(last)).max(0.001)
}

fn line(served: &Served, whole: &WholeRun, task: &TaskRecord, length: f64) -> Value {
    let mut line = whole.task_json(task);
    let word = task_word(task);
    let start = task.started.duration_since(whole.run.start.started).as_secs_f64().max(0.0);
    let rows_in: u64 = task.report.rows_in.iter().map(|rows| rows.rows).sum();
    let some = |rows: u64| (rows > 0).then(|| thousands(rows));
    line["shown"] = json!({
        "word": word,
        "mark": status_mark(word),
        "x": (1000.0 * start / length).min(1000.0),
        "width": (1000.0 * task.duration.as_secs_f64() / length).clamp(3.0, 1000.0),
        "time": (task.attempts > 0).then(|| seconds(task.duration)),
        "rows_in": some(rows_in),
        "rows": task.report.rows.map(thousands),
        "rejected": some(task.report.rejected_rows()),
        "has_log": logs::exists(served, &whole.run.id, task.task.as_str()),
    });
    line
}

fn error(served: &Served, whole: &WholeRun, task: &TaskRecord) -> Value {
    json!({
        "task": task.task,
        "message": task.error.as_ref().map(|error| error.message.clone()),
        "help": task.error.as_ref().map(|error| error.help.clone()).unwrap_or_default(),
        "log": logs::last_lines(served, &whole.run.id, task.task.as_str(), LAST_LINES),
    })
}

/// How a task ended, in one word.
pub fn task_word(task: &TaskRecord) -> &'static str {
    match (task.status, task.how) {
        (TaskStatus::Success, Some(How::Cached)) => "cached",
        (TaskStatus::Success, Some(How::Restored)) => "restored",
        (TaskStatus::Success, _) => "success",
        (TaskStatus::Failed, _) => "failed",
        (TaskStatus::Skipped, _) => "skipped",
        (TaskStatus::Cancelled, _) => "cancelled",
    }
}

/// The sign of a state, so that it can be told without colours.
pub fn status_mark(word: &str) -> &'static str {
    match word {
        "success" => "✓",
        "cached" | "restored" => "=",
        "failed" => "✕",
        "running" => "▸",
        "skipped" => "–",
        "cancelled" | "interrupted" => "■",
        "lost" => "!",
        "due" | "coming" => "○",
        _ => "·",
    }
}
