//! `tidemill rerun TASK`: one task again, from its inputs as they are cached.

use std::process::ExitCode;

use clap::Args;
use tidemill_core::plan::Selection;

use super::params::ParamArgs;
use super::run::{command_line, processors};
use super::selection::selected;
use crate::cli::Global;
use crate::execute::LogFormat;
use crate::failure::Failure;
use crate::outlook::{Act, Outlook};
use crate::project::{self, engine_for};
use crate::runner::{Request, Runner};
use crate::terminal::{Paint, Stream};

/// Flags of `rerun`.
#[derive(Args, Debug)]
pub struct RerunArgs {
    /// The task, or a selector for several
    #[arg(value_name = "TASK")]
    task: String,
    /// And all that need it, where its result changed
    #[arg(long)]
    downstream: bool,
    /// And all that it needs, whatever is cached
    #[arg(long)]
    upstream: bool,
    #[command(flatten)]
    params: ParamArgs,
    /// At most so many tasks at once; default one for each processor
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// If another run holds the project, exit with 3 instead of waiting
    #[arg(long)]
    no_wait: bool,
    /// Print every event as an object on a line of stdout
    #[arg(long)]
    json: bool,
}

/// Runs the task again.
pub fn run(global: &Global, args: RerunArgs) -> Result<ExitCode, Failure> {
    let mut opened = project::open(global, &args.params.wanted()?)?;
    let engine = engine_for(&opened);
    opened.check_columns(&*engine);
    let project = opened.into_project()?;
    let plan = &project.plan;
    let named = selected(&project, &*engine, std::slice::from_ref(&args.task), &[])?;
    let above: Selection = plan.with_needs(&named).difference(&named).copied().collect();
    let below: Selection = plan.with_needed_by(&named).difference(&named).copied().collect();
    let mut wanted = plan.with_needs(&named);
    if args.downstream {
        wanted.extend(plan.with_needs(&below));
    }
    let forced = if args.upstream { plan.with_needs(&named) } else { named.clone() };
    let as_cached = if args.upstream { Selection::new() } else { above };
    let paint = Paint(global.color.wanted(Stream::Stderr));
    let request = Request {
        jobs: args.jobs.map_or_else(processors, usize::from),
        keep_going: false,
        forced,
        as_cached,
        resend: false,
        no_wait: args.no_wait,
        json: args.json,
        log_format: LogFormat::default(),
        verbose: global.verbose,
        paint,
        command: command_line(),
        selection: vec![args.task.clone()],
        asked: None,
    };
    Runner { project: &project, engine: engine.clone(), request }.run(&wanted)?;
    if !args.downstream && !below.is_empty() {
        let outlook = Outlook::of(&project, &*engine, &plan.with_needs(&below), &Selection::new(), false)?;
        let stale: Vec<String> = outlook
            .tasks
            .iter()
            .filter(|prospect| below.contains(&prospect.task) && !matches!(prospect.act, Act::Cached | Act::Skip))
            .map(|prospect| plan.task(prospect.task).name.to_string())
            .collect();
        match stale.is_empty() {
            true => eprintln!("{} all that need it are still up to date", paint.green("ok")),
            false => eprintln!("{} out of date now: {}", paint.yellow("note"), stale.join(", ")),
        }
    }
    Ok(ExitCode::SUCCESS)
}
