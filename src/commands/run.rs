//! `tidemill run`: does what is to be done.

use std::cell::Cell;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;
use tidemill_core::plan::Selection;
use tidemill_state::{Process, State};

use super::CliCommand;
use super::params::{self, ParamArgs};
use super::selection::selected;
use super::{dry_run, notify};
use crate::failure::{Failure, render_all};
use crate::global::Global;
use crate::observers::TerminalReporter;
use crate::summary;
use crate::terminal::{Paint, Stream, put};
use crate::watchers::watchers;
use tidemill_runner::dry_run::DryRun;
use tidemill_runner::execute::LogFormat;
use tidemill_runner::pipeline_run::{RunRequest, Runner};
use tidemill_runner::project::{Project, Wanted, kept_texts};
use tidemill_runner::trigger::{PointInTime, RunTrigger};
use tidemill_runner::up_to_date::Invocation;

/// Run the pipeline, or the tasks named with whatever they need
#[derive(Parser, Debug)]
#[command(name = "run")]
pub struct RunArgs {
    /// The tasks wanted; they come with whatever they need
    #[arg(value_name = "SELECTOR")]
    selectors: Vec<String>,
    #[command(flatten)]
    params: ParamArgs,
    /// Show the pipeline's parameters, what they are for and what values they take; nothing runs
    #[arg(long)]
    help_params: bool,
    /// At most so many tasks at once; default one for each processor
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// After a failure, go on with all that does not depend on it
    #[arg(long)]
    keep_going: bool,
    /// Run the tasks named (all, if none is) even if nothing has changed
    #[arg(long)]
    force: bool,
    /// Send mails and webhooks again that were sent
    #[arg(long)]
    resend: bool,
    /// Tell the channels of `notify` how the run ends, also if it cannot begin: for a run that cron starts
    #[arg(long, conflicts_with = "dry_run")]
    notify: bool,
    /// If another run holds the project, exit with 3 instead of waiting
    #[arg(long)]
    no_wait: bool,
    /// Only say what would run
    #[arg(long)]
    dry_run: bool,
    /// Leave these tasks out
    #[arg(long, value_name = "SEL")]
    exclude: Vec<String>,
    /// Run for that time instead of now: `run.date` and `run.logical_time` are its. Of a day, its first fire counts
    #[arg(long, value_name = "DATE", value_parser = PointInTime::parse)]
    at: Option<PointInTime>,
    /// Run that fire, which a scheduler has claimed
    #[arg(long, value_name = "INSTANT", hide = true, conflicts_with = "at")]
    fire: Option<Timestamp>,
    /// Run for that fire again
    #[arg(long, value_name = "INSTANT", hide = true, conflicts_with_all = ["at", "fire"])]
    backfill: Option<Timestamp>,
    /// Take the pipeline's texts from there instead of from its files
    #[arg(long, value_name = "F", hide = true)]
    texts: Option<PathBuf>,
    /// Print every event as an object on a line of stdout
    #[arg(long)]
    json: bool,
    /// How logs are written
    #[arg(long, default_value = "text", value_name = "FORMAT", value_parser = log_format())]
    log_format: LogFormat,
}

impl CliCommand for RunArgs {
    /// Runs the pipeline.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        if self.help_params {
            return params::help(global, &self.params, self.json);
        }
        let (is_told, has_begun) = (self.notify, Cell::new(false));
        let done = self.do_run(global, &has_begun);
        if let (true, false, Err(why)) = (is_told, has_begun.get(), &done) {
            notify::tell_not_begun(global, why, Paint(global.color.wanted(Stream::Stderr)));
        }
        done
    }
}

impl RunArgs {
    /// Does the run; from the moment on at which it is one, it is told here how it ends.
    fn do_run(self, global: &Global, has_begun: &Cell<bool>) -> Result<ExitCode, Failure> {
        let paint = Paint(global.color.wanted(Stream::Stderr));
        let invocation = invocation(global, &self);
        if let Some(rest) = invocation.as_ref().and_then(|invocation| invocation.nothing_to_do(&command_line())) {
            eprint!("{}", summary::nothing_to_do(rest.tasks, rest.duration, paint));
            return Ok(ExitCode::SUCCESS);
        }
        let texts = self.texts.as_deref().map(kept_texts).transpose()?.unwrap_or_default();
        let wanted = Wanted { trigger: trigger(&self), texts, ..self.params.wanted()? };
        let (project, engine) = match self.dry_run {
            true => global.checked(&wanted)?,
            false => global.checked_for_run(&wanted)?,
        };
        if !project.warnings.is_empty() {
            eprintln!("{}", render_all(&project.sources, &project.warnings, paint.0).trim_end());
        }
        let named = selected(&project, &*engine, &self.selectors, &self.exclude)?;
        let wanted = project.plan.with_needs(&named);
        let forced = if self.force { named } else { Selection::new() };
        if self.dry_run {
            let planned = DryRun::of(&project, &*engine, &wanted, &forced, self.resend)?;
            let on_stdout = Paint(global.color.wanted(Stream::Stdout));
            let shown = put(&dry_run::shown(&planned, &project.plan, self.json, on_stdout))?;
            dry_run::tell_leftovers(&planned, paint);
            return Ok(shown);
        }
        if let Some(fire) = self.fire {
            adopt(&project, fire)?;
        }
        let reporter =
            TerminalReporter { paint, verbose: global.verbose > 0, json: self.json, told: project.warnings.clone() };
        let request = RunRequest {
            jobs: self.jobs.map_or_else(processors, usize::from),
            keep_going: self.keep_going,
            forced,
            as_cached: Selection::new(),
            resend: self.resend,
            no_wait: self.no_wait,
            log_format: self.log_format,
            command: command_line(),
            selection: self.selectors.clone(),
            invocation,
        };
        let watchers = watchers(&project, &engine, &reporter);
        has_begun.set(true);
        if self.notify {
            notify::keep_channels(global.file(), &project.spec, &project.sources, paint);
        }
        let done = Runner { project: &project, engine, request, reporter: &reporter, watchers }.run(&wanted);
        if self.notify {
            notify::tell_ended(&project.spec, &project.sources, &project.run.id, paint);
        }
        done.map(|()| ExitCode::SUCCESS)
    }
}

/// `text` or `json`.
fn log_format() -> impl TypedValueParser<Value = LogFormat> {
    PossibleValuesParser::new([
        PossibleValue::new("text").help("A line for people"),
        PossibleValue::new("json").help("An object a line"),
    ])
    .map(|name| if name == "json" { LogFormat::Json } else { LogFormat::Text })
}

/// What the run is for.
fn trigger(args: &RunArgs) -> RunTrigger {
    let at = args.at.map(RunTrigger::At);
    let fire = args.fire.map(RunTrigger::Fire).or(args.backfill.map(RunTrigger::Backfill));
    at.or(fire).unwrap_or_default()
}

/// Takes a fire over from the scheduler that has claimed it.
fn adopt(project: &Project, fire: Timestamp) -> Result<(), Failure> {
    let spec = &project.spec;
    let adopted = State::open(&spec.project)
        .and_then(|mut state| state.adopt_fire(&spec.name.value, fire, &Process::current()))?;
    if adopted { Ok(()) } else { Err(Failure::wrong(format!("the fire of {fire} is not claimed, or was given up"))) }
}

/// This invocation, if a run that had nothing to do can answer it: no more than to bring tasks up to date, and to say so.
fn invocation(global: &Global, args: &RunArgs) -> Option<Invocation> {
    let is_by_hand = matches!(trigger(args), RunTrigger::ByHand) && args.texts.is_none();
    let wants_more =
        !is_by_hand || args.notify || args.force || args.resend || args.dry_run || args.json || global.verbose > 0;
    // What these select depends on the last run.
    let names_runs = |selector: &String| selector.contains("result:") || selector.contains("state:");
    let is_other = args.params.params_file.is_some() || args.selectors.iter().chain(&args.exclude).any(names_runs);
    if wants_more || is_other { None } else { Invocation::here(global.file()) }
}

/// One attempt for each processor.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What the user typed.
pub fn command_line() -> String {
    let words = std::env::args().skip(1);
    std::iter::once("tidemill".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}
