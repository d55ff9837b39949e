//! `tidemill retry [RUN]`: what failed or was never reached.

use std::collections::HashSet;
use std::process::ExitCode;

use clap::Parser;
use tidemill_core::event::TaskStatus;
use tidemill_core::ids::TaskName;
use tidemill_core::plan::Selection;
use tidemill_state::{Run, State};

use super::CliCommand;
use super::run::{command_line, processors};
use super::selection::selected;
use crate::failure::Failure;
use crate::global::Global;
use crate::observers::TerminalReporter;
use crate::summary::counted;
use crate::terminal::{Paint, Stream};
use crate::watchers::watchers;
use tidemill_runner::execute::LogFormat;
use tidemill_runner::pipeline_run::{RunRequest, Runner};
use tidemill_runner::project::{Opened, Wanted};
use tidemill_runner::trigger::RunTrigger;
use tidemill_secrets::MASK;
use tidemill_secrets::masked_value;

/// What failed or was never reached in the last run, or in that one
#[derive(Parser, Debug)]
#[command(name = "retry")]
pub struct RetryArgs {
    /// The run, or the beginning of its id; default the last one
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    /// Send again what may or may not have been sent: mails and webhooks whose run died on the way, or that were not answered
    #[arg(long)]
    pub effects: bool,
    /// With --effects: what is in doubt of this task has arrived; write that down and send nothing
    #[arg(long, value_name = "TASK", requires = "effects")]
    pub arrived: Vec<String>,
    /// After a failure, go on with all that does not depend on it
    #[arg(long)]
    keep_going: bool,
    /// At most so many tasks at once; default one for each processor
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// If another run holds the project, exit with 3 instead of waiting
    #[arg(long)]
    pub no_wait: bool,
    /// Print every event as an object on a line of stdout
    #[arg(long)]
    pub json: bool,
}

impl CliCommand for RetryArgs {
    /// Runs what the run left undone, with the params that it had.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        if self.effects {
            return super::effects::run(global, &self);
        }
        // The file is read twice: the first time it only says which project it is and which params there are.
        let first = global.open(&Wanted::default())?;
        let (earlier, done) = the_run(&first, self.run.as_deref())?;
        let wanted = Wanted {
            params: params_of(&earlier, &first)?,
            // What was sent for a fire is not sent again for it.
            trigger: RunTrigger::again(&earlier.start),
            ..Wanted::default()
        };
        let (project, engine) = global.checked(&wanted)?;
        let plan = &project.plan;
        let of_run = plan.with_needs(&selected(&project, &*engine, &earlier.start.selection, &[])?);
        let undone: Selection = of_run.into_iter().filter(|ix| !done.contains(&plan.task(*ix).name)).collect();
        let paint = Paint(global.color.wanted(Stream::Stderr));
        if undone.is_empty() {
            eprintln!("{} nothing to retry: run {} did all it was to do", paint.green("ok"), earlier.id);
            return Ok(ExitCode::SUCCESS);
        }
        let reporter = TerminalReporter { paint, verbose: global.verbose > 0, json: self.json, told: Vec::new() };
        let request = RunRequest {
            jobs: self.jobs.map_or_else(processors, usize::from),
            keep_going: self.keep_going,
            forced: Selection::new(),
            as_cached: Selection::new(),
            resend: false,
            no_wait: self.no_wait,
            log_format: LogFormat::default(),
            command: command_line(),
            selection: undone.iter().map(|ix| plan.task(*ix).name.to_string()).collect(),
            invocation: None,
        };
        eprintln!("{} retries {} of run {}", paint.cyan("note"), counted(undone.len(), "task"), earlier.id);
        let watchers = watchers(&project, &engine, &reporter);
        Runner { project: &project, engine, request, reporter: &reporter, watchers }.run(&plan.with_needs(&undone))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The params that the run had and that are not as the file has them.
pub fn params_of(run: &Run, opened: &Opened) -> Result<Vec<(String, String)>, Failure> {
    let declared = opened.spec.as_ref().map(|spec| spec.params.clone()).unwrap_or_default();
    let params = run.start.params.as_object().cloned().unwrap_or_default();
    let differs = |(name, value): &(String, serde_json::Value)| {
        declared.get(name).is_some_and(|param| masked_value(&param.value) != *value)
    };
    let given: Vec<(String, serde_json::Value)> = params.into_iter().filter(differs).collect();
    if let Some((name, _)) = given.iter().find(|(_, value)| value.to_string().contains(MASK)) {
        return Err(Failure::wrong(format!(
            "the parameter `{name}` of run {} held a secret, which is not kept",
            run.id
        ))
        .help(format!("give it again: `tidemill run -p {name}=…`")));
    }
    let text = |value: serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Ok(given.into_iter().map(|(name, value)| (name, text(value))).collect())
}

/// The run that is meant, and the tasks that succeeded in it or were skipped for good.
fn the_run(opened: &Opened, id: Option<&str>) -> Result<(Run, HashSet<TaskName>), Failure> {
    let Some(spec) = &opened.spec else { return Err(opened.mistakes()) };
    let state = State::open_read_only(&spec.project)?;
    let none = || Failure::wrong("nothing ever ran here").help("`tidemill run` runs the pipeline");
    let state = state.ok_or_else(none)?;
    let run = match id {
        Some(id) => state
            .run(id)?
            .ok_or_else(|| Failure::wrong(format!("no run `{id}`")).help("`tidemill history` lists the runs"))?,
        None => state.last_run(&spec.name.value)?.ok_or_else(none)?,
    };
    let done = state
        .tasks_of(&run.id)?
        .into_iter()
        .filter(|record| record.status == TaskStatus::Success)
        .map(|record| record.task)
        .collect();
    Ok((run, done))
}
