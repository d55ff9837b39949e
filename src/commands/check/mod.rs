//! `tidemill check`: everything that can be found without running; with `--data`, the checks of tables that are there; with
//! `--learn`, a contract written down.

mod data;
mod learn;

use std::process::ExitCode;

use clap::Parser;
use jiff::Timestamp;
use tidemill_core::schedule::Timetable;

use super::CliCommand;
use super::params::ParamArgs;
use super::selection::selected;
use crate::failure::{Failure, render_all};
use crate::global::Global;
use crate::summary::counted;
use crate::terminal::{Paint, Stream};
use tidemill_runner::project::Wanted;
use tidemill_scheduler::words;

/// So many coming fires are told.
const FIRES: usize = 3;

/// Check the file, the graph and every column's type; reads only the head of each source
#[derive(Parser, Debug)]
#[command(name = "check")]
pub struct CheckArgs {
    /// With `--data`, the tasks whose tables to look at, such as `orders`, `+daily_sales`, `tag:x`
    #[arg(value_name = "SELECTOR", requires = "data")]
    selectors: Vec<String>,
    /// Run the data checks and contracts alone, on the tables in the cache; no task runs
    #[arg(long)]
    data: bool,
    /// Look at nothing that lies elsewhere than on this machine: the columns of what is read there are those of its last run
    #[arg(long, conflicts_with_all = ["data", "learn"])]
    offline: bool,
    /// Write the columns that this load's source has today into the pipeline file, as its contract
    #[arg(long, value_name = "TASK", conflicts_with = "data")]
    learn: Option<String>,
    /// With `--data`, an object a line
    #[arg(long, requires = "data")]
    json: bool,
    #[command(flatten)]
    params: ParamArgs,
}

impl CliCommand for CheckArgs {
    /// Checks the file, the graph and the columns.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let mut opened = global.open(&Wanted { offline: self.offline, ..self.params.wanted()? })?;
        let engine = crate::engine::engine_for(&opened);
        if let Some(task) = &self.learn {
            return learn::learn(&opened, &*engine, task, Paint(global.color.wanted(Stream::Stderr)));
        }
        match self.offline {
            true => _ = opened.check_columns_offline(&*engine)?,
            false => _ = opened.check_columns(&*engine),
        }
        if !self.offline && !opened.diagnostics.has_lasting_errors() {
            let mistakes = super::test::mistakes(global, &self.params.wanted()?, &opened)?;
            opened.diagnostics.extend(mistakes);
        }
        let project = opened.into_project()?;
        let colored = global.color.wanted(Stream::Stderr);
        if !project.warnings.is_empty() {
            eprintln!("{}", render_all(&project.sources, &project.warnings, colored).trim_end());
        }
        if self.data {
            let selection = selected(&project, &*engine, &self.selectors, &[])?;
            let out = data::Out { json: self.json, paint: Paint(global.color.wanted(Stream::Stdout)) };
            return data::check(&project, &*engine, &selection, &out);
        }
        let tasks = counted(project.plan.tasks.len(), "task");
        let handlers: usize = project.handlers.iter().map(|(_, plan)| plan.tasks.len()).sum();
        let mut also = if handlers > 0 { format!(", {handlers} in handlers") } else { String::new() };
        if !project.spec.tests.is_empty() {
            also += &format!(", {}", counted(project.spec.tests.len(), "test"));
        }
        let paint = Paint(colored);
        eprintln!("{} {}: {tasks}{also}, no mistakes", paint.green("ok"), project.spec.name.value);
        if let Some(schedule) = &project.spec.schedule {
            let timetable = Timetable::new(schedule).map_err(Failure::wrong)?;
            let now = Timestamp::now();
            eprintln!("   {}", words::schedule(schedule, &timetable, now));
            eprintln!("   {}", paint.dim(words::coming(&timetable, now, FIRES)));
        }
        project.leave();
        Ok(ExitCode::SUCCESS)
    }
}
