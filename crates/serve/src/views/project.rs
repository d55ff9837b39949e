//! Projects: how each stands, its tasks, its runs.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tidemill_core::format::seconds;
use tidemill_core::schedule::WallClock;
use tidemill_state::{Run, RunStatus, State, counts_text, run_json, run_time};

use super::run::{has_ended, status_mark};
use crate::app::App;
use crate::logs;
use crate::project::ServedProject;
use crate::reply::Problem;
use crate::standing;

/// So many runs stand beside a project's name.
const DOTS: usize = 12;
/// So many names of tasks stand in a list.
const NAMES: usize = 5;
/// So long the page waits for what is out of date; then it is shown without.
const PATIENCE: Duration = Duration::from_millis(200);

/// How a project stands.
///
/// # Errors
/// If its state cannot be read.
pub fn card(app: &Arc<App>, served: &ServedProject) -> Result<Value, Problem> {
    let pipeline = served.load(&*app.program);
    let state = served.state()?;
    let runs = state.as_ref().map(|state| state.history(&pipeline.name, DOTS)).transpose()?.unwrap_or_default();
    let unknown = state.as_ref().map(|state| state.unknown_effects(&pipeline.name)).transpose()?.unwrap_or_default();
    let running = runs.iter().find(|run| run.status() == RunStatus::Running);
    let running = running.zip(state.as_ref()).map(|(run, state)| running_json(served, state, run)).transpose()?;
    let clock = pipeline.clock();
    let dots: Vec<Value> = runs.iter().rev().map(|run| run_line(run, &clock)).collect();
    // A run that was killed has no end and goes on no more.
    let last = runs.iter().find(|run| run.status() != RunStatus::Running);
    let failed = last.zip(state.as_ref()).map(|(run, state)| failed_tasks(state, run)).transpose()?;
    let stale = pipeline.project.is_ok().then(|| standing::stale(app, served, PATIENCE)).flatten();
    let schedule = super::schedule(app, served, state.as_ref())?;
    Ok(json!({
        "project": served.slug,
        "pipeline": pipeline.name,
        "description": pipeline.spec.as_ref().and_then(|spec| spec.description.clone()),
        "mistakes": pipeline.project.as_ref().err(),
        "tasks": pipeline.spec.as_ref().map_or(0, |spec| spec.tasks.len()),
        "running": running,
        "runs": dots,
        "last": last.map(|run| run_line(run, &clock)),
        "failed": failed.unwrap_or_default(),
        "stale": standing::summary(stale.as_ref()),
        "schedule": schedule,
        "in_doubt": unknown.len(),
        "unknown": unknown.iter().take(NAMES).map(|effect| json!({"task": effect.task, "run": effect.run})).collect::<Vec<_>>(),
    }))
}

/// A run that goes on, with the names of the tasks that do.
fn running_json(served: &ServedProject, state: &State, run: &Run) -> Result<Value, Problem> {
    let mut line = run_json(run);
    let running = logs::running(served, &run.id, &has_ended(&state.tasks_of(&run.id)?));
    line["tasks"] = running.into_iter().map(|task| task.name).collect();
    Ok(line)
}

/// The first tasks that failed in a run, if it did.
fn failed_tasks(state: &State, run: &Run) -> Result<Vec<String>, Problem> {
    if run.status() != RunStatus::Failed {
        return Ok(Vec::new());
    }
    Ok(state.failed_in(&run.id, NAMES)?.iter().map(ToString::to_string).collect())
}

/// A run in a list, for people and programs.
pub fn run_line(run: &Run, clock: &WallClock) -> Value {
    let mut line = run_json(run);
    let time = run_time(run, Timestamp::now()).map(seconds);
    line["shown"] = json!({
        "started": clock.show(run.start.started),
        "time": time,
        "counts": run.counts.as_ref().map(counts_text),
        "mark": status_mark(run.status().word()),
    });
    line
}

/// The last runs of a project, at most so many.
///
/// # Errors
/// If the state cannot be read.
pub fn runs(app: &App, served: &ServedProject, most: usize) -> Result<Vec<Value>, Problem> {
    let pipeline = served.load(&*app.program);
    let Some(state) = served.state()? else { return Ok(Vec::new()) };
    let clock = pipeline.clock();
    let with_failed = |run: &Run| {
        let mut line = run_line(run, &clock);
        line["failed"] = failed_tasks(&state, run)?.into();
        if run.status() == RunStatus::Running {
            line["running"] = running_json(served, &state, run)?["tasks"].take();
        }
        Ok(line)
    };
    state.history(&pipeline.name, most)?.iter().map(with_failed).collect()
}
