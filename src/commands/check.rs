//! `tidemill check`: everything that can be found without running.

use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use tidemill_core::schedule::Calendar;

use super::params::ParamArgs;
use crate::cli::Global;
use crate::failure::{Failure, render_all};
use crate::project::{self, engine_for};
use crate::schedule::tell;
use crate::terminal::{Paint, Stream};

/// So many coming fires are told.
const FIRES: usize = 3;

/// Flags of `check`.
#[derive(Args, Debug)]
pub struct CheckArgs {
    #[command(flatten)]
    params: ParamArgs,
}

/// Checks the file, the graph and the columns.
pub fn run(global: &Global, args: CheckArgs) -> Result<ExitCode, Failure> {
    let mut opened = project::open(global, &args.params.wanted()?)?;
    let engine = engine_for(&opened);
    opened.check_columns(&*engine);
    let project = opened.into_project()?;
    let colored = global.color.wanted(Stream::Stderr);
    if !project.warnings.is_empty() {
        eprintln!("{}", render_all(&project.sources, &project.warnings, colored).trim_end());
    }
    let tasks = project.plan.tasks.len();
    let handlers: usize = project.handlers.iter().map(|(_, plan)| plan.tasks.len()).sum();
    let also = if handlers > 0 { format!(", {handlers} in handlers") } else { String::new() };
    let paint = Paint(colored);
    eprintln!("{} {}: {tasks} tasks{also}, no mistakes", paint.green("ok"), project.spec.name.value);
    if let Some(schedule) = &project.spec.schedule {
        let calendar = Calendar::new(schedule).map_err(Failure::wrong)?;
        let now = Timestamp::now();
        eprintln!("   {}", tell::schedule(schedule, &calendar, now));
        eprintln!("   {}", paint.dim(tell::coming(&calendar, now, FIRES)));
    }
    Ok(ExitCode::SUCCESS)
}
