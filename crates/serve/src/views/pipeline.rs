//! A pipeline: its graph and its tasks, of those that are asked for, with why they are out of date.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tidemill_core::plan::Selection;
use tidemill_draw::{DrawGraph, DrawNode, DrawStatus, svg_with_links};
use tidemill_runner::project::Project;
use tidemill_state::RunStatus;
use url::form_urlencoded::Serializer;

use super::paged::paged;
use super::project::card;
use super::run::{has_ended, status_mark};
use crate::app::App;
use crate::logs;
use crate::project::ServedProject;
use crate::reply::Problem;
use crate::standing::{self, Stale};

/// So long the page waits for what is out of date; then it is shown without.
const PATIENCE: Duration = Duration::from_millis(200);
/// A graph of more boxes is fetched by the page when it has been shown.
const MOST_INLINE: usize = 120;
/// A graph of more boxes is not drawn.
const MOST_DRAWN: usize = 2_000;
/// So many tasks stand on a page.
const MOST_TASKS: usize = 200;
/// So many reasons are offered.
const MOST_REASONS: usize = 12;

/// Which tasks are to be shown, and how.
#[derive(Clone, Debug, Default)]
pub struct TaskFilter {
    /// The selectors.
    pub select: String,
    /// Only tasks that are out of date.
    pub stale: bool,
    /// Only tasks that are out of date for this reason.
    pub because: Option<String>,
    /// Only tasks that stand so.
    pub status: Option<String>,
    /// Only tasks whose id holds this text, in the list.
    pub find: Option<String>,
    /// The groups whose instances are drawn one by one.
    pub open: Vec<String>,
    /// The task that is shown beside the graph.
    pub task: Option<String>,
    /// After so many in the list.
    pub offset: usize,
}

impl TaskFilter {
    /// The address of a page that looks so.
    fn address(&self, project: &str) -> String {
        let mut query = Serializer::new(String::new());
        let texts = [("because", &self.because), ("status", &self.status), ("find", &self.find), ("task", &self.task)];
        for (name, text) in texts {
            if let Some(text) = text {
                query.append_pair(name, text);
            }
        }
        if self.stale {
            query.append_pair("stale", "1");
        }
        if !self.select.is_empty() {
            query.append_pair("select", &self.select);
        }
        query.extend_pairs(self.open.iter().map(|group| ("open", group)));
        format!("/p/{project}?{}", query.finish())
    }

    fn selectors(&self) -> Vec<String> {
        self.select.split_whitespace().map(str::to_owned).collect()
    }
}

/// What of a pipeline is looked at.
struct Looked {
    project: Arc<Project>,
    graph: DrawGraph,
    stale: Option<Vec<Stale>>,
}

/// A pipeline's tasks for programs.
///
/// # Errors
/// If a selector matches nothing or the state cannot be read.
pub fn pipeline(app: &Arc<App>, served: &ServedProject, look: &TaskFilter) -> Result<Value, Problem> {
    let mut view = card(app, served)?;
    if served.project(&*app.program).is_ok() {
        looked(app, served, look)?.tell(&mut view, look);
    }
    Ok(view)
}

/// The same for people: a page of the tasks, and the picture of the graph, or the number of its boxes if there are too many to
/// stand in a page.
///
/// # Errors
/// If a selector matches nothing or the state cannot be read.
pub fn pipeline_for_people(app: &Arc<App>, served: &ServedProject, look: &TaskFilter) -> Result<Value, Problem> {
    let mut view = card(app, served)?;
    if served.project(&*app.program).is_err() {
        return Ok(view);
    }
    let looked = looked(app, served, look)?;
    looked.tell(&mut view, look);
    page_of_tasks(&mut view, look);
    match looked.drawn(&served.slug, look, MOST_INLINE) {
        Ok(drawing) => view["graph"] = drawing.into(),
        Err(boxes) => view["boxes"] = boxes.into(),
    }
    Ok(view)
}

/// The list as one page of it shows it.
fn page_of_tasks(view: &mut Value, look: &TaskFilter) {
    let Some(tasks) = view.get_mut("task_list").and_then(Value::as_array_mut) else { return };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for task in tasks.iter() {
        *counts.entry(task["status"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    let is_meant = |task: &Value| {
        let text = |name: &str| task[name].as_str().unwrap_or_default();
        look.status.as_deref().is_none_or(|status| text("status") == status)
            && look.find.as_deref().is_none_or(|find| text("task").to_lowercase().contains(&find.to_lowercase()))
    };
    tasks.retain(is_meant);
    let count = |(word, count): (&String, &usize)| json!({"status": word, "mark": status_mark(word), "count": count});
    view["counts"] = counts.iter().map(count).collect();
    paged(view, "task_list", look.offset, MOST_TASKS);
}

/// The picture of the graph alone.
///
/// # Errors
/// If a selector matches nothing, the state cannot be read, or it is too large.
pub fn graph(app: &Arc<App>, served: &ServedProject, look: &TaskFilter) -> Result<String, Problem> {
    let too_large = |boxes| Problem::bad(format!("{boxes} tasks are too many to be drawn; choose some by a selector"));
    looked(app, served, look)?.drawn(&served.slug, look, MOST_DRAWN).map_err(too_large)
}

fn looked(app: &Arc<App>, served: &ServedProject, look: &TaskFilter) -> Result<Looked, Problem> {
    let failed = |failure| Problem::of(&failure, app.program.failure_text(&failure));
    let (project, engine) = served.project(&*app.program)?;
    let mut tasks = app.program.select(&project, &*engine, &look.selectors()).map_err(failed)?;
    let stale = standing::stale(app, served, PATIENCE).and_then(|found| found.as_ref().as_ref().ok().cloned());
    if look.stale || look.because.is_some() {
        let meant = |task: &&Stale| look.because.as_ref().is_none_or(|because| task.reasons.contains(because));
        let names = stale.iter().flatten().filter(meant).filter_map(|task| project.plan.find(&task.task));
        let meant: Selection = names.collect();
        tasks.retain(|ix| meant.contains(ix));
    }
    let mut graph = app.program.graph(&project, &tasks).map_err(failed)?;
    mark_running(app, served, &mut graph)?;
    let out_of_date: BTreeSet<&str> = stale.iter().flatten().map(|task| task.task.as_str()).collect();
    for node in graph.nodes.iter_mut().filter(|node| out_of_date.contains(node.id.as_str())) {
        node.lines.push("out of date".to_owned());
    }
    Ok(Looked { project, graph, stale })
}

/// Marks the tasks that run now.
fn mark_running(app: &App, served: &ServedProject, graph: &mut DrawGraph) -> Result<(), Problem> {
    let Some(state) = served.state()? else { return Ok(()) };
    let last = state.last_run(&served.load(&*app.program).name)?;
    let Some(run) = last.filter(|run| run.status() == RunStatus::Running) else { return Ok(()) };
    let running = logs::running(served, &run.id, &has_ended(&state.tasks_of(&run.id)?));
    let running: BTreeSet<&str> = running.iter().map(|task| task.name.as_str()).collect();
    for node in graph.nodes.iter_mut().filter(|node| running.contains(node.id.as_str())) {
        node.status = Some(DrawStatus::Running);
    }
    Ok(())
}

impl Looked {
    fn tell(&self, view: &mut Value, look: &TaskFilter) {
        view["task_list"] = self.task_list();
        view["reasons"] = self.reasons();
        view["groups"] = self.groups(look);
    }

    /// The picture, or the number of its boxes if there are more than that.
    fn drawn(&self, project: &str, look: &TaskFilter, most: usize) -> Result<String, usize> {
        let mut graph = self.graph.clone();
        for node in &mut graph.nodes {
            node.group = node.group.take().filter(|group| !look.open.contains(group));
        }
        let boxes: BTreeSet<&str> = graph.nodes.iter().map(|node| node.group.as_deref().unwrap_or(&node.id)).collect();
        if boxes.len() > most {
            return Err(boxes.len());
        }
        let link = |node: &DrawNode| {
            let mut next = look.clone();
            match &node.group {
                Some(group) => next.open.push(group.clone()),
                None => next.task = Some(node.id.clone()),
            }
            Some(next.address(project))
        };
        Ok(svg_with_links(&graph, &link))
    }

    /// The tasks in the order of the graph, with how each ended last and why it is out of date.
    fn task_list(&self) -> Value {
        let nodes: HashMap<&str, &DrawNode> = self.graph.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
        let stale: HashMap<&str, &Stale> = self.stale.iter().flatten().map(|task| (task.task.as_str(), task)).collect();
        let line = |ix: &_| {
            let task = self.project.plan.task(*ix);
            let node = nodes.get(task.name.as_str())?;
            let status = node.status.map_or("pending", DrawStatus::word);
            Some(json!({
                "task": task.name,
                "type": task.task_type.name,
                "description": task.spec.common.description,
                "does": task.task.describe(),
                "status": status,
                "mark": status_mark(status),
                "lines": node.lines,
                "stale": stale.get(task.name.as_str()).map(|task| &task.reasons),
            }))
        };
        self.project.plan.order.iter().filter_map(line).collect()
    }

    /// The reasons of their own that tasks are out of date for, the commonest first.
    fn reasons(&self) -> Value {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for task in self.stale.iter().flatten() {
            task.own.iter().for_each(|reason| *counts.entry(reason.as_str()).or_default() += 1);
        }
        let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let reasons = counts.iter().take(MOST_REASONS);
        reasons.map(|(reason, count)| json!({"reason": reason, "count": count})).collect()
    }

    /// The groups of instances, and whether each is open.
    fn groups(&self, look: &TaskFilter) -> Value {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for group in self.graph.nodes.iter().filter_map(|node| node.group.as_deref()) {
            *counts.entry(group).or_default() += 1;
        }
        let line = |(group, count): (&&str, &usize)| json!({"group": group, "count": count, "open": look.open.iter().any(|open| open == group)});
        counts.iter().map(line).collect()
    }
}
