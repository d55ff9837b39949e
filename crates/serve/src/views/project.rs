//! Projects: how each stands, its tasks, its runs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tidemill_core::format::seconds;
use tidemill_core::plan::Selection;
use tidemill_core::schedule::WallClock;
use tidemill_draw::{DrawGraph, DrawNode, DrawStatus, svg_with_links};
use tidemill_runner::project::Project;
use tidemill_state::{Run, RunStatus, State, counts_text, run_json, run_time};

use super::run::status_mark;
use crate::app::App;
use crate::logs;
use crate::project::Served;
use crate::reply::Problem;
use crate::standing;

/// So many runs stand beside a project's name.
const DOTS: usize = 12;
/// So many names of tasks stand in a list.
const NAMES: usize = 5;
/// So long the page waits for what is out of date; then it is shown without.
const PATIENCE: Duration = Duration::from_millis(200);
/// A graph of more tasks is not drawn into the page.
const MOST_DRAWN: usize = 2_000;

/// How a project stands.
///
/// # Errors
/// If its state cannot be read.
pub fn card(app: &Arc<App>, served: &Served) -> Result<Value, Problem> {
    let pipeline = served.load(&*app.program);
    let state = served.state()?;
    let runs = state.as_ref().map(|state| state.history(&pipeline.name, DOTS)).transpose()?.unwrap_or_default();
    let unknown = state.as_ref().map(|state| state.unknown_effects(&pipeline.name)).transpose()?.unwrap_or_default();
    let running = runs.iter().find(|run| run.status() == RunStatus::Running);
    let running = running.zip(state.as_ref()).map(|(run, state)| running_json(served, state, run)).transpose()?;
    let clock = pipeline.clock();
    let dots: Vec<Value> = runs.iter().rev().map(|run| run_line(run, &clock)).collect();
    let ended = runs.iter().find(|run| run.ended.is_some());
    let failed = ended.zip(state.as_ref()).map(|(run, state)| failed_tasks(state, run)).transpose()?;
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
        "last": ended.map(|run| run.id.as_str()),
        "failed": failed.unwrap_or_default(),
        "stale": standing::summary(stale.as_ref()),
        "schedule": schedule,
        "unknown": unknown.iter().map(|effect| json!({"task": effect.task, "run": effect.run})).collect::<Vec<_>>(),
    }))
}

/// A run that goes on, with the names of the tasks that do.
fn running_json(served: &Served, state: &State, run: &Run) -> Result<Value, Problem> {
    let mut line = run_json(run);
    line["tasks"] = logs::running(served, &run.id, &state.tasks_of(&run.id)?).into();
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
pub fn runs(app: &App, served: &Served, most: usize) -> Result<Vec<Value>, Problem> {
    let pipeline = served.load(&*app.program);
    let Some(state) = served.state()? else { return Ok(Vec::new()) };
    let clock = pipeline.clock();
    let with_failed = |run: &Run| {
        let mut line = run_line(run, &clock);
        line["failed"] = failed_tasks(&state, run)?.into();
        Ok(line)
    };
    state.history(&pipeline.name, most)?.iter().map(with_failed).collect()
}

/// A pipeline's graph and tasks, of those that the selectors mean.
///
/// # Errors
/// If a selector matches nothing or the state cannot be read.
pub fn pipeline(app: &Arc<App>, served: &Served, select: &[String]) -> Result<Value, Problem> {
    let mut view = card(app, served)?;
    let Ok((project, engine)) = served.project(&*app.program) else { return Ok(view) };
    let failed = |failure| Problem::of(&failure, app.program.failure_text(&failure));
    let tasks = app.program.select(&project, &*engine, select).map_err(failed)?;
    let mut graph = app.program.graph(&project, &tasks).map_err(failed)?;
    mark_running(app, served, &mut graph)?;
    let selected: Vec<&str> = graph.nodes.iter().map(|node| node.id.as_str()).collect();
    view["selected"] = json!(selected);
    view["task_list"] = task_list(&project, &tasks, &graph);
    let link = |node: &DrawNode| Some(format!("/p/{}/tasks/{}", served.slug, crate::templates::encoded(&node.id)));
    if graph.nodes.len() <= MOST_DRAWN {
        view["graph"] = svg_with_links(&graph, &link).into();
    }
    Ok(view)
}

/// Marks the tasks that run now.
fn mark_running(app: &App, served: &Served, graph: &mut DrawGraph) -> Result<(), Problem> {
    let Some(state) = served.state()? else { return Ok(()) };
    let last = state.last_run(&served.load(&*app.program).name)?;
    let Some(run) = last.filter(|run| run.status() == RunStatus::Running) else { return Ok(()) };
    let running = logs::running(served, &run.id, &state.tasks_of(&run.id)?);
    for node in graph.nodes.iter_mut().filter(|node| running.contains(&node.id)) {
        node.status = Some(DrawStatus::Running);
    }
    Ok(())
}

/// The tasks in the order of the graph, with how each ended last.
fn task_list(project: &Project, tasks: &Selection, graph: &DrawGraph) -> Value {
    let nodes: HashMap<&str, &DrawNode> = graph.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let order = project.plan.order.iter().filter(|ix| tasks.contains(ix));
    let line = |ix: &_| {
        let task = project.plan.task(*ix);
        let node = nodes.get(task.name.as_str());
        let status = node.and_then(|node| node.status).map_or("pending", DrawStatus::word);
        json!({
            "task": task.name,
            "type": task.task_type.name,
            "description": task.spec.common.description,
            "does": task.task.describe(),
            "status": status,
            "mark": status_mark(status),
            "lines": node.map(|node| node.lines.clone()).unwrap_or_default(),
        })
    };
    order.map(line).collect()
}
