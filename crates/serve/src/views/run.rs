//! A run: its tasks in time, what failed first.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tidemill_core::event::TaskStatus;
use tidemill_core::format::{seconds, thousands};
use tidemill_core::ids::RunId;
use tidemill_core::sched::How;
use tidemill_state::{RunStatus, TaskRecord, WholeRun, run_time};

use super::project::run_line;
use super::task::latest;
use crate::app::App;
use crate::logs::{self, RunningTask};
use crate::project::ServedProject;
use crate::reply::Problem;

/// So many of the last lines of a failed task's log are shown.
const LAST_LINES: usize = 20;
/// So many failed tasks are shown with their logs.
const MOST_ERRORS: usize = 20;
/// So many tasks stand on a page.
const MOST_TASKS: usize = 200;

/// Which of a run's tasks are to be shown.
#[derive(Clone, Debug, Default)]
pub struct RunFilter {
    /// Those that ended so.
    pub status: Option<String>,
    /// Those whose name holds this text.
    pub find: Option<String>,
    /// After so many.
    pub offset: usize,
    /// With all that is known of this one.
    pub task: Option<String>,
}

/// A run and its tasks for programs.
///
/// # Errors
/// If there is no such run.
pub fn run(app: &App, served: &ServedProject, id: &str) -> Result<Value, Problem> {
    let (state, run) = served.run(&*app.program, id)?;
    let whole = WholeRun::read(&state, run)?;
    let mut lines = whole.json().into_iter();
    let mut view = lines.next().unwrap_or_default();
    view["tasks"] = lines.collect();
    Ok(view)
}

/// The same for people: bars, marks, the ends of logs, page by page.
///
/// # Errors
/// If there is no such run.
pub fn run_for_people(app: &App, served: &ServedProject, id: &str, shown: &RunFilter) -> Result<Value, Problem> {
    let (state, run) = served.run(&*app.program, id)?;
    let mut tasks = state.tasks_of(&run.id)?;
    let unknown = state.unknown_effects(&run.start.pipeline)?;
    let is_running = run.status() == RunStatus::Running;
    let running = if is_running { logs::running(served, &run.id, &has_ended(&tasks)) } else { Vec::new() };
    let scale = Scale::of(&run, &tasks, Timestamp::now());
    let mut view = run_line(&run, &served.load(&*app.program).clock());
    view["counts_by_status"] = counts(&tasks, running.len());
    let failed = tasks.iter().filter(|task| task.status == TaskStatus::Failed);
    view["errors"] = failed.take(MOST_ERRORS).map(|task| error(served, &run.id, task)).collect();
    if let Some(name) = &shown.task {
        let found = tasks.iter().find(|task| task.task.as_str() == name).map(|task| latest(served, &run.id, task));
        view["task"] = match found {
            Some(found) => found,
            None => json!({"status": still(app, served, &running, is_running, name)?}),
        };
        view["task"]["task"] = name.as_str().into();
    }
    // What failed stands first.
    tasks.sort_by_key(|task| task.status != TaskStatus::Failed);
    let is_meant = |name: &str, word: &str| {
        shown.status.as_deref().is_none_or(|status| status == word)
            && shown.find.as_deref().is_none_or(|find| name.to_lowercase().contains(&find.to_lowercase()))
    };
    let running: Vec<Value> =
        running.iter().filter(|task| is_meant(&task.name, "running")).map(|task| scale.running(task)).collect();
    let meant: Vec<&TaskRecord> = tasks.iter().filter(|task| is_meant(task.task.as_str(), task_word(task))).collect();
    view["total"] = meant.len().into();
    let page = meant.iter().skip(shown.offset).take(MOST_TASKS);
    view["tasks"] = page.map(|task| line(served, &run.id, task, &scale)).collect();
    view["page"] = json!({"offset": shown.offset, "limit": MOST_TASKS, "status": shown.status, "find": shown.find});
    view["running"] = running.into();
    view["length"] = seconds(Duration::try_from_secs_f64(scale.length).unwrap_or_default()).into();
    view["is_running"] = is_running.into();
    view["run_log"] = logs::exists(served, &run.id, logs::OF_THE_RUN).into();
    let in_doubt = unknown.iter().filter(|effect| effect.run == run.id || effect.handled() == Some(run.id.as_str()));
    view["unknown"] = in_doubt.map(|effect| json!(effect.task)).collect();
    Ok(view)
}

/// Whether a task is among those that have ended.
pub fn has_ended(tasks: &[TaskRecord]) -> impl Fn(&str) -> bool {
    let ended: HashSet<&str> = tasks.iter().map(|task| task.task.as_str()).collect();
    move |name| ended.contains(name)
}

/// How a task stands that has not ended in a run.
fn still(
    app: &App,
    served: &ServedProject,
    running: &[RunningTask],
    goes_on: bool,
    name: &str,
) -> Result<&'static str, Problem> {
    if running.iter().any(|task| task.name == name) {
        return Ok("running");
    }
    served.find_task(&*app.program, name)?;
    Ok(if goes_on { "pending" } else { "not in this run" })
}

/// How many tasks ended how.
fn counts(tasks: &[TaskRecord], running: usize) -> Value {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for task in tasks {
        *counts.entry(task_word(task)).or_default() += 1;
    }
    if running > 0 {
        counts.insert("running", running);
    }
    counts.iter().map(|(word, count)| json!({"status": word, "mark": status_mark(word), "count": count})).collect()
}

/// From the start of a run to its end.
struct Scale {
    begun: Timestamp,
    now: Timestamp,
    /// In seconds; never nothing, so that bars can be drawn.
    length: f64,
}

impl Scale {
    fn of(run: &tidemill_state::Run, tasks: &[TaskRecord], now: Timestamp) -> Self {
        let begun = run.start.started;
        let until = |task: &TaskRecord| task.started.duration_since(begun).as_secs_f64() + task.duration.as_secs_f64();
        let last = tasks.iter().map(until).fold(0.0, f64::max);
        let length = run_time(run, now).map_or(last, |time| time.as_secs_f64().max(last)).max(0.001);
        Self { begun, now, length }
    }

    /// Where a bar begins and how wide it is, in thousandths.
    fn bar(&self, started: Timestamp, lasted: f64) -> (f64, f64) {
        let start = started.duration_since(self.begun).as_secs_f64().max(0.0);
        let round = |number: f64| (number * 10.0).round() / 10.0;
        (round((1000.0 * start / self.length).min(1000.0)), round((1000.0 * lasted / self.length).clamp(3.0, 1000.0)))
    }

    fn running(&self, task: &RunningTask) -> Value {
        let lasted = self.now.duration_since(task.started).as_secs_f64().max(0.0);
        let (x, width) = self.bar(task.started, lasted);
        let time = seconds(Duration::try_from_secs_f64(lasted).unwrap_or_default());
        json!({"task": task.name, "x": x, "width": width, "time": time})
    }
}

fn line(served: &ServedProject, run: &RunId, task: &TaskRecord, scale: &Scale) -> Value {
    let word = task_word(task);
    let (x, width) = scale.bar(task.started, task.duration.as_secs_f64());
    let rows_in: u64 = task.report.rows_in.iter().map(|rows| rows.rows).sum();
    let some = |rows: u64| (rows > 0).then(|| thousands(rows));
    json!({
        "task": task.task,
        "reasons": task.reasons,
        "note": task.report.note,
        "place": task.report.place.told(),
        "engine_page": task.report.place.engine_page,
        "warnings": task.report.warnings,
        "word": word,
        "mark": status_mark(word),
        "x": x,
        "width": width,
        "time": (task.attempts > 0).then(|| seconds(task.duration)),
        "rows_in": some(rows_in),
        "rows": task.report.rows.map(thousands),
        "rejected": some(task.report.rejected_rows()),
        "has_log": task.attempts > 0 && logs::exists(served, run, task.task.as_str()),
    })
}

fn error(served: &ServedProject, run: &RunId, task: &TaskRecord) -> Value {
    json!({
        "task": task.task,
        "message": task.error.as_ref().map(|error| error.message.clone()),
        "help": task.error.as_ref().map(|error| error.help.clone()).unwrap_or_default(),
        "log": logs::last_lines(served, run, task.task.as_str(), LAST_LINES),
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
        "lost" | "warned" => "!",
        "due" | "coming" => "○",
        _ => "·",
    }
}
