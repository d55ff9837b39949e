//! `tidemill lineage`: the way of a column back to the files it comes from.

mod mermaid;
mod overview;
mod sources;
mod tree;
mod web;
mod wording;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use serde_json::Value;
use tidemill_core::diagnostic::nearest;
use tidemill_core::ids::TaskIx;
use tidemill_core::plan::{CheckOptions, Plan, Selection, TaskSchemas, jobs};
use tidemill_runner::project::Wanted;

use super::CliCommand;
use super::params::ParamArgs;
use super::pipeline_history::put;
use crate::failure::Failure;
use crate::global::Global;
use crate::terminal::{Paint, Stream};
use web::Web;

/// The way of a column back to the files it comes from
#[derive(Parser, Debug)]
#[command(name = "lineage")]
pub struct LineageArgs {
    /// The column; a task alone means all of its columns, in short
    #[arg(value_name = "TASK.COLUMN")]
    column: String,
    /// How to draw
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Into this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    params: ParamArgs,
}

/// How a lineage is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// Lines for a terminal.
    #[default]
    Ascii,
    /// Mermaid, as Markdown pages show it.
    Mermaid,
    /// For programs.
    Json,
}

/// What the user asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    /// A task, or all instances of a `foreach`.
    tasks: Vec<TaskIx>,
    /// As it was named.
    named: String,
    /// One column, or all.
    column: Option<String>,
}

impl CliCommand for LineageArgs {
    /// Draws the way back.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let is_file = self.output.is_some();
        let paint = Paint(!is_file && global.color.wanted(Stream::Stdout));
        let width = Stream::Stdout.width();
        let text = find(global, &self.params.wanted()?, &self.column, |web, target, roots| {
            match (self.format, &target.column) {
                (Format::Ascii, Some(_)) => tree::draw(web, roots[0], width, paint),
                (Format::Ascii, None) => overview::draw(web, &target.named, roots, width, paint),
                (Format::Mermaid, _) => mermaid::draw(web),
                (Format::Json, _) => format!("{:#}\n", web.json(roots)),
            }
        })?;
        match &self.output {
            Some(path) => std::fs::write(path, text)
                .map(|()| ExitCode::SUCCESS)
                .map_err(|error| Failure::broken(format!("cannot write {}: {error}", path.display()))),
            None => put(&text),
        }
    }
}

/// The way back of a column for programs.
pub fn way_back(global: &Global, column: &str) -> Result<Value, Failure> {
    find(global, &Wanted::default(), column, |web, _, roots| web.json(roots))
}

/// Finds the way back of `task.column`, or of all columns of a task, and hands it over to be told.
fn find<T>(
    global: &Global,
    wanted: &Wanted,
    column: &str,
    tell: impl FnOnce(&Web<'_>, &Target, &[usize]) -> T,
) -> Result<T, Failure> {
    let mut opened = global.open(wanted)?;
    let engine = crate::engine::engine_for(&opened);
    let columns = opened.check_columns(&*engine).unwrap_or_default();
    let project = opened.into_project()?;
    let plan = &*project.plan;
    let target = target(plan, &columns, column)?;
    let none = BTreeMap::new();
    let options = CheckOptions { engine: &*engine, sources: &project.sources, outer: &none, offline: None };
    let above = plan.with_needs(&Selection::from_iter(target.tasks.iter().copied()));
    let jobs = jobs(plan, &above, &columns, &options);
    let mut web = Web::new(plan, &columns, &jobs);
    let wanted: Vec<String> = match &target.column {
        Some(column) => vec![column.clone()],
        None => columns_of(&columns, &target).iter().map(|name| (*name).to_owned()).collect(),
    };
    let roots: Vec<usize> = wanted.iter().map(|column| web.root(&target.named, &target.tasks, column)).collect();
    Ok(tell(&web, &target, &roots))
}

/// The names of the columns of the tasks meant; of several, of those that have them.
fn columns_of<'c>(columns: &'c TaskSchemas, target: &Target) -> Vec<&'c str> {
    let schema = target.tasks.iter().find_map(|ix| columns.get(ix.index())?.as_ref());
    schema.map(|schema| schema.names().collect()).unwrap_or_default()
}

/// Finds the task and the column in `task.column`. Keys of a `foreach` and columns may hold dots too: the longest id counts.
fn target(plan: &Plan, columns: &TaskSchemas, text: &str) -> Result<Target, Failure> {
    let whole = (!plan.named(text).is_empty()).then_some((text, None));
    let parted = || {
        let dots = text.char_indices().rev().filter(|(_, c)| *c == '.');
        dots.map(|(at, _)| (&text[..at], Some(&text[at + 1..]))).find(|(task, _)| !plan.named(task).is_empty())
    };
    let Some((task, column)) = whole.or_else(parted) else {
        let wanted = text.split_once('.').map_or(text, |(task, _)| task);
        let failure = Failure::wrong(format!("there is no task `{wanted}`"));
        return Err(match nearest(wanted, plan.tasks.iter().map(|task| task.name.as_str())) {
            Some(near) => failure.help(format!("did you mean `{}`?", text.replacen(wanted, near, 1))),
            None => failure.help("write `task.column`; `tidemill graph` shows the tasks"),
        });
    };
    let mut target = Target { tasks: plan.named(task), named: task.to_owned(), column: None };
    if !target.tasks.iter().any(|ix| plan.task(*ix).io.table) {
        return Err(Failure::wrong(format!("`{task}` makes no table"))
            .help("lineage is of the columns of tables; `tidemill graph +TASK` shows what a task needs"));
    }
    let known = columns_of(columns, &target);
    if known.is_empty() {
        return Err(Failure::wrong(format!("the columns of `{task}` are not known before it has run"))
            .help("a command's table is known by its `columns`"));
    }
    let Some(column) = column else { return Ok(target) };
    let mut alike = known.iter().filter(|name| name.eq_ignore_ascii_case(column));
    let found = known.iter().find(|name| **name == column).or_else(|| alike.next().filter(|_| alike.next().is_none()));
    let Some(found) = found else {
        let failure = Failure::wrong(format!("`{task}` has no column `{column}`"));
        return Err(match nearest(column, known.iter().copied()) {
            Some(near) => failure.help(format!("did you mean `{task}.{near}`?")),
            None => failure.help(format!("there is {}", known.join(", "))),
        });
    };
    target.column = Some((*found).to_owned());
    Ok(target)
}
