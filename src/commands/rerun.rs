//! `tidemill rerun TASK`: one task again, from its inputs as they are cached.

use std::process::ExitCode;

use clap::Parser;
use tidemill_core::plan::Selection;

use super::CliCommand;
use super::params::ParamArgs;
use super::run::{command_line, processors};
use super::selection::selected;
use crate::failure::Failure;
use crate::global::Global;
use crate::observers::TerminalReporter;
use crate::terminal::{Paint, Stream};
use crate::watchers::watchers;
use tidemill_runner::dry_run::{DryRun, DryRunAction};
use tidemill_runner::execute::LogFormat;
use tidemill_runner::pipeline_run::{RunRequest, Runner};

/// One task again, from its cached inputs
#[derive(Parser, Debug)]
#[command(name = "rerun")]
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

impl CliCommand for RerunArgs {
    /// Runs the task again.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let (project, engine) = global.checked(&self.params.wanted()?)?;
        let plan = &project.plan;
        let named = selected(&project, &*engine, std::slice::from_ref(&self.task), &[])?;
        let above: Selection = plan.with_needs(&named).difference(&named).copied().collect();
        let below: Selection = plan.with_needed_by(&named).difference(&named).copied().collect();
        let mut wanted = plan.with_needs(&named);
        if self.downstream {
            wanted.extend(plan.with_needs(&below));
        }
        let forced = if self.upstream { plan.with_needs(&named) } else { named.clone() };
        let as_cached = if self.upstream { Selection::new() } else { above };
        let paint = Paint(global.color.wanted(Stream::Stderr));
        let reporter = TerminalReporter { paint, verbose: global.verbose > 0, json: self.json, told: Vec::new() };
        let request = RunRequest {
            jobs: self.jobs.map_or_else(processors, usize::from),
            keep_going: false,
            forced,
            as_cached,
            resend: false,
            no_wait: self.no_wait,
            log_format: LogFormat::default(),
            command: command_line(),
            selection: vec![self.task.clone()],
            invocation: None,
        };
        let watchers = watchers(&project, &engine, &reporter);
        Runner { project: &project, engine: engine.clone(), request, reporter: &reporter, watchers }.run(&wanted)?;
        if !self.downstream && !below.is_empty() {
            let dry_run = DryRun::of(&project, &*engine, &plan.with_needs(&below), &Selection::new(), false)?;
            let stale: Vec<String> = dry_run
                .tasks
                .iter()
                .filter(|task| {
                    below.contains(&task.task) && !matches!(task.action, DryRunAction::Cached | DryRunAction::Skip)
                })
                .map(|task| plan.task(task.task).name.to_string())
                .collect();
            match stale.is_empty() {
                true => eprintln!("{} all that need it are still up to date", paint.green("ok")),
                false => eprintln!("{} out of date now: {}", paint.yellow("note"), stale.join(", ")),
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
