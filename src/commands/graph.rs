//! `tidemill graph`: the pipeline as a picture.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use tidemill_core::event::TaskStatus;
use tidemill_core::format;
use tidemill_core::ids::{TaskIx, TaskName};
use tidemill_core::plan::{Plan, Selection};
use tidemill_core::sched::How;
use tidemill_core::spec::Spec;
use tidemill_draw::{DrawGraph, DrawNode, DrawStatus, TextStyle};
use tidemill_state::{LastGood, State, TaskRecord};

use super::CliCommand;
use super::params::ParamArgs;
use super::selection::selected;
use crate::accounting::Account;
use crate::failure::Failure;
use crate::global::Global;
use crate::summary::seconds;
use crate::terminal::{Stream, put};
use tidemill_runner::project::Project;

/// Draw the graph
#[derive(Parser, Debug)]
#[command(name = "graph")]
pub struct GraphArgs {
    /// The tasks to draw, such as `daily_sales`, `+daily_sales`, `tag:x`
    #[arg(value_name = "SELECTOR")]
    selectors: Vec<String>,
    /// How to draw
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Into this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Say how each task ended in the last run, with its rows and its duration
    #[arg(long)]
    status: bool,
    #[command(flatten)]
    params: ParamArgs,
}

/// How a graph is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// Lines for a terminal.
    #[default]
    Ascii,
    /// Graphviz.
    Dot,
    /// Mermaid, as Markdown pages show it.
    Mermaid,
    /// A picture.
    Svg,
    /// A page with the picture, to move and zoom.
    Html,
    /// For programs.
    Json,
}

impl CliCommand for GraphArgs {
    /// Draws the graph.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let opened = global.open(&self.params.wanted()?)?;
        let engine = crate::engine::engine_for(&opened);
        let project = opened.into_project()?;
        let selection = selected(&project, &*engine, &self.selectors, &[])?;
        let graph = match self.status {
            true => drawing_with_status(&project, &selection)?,
            false => drawing(&project.plan, &selection),
        };
        let text = match self.format {
            Format::Ascii => {
                let is_file = self.output.is_some();
                let style = TextStyle {
                    width: Stream::Stdout.width(),
                    colour: !is_file && global.color.wanted(Stream::Stdout),
                    unicode: true,
                };
                tidemill_draw::ascii(&graph, style)
            }
            Format::Dot => tidemill_draw::dot(&graph),
            Format::Mermaid => tidemill_draw::mermaid(&graph),
            Format::Svg => tidemill_draw::svg(&graph),
            Format::Html => tidemill_draw::html(&graph),
            Format::Json => tidemill_draw::json(&graph),
        };
        match &self.output {
            Some(path) => match std::fs::write(path, text) {
                Ok(()) => Ok(ExitCode::SUCCESS),
                Err(error) => Err(Failure::broken(format!("cannot write {}: {error}", path.display()))),
            },
            None => put(&format!("{}\n", text.trim_end_matches('\n'))),
        }
    }
}

/// How the tasks stand: as the last run left them, and as earlier ones did those that it did not want.
struct KnownResults {
    last: HashMap<String, TaskRecord>,
    results: HashMap<TaskName, LastGood>,
}

impl KnownResults {
    fn read(spec: &Spec) -> Result<Self, Failure> {
        let mut known = Self { last: HashMap::new(), results: HashMap::new() };
        let pipeline = &spec.name.value;
        let Some(state) = State::open_read_only(&spec.project)? else { return Ok(known) };
        if let Some(run) = state.last_run(pipeline)? {
            let tasks = state.tasks_of(&run.id)?;
            known.last = tasks.into_iter().map(|task| (task.task.to_string(), task)).collect();
        }
        known.results = state.last_results(pipeline)?;
        Ok(known)
    }

    fn tell(&self, node: &mut DrawNode) {
        let rows = |rows: u64| format::quantity(rows, "row");
        if let Some(facts) = self.results.get(node.id.as_str()).and_then(|result| result.facts().ok()) {
            node.facts = Account::of(&facts.report).lines();
            node.facts.extend(facts.report.warnings.iter().map(|warning| format!("warning: {warning}")));
        }
        let Some(task) = self.last.get(&node.id) else {
            let result = self.results.get(node.id.as_str());
            node.status = Some(if result.is_some() { DrawStatus::Cached } else { DrawStatus::Pending });
            node.lines.extend(result.and_then(|result| result.table.as_ref()).map(|table| rows(table.rows)));
            return;
        };
        node.status = Some(match (task.status, task.how) {
            (TaskStatus::Success, Some(How::Cached | How::Restored)) => DrawStatus::Cached,
            (TaskStatus::Success, _) => DrawStatus::Success,
            (TaskStatus::Failed, _) => DrawStatus::Failed,
            (TaskStatus::Skipped, _) => DrawStatus::Skipped,
            (TaskStatus::Cancelled, _) => DrawStatus::Cancelled,
        });
        node.lines.extend(task.report.rows.map(rows));
        if task.attempts > 0 {
            node.lines.push(seconds(task.duration));
        }
    }
}

/// The tasks of a selection with how they ended last, and the edges between them.
pub fn drawing_with_status(project: &Project, selection: &Selection) -> Result<DrawGraph, Failure> {
    let mut graph = drawing(&project.plan, selection);
    let known = KnownResults::read(&project.spec)?;
    graph.nodes.iter_mut().for_each(|node| known.tell(node));
    Ok(graph)
}

/// The tasks of a selection and the edges between them.
pub fn drawing(plan: &Plan, selection: &Selection) -> DrawGraph {
    let nodes = selection
        .iter()
        .map(|ix| {
            let task = plan.task(*ix);
            DrawNode {
                id: task.name.to_string(),
                kind: task.task_type.name.to_owned(),
                colour: Some(task.task_type.colour),
                group: task.name.key().map(|_| task.name.base().to_owned()),
                ..DrawNode::default()
            }
        })
        .collect();
    let places: HashMap<TaskIx, usize> = selection.iter().enumerate().map(|(at, ix)| (*ix, at)).collect();
    let mut edges: Vec<(usize, usize)> = selection
        .iter()
        .flat_map(|ix| plan.task(*ix).needs.iter().map(|need| (need.task, *ix)))
        .filter_map(|(from, to)| Some((*places.get(&from)?, *places.get(&to)?)))
        .collect();
    edges.sort_unstable();
    edges.dedup();
    DrawGraph { nodes, edges }
}
