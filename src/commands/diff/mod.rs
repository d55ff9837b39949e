//! `tidemill diff`: what changed in a task's table between two runs, and what a change of the pipeline means.

mod against;
mod compare;
mod row_hashes;
mod row_key;
mod tell;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use serde_json::Value as Json;
use tidemill_core::ids::TaskName;
use tidemill_state::LastGood;

use self::tell::Differences;
use super::CliCommand;
use super::params::ParamArgs;
use super::pipeline_history::{PipelineHistory, json_lines, put_parts, put_table};
use super::stored_table::{engine_failure, open_table};
use crate::failure::Failure;
use crate::global::Global;
use crate::table_rows::TableRows;
use crate::terminal::{Paint, Stream};

/// What changed in a task's table between two runs; with `--against`, what a change of the pipeline means
#[derive(Parser, Debug)]
#[command(name = "diff")]
pub struct DiffArgs {
    /// The task
    #[arg(value_name = "TASK", required_unless_present = "against", default_value = "", hide_default_value = true)]
    task: String,
    /// The earlier run; without it, the last two runs with different tables
    #[arg(value_name = "A")]
    before: Option<String>,
    /// The later run; without it, the last one
    #[arg(value_name = "B")]
    after: Option<String>,
    /// The columns by which rows are the same row; default those of a `unique` check, else of `group_by`, else all
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    key: Vec<String>,
    /// Show so many rows of each sort
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    number: usize,
    /// Every difference, an object a line
    #[arg(long)]
    json: bool,
    /// What differs from the pipeline in a run or a Git revision: tasks, columns, rows, figures
    #[arg(long, value_name = "REV|RUN", conflicts_with_all = ["task", "key", "json", "number"])]
    against: Option<String>,
    /// As Markdown, for a pull request
    #[arg(long, requires = "against")]
    markdown: bool,
    /// Into this folder as Markdown, with the figures before and after
    #[arg(short, long, value_name = "DIR", requires = "against")]
    output: Option<PathBuf>,
    #[command(flatten)]
    params: ParamArgs,
}

/// A table as it was in a run.
struct Side {
    /// The run.
    run: String,
    /// When the table was made.
    made: String,
    /// It.
    rows: Box<dyn TableRows>,
}

impl CliCommand for DiffArgs {
    /// Prints what changed.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        if let Some(against) = &self.against {
            let form = against::DiffOutput { markdown: self.markdown, folder: self.output.as_deref() };
            return against::tell(global, &self.params.wanted()?, against, &form);
        }
        if !self.params.is_empty() {
            return Err(Failure::wrong("parameters have a meaning only with `--against`")
                .help("the tables of runs are compared as they were made"));
        }
        let paint = Paint(global.color.wanted(Stream::Stdout));
        self.told(global, |told| {
            if self.json {
                return put_parts(told.json().map(|lines| Ok(json_lines(lines.map_err(engine_failure)?))));
            }
            put_table(&told.text(self.number, Stream::Stdout.width(), paint).map_err(engine_failure)?)
        })
    }
}

impl DiffArgs {
    /// Finds the differences, and hands them over to be told.
    fn told<T>(
        &self,
        global: &Global,
        tell: impl FnOnce(&Differences<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let history = PipelineHistory::open(global)?;
        let task = history.task(&self.task)?;
        let after = match &self.after {
            Some(id) => result_in(&history, &task, id)?,
            None => last_with_table(&history, &task)?,
        };
        let before = match &self.before {
            Some(id) => result_in(&history, &task, id)?,
            None => last_different(&history, &task, &after)?,
        };
        let engine = crate::engine::engine_for(&history.opened);
        let clock = history.clock();
        let side = |(run, result): &(String, LastGood)| -> Result<Side, Failure> {
            let rows = Box::new(open_table(&history, &engine, &task, result)?);
            Ok(Side { run: run.clone(), made: clock.show(result.made), rows })
        };
        let (before, after) = (side(&before)?, side(&after)?);
        let key = row_key::choose(&history, &task, &self.key, before.rows.schema(), after.rows.schema())?;
        let found = compare::compare(&*before.rows, &*after.rows, &key.columns)?;
        tell(&Differences { task: &task, before: &before, after: &after, key: &key, found: &found })
    }
}

/// The differences of a task's table between two runs for programs, with the first rows of each sort.
pub fn differences(
    global: &Global,
    task: &str,
    [before, after]: [Option<&str>; 2],
    number: usize,
) -> Result<Json, Failure> {
    let owned = |run: Option<&str>| run.map(str::to_owned);
    let (before, after) = (owned(before), owned(after));
    let asked = DiffArgs {
        task: task.to_owned(),
        before,
        after,
        key: Vec::new(),
        number,
        json: true,
        against: None,
        markdown: false,
        output: None,
        params: ParamArgs::default(),
    };
    asked.told(global, |told| told.short_json(number).map_err(engine_failure))
}

/// What the task made in a run, with the run's id.
fn result_in(history: &PipelineHistory, task: &TaskName, id: &str) -> Result<(String, LastGood), Failure> {
    let run = history.run(Some(id))?;
    match history.state()?.result_in(&run.id, task)? {
        Some(result) => Ok((run.id.to_string(), result)),
        None => Err(Failure::wrong(format!("run {} has no result of `{task}`", run.id))
            .help(format!("`tidemill show {}` lists its tasks", run.id))),
    }
}

fn last_with_table(history: &PipelineHistory, task: &TaskName) -> Result<(String, LastGood), Failure> {
    let mut makes_none = false;
    for found in results(history, task)? {
        let (run, result) = found?;
        if result.table.is_some() {
            return Ok((run, result));
        }
        makes_none = true;
    }
    Err(match makes_none {
        true => Failure::wrong(format!("`{task}` makes no table")),
        false => Failure::wrong(format!("no run has made a table of `{task}`"))
            .help(format!("`tidemill run {task}` makes it")),
    })
}

/// The last result before which the table was another one.
fn last_different(
    history: &PipelineHistory,
    task: &TaskName,
    than: &(String, LastGood),
) -> Result<(String, LastGood), Failure> {
    let digest = |result: &LastGood| result.table.as_ref().map(|table| table.object.digest);
    let mut earlier = results(history, task)?.skip_while(|found| !matches!(found, Ok((run, _)) if *run == than.0));
    let found = earlier.find(|found| match found {
        Ok((_, result)) => result.table.is_some() && digest(result) != digest(&than.1),
        Err(_) => true,
    });
    found.unwrap_or_else(|| {
        Err(Failure::wrong(format!("the table of `{task}` was the same in all runs that are remembered"))
            .help("name two runs to compare them all the same"))
    })
}

/// The results of a task in all runs that had one, the latest first.
fn results<'a>(
    history: &'a PipelineHistory,
    task: &'a TaskName,
) -> Result<impl Iterator<Item = Result<(String, LastGood), Failure>> + use<'a>, Failure> {
    let state = history.state()?;
    let ids = state.run_ids(history.pipeline())?;
    Ok(ids.into_iter().filter_map(move |id| match state.result_in(&id, task) {
        Ok(found) => found.map(|result| Ok((id.to_string(), result))),
        Err(error) => Some(Err(error.into())),
    }))
}
