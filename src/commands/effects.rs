//! `tidemill retry --effects`: what may or may not have been sent.

use std::process::ExitCode;

use jiff::Timestamp;
use tidemill_core::ids::RunId;
use tidemill_core::plan::Selection;
use tidemill_state::{Effect, EffectStatus, Holder, Lock, LockError, Run, State};

use super::retry::{RetryArgs, params_of};
use super::run::{command_line, processors};
use crate::failure::Failure;
use crate::global::Global;
use crate::observers::TerminalReporter;
use crate::terminal::{Paint, Stream};
use crate::unknown_effects;
use crate::watchers::watchers;
use tidemill_runner::execute::LogFormat;
use tidemill_runner::pipeline_run::{RunRequest, Runner, UnknownEffects};
use tidemill_runner::project::{Opened, Wanted};
use tidemill_runner::trigger::RunTrigger;

/// Sends what is in doubt again, or writes down that it has arrived.
pub fn run(global: &Global, args: &RetryArgs) -> Result<ExitCode, Failure> {
    let paint = Paint(global.color.wanted(Stream::Stderr));
    let first = global.open(&Wanted::default())?;
    let Some(spec) = first.spec.clone() else { return Err(first.mistakes()) };
    let state = State::open_read_only(&spec.project)?;
    let unknown = state.as_ref().map(|state| state.unknown_effects(&spec.name.value)).transpose()?;
    let mut unknown = unknown.unwrap_or_default();
    if let Some(id) = &args.run {
        unknown.retain(|effect| about(effect).as_str().starts_with(id.as_str()));
    }
    if !args.arrived.is_empty() {
        return arrived(&first, args, unknown, paint);
    }
    let (notices, unknown): (Vec<Effect>, Vec<Effect>) =
        unknown.into_iter().partition(|effect| effect.notice().is_some());
    if !notices.is_empty() {
        eprint!("{}", unknown_effects::told(&notices, paint));
        super::notify::send_again(&first, &notices, paint)?;
    }
    let Some(state) = state.filter(|_| !unknown.is_empty()) else {
        if !notices.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        eprintln!("{} nothing is in doubt: of all that was sent it is known", paint.green("ok"));
        return Ok(ExitCode::SUCCESS);
    };
    let mut failure = None;
    for (run, effects) in by_run(unknown) {
        match state.run(run.as_str())? {
            Some(of) => {
                let again = UnknownEffects {
                    records: state.tasks_of(&of.id)?,
                    of,
                    tasks: named(&effects, false),
                    handlers: named(&effects, true),
                };
                eprint!("{}", unknown_effects::told(&effects, paint));
                failure = send(global, args, &first, &again, paint).err().or(failure);
            }
            None => eprintln!(
                "{} run {run} is forgotten, and with it what it was to send; `tidemill run TASK --resend` sends it as of today",
                paint.yellow("warning")
            ),
        }
    }
    failure.map_or(Ok(ExitCode::SUCCESS), Err)
}

/// The run whose mail it is: of a handler's, the one that it followed.
fn about(effect: &Effect) -> RunId {
    effect.handled().map_or_else(|| effect.run.clone(), RunId::new)
}

fn by_run(effects: Vec<Effect>) -> Vec<(RunId, Vec<Effect>)> {
    let mut runs: Vec<(RunId, Vec<Effect>)> = Vec::new();
    for effect in effects {
        let run = about(&effect);
        match runs.iter_mut().find(|(known, _)| *known == run) {
            Some((_, of_run)) => of_run.push(effect),
            None => runs.push((run, vec![effect])),
        }
    }
    runs
}

fn named(effects: &[Effect], handlers: bool) -> Vec<tidemill_core::ids::TaskName> {
    let is_handler = |effect: &&Effect| effect.handled().is_some() == handlers;
    effects.iter().filter(is_handler).map(|effect| effect.task.clone()).collect()
}

fn send(
    global: &Global,
    args: &RetryArgs,
    first: &Opened,
    again: &UnknownEffects,
    paint: Paint,
) -> Result<(), Failure> {
    let run: &Run = &again.of;
    let wanted = Wanted { params: params_of(run, first)?, trigger: RunTrigger::again(&run.start), ..Wanted::default() };
    let (project, engine) = global.checked(&wanted)?;
    let reporter = TerminalReporter { paint, verbose: global.verbose > 0, json: args.json, told: Vec::new() };
    let request = RunRequest {
        jobs: args.jobs.map_or_else(processors, usize::from),
        keep_going: true,
        forced: Selection::new(),
        as_cached: Selection::new(),
        resend: false,
        no_wait: args.no_wait,
        log_format: LogFormat::default(),
        command: command_line(),
        selection: again.tasks.iter().chain(&again.handlers).map(ToString::to_string).collect(),
        invocation: None,
    };
    let watchers = watchers(&project, &engine, &reporter);
    Runner { project: &project, engine, request, reporter: &reporter, watchers }.send_again(again)
}

/// Writes down that what is in doubt of these tasks has arrived.
fn arrived(opened: &Opened, args: &RetryArgs, unknown: Vec<Effect>, paint: Paint) -> Result<ExitCode, Failure> {
    let Some(spec) = &opened.spec else { return Err(opened.mistakes()) };
    for task in &args.arrived {
        if !unknown.iter().any(|effect| effect.task.as_str() == task) {
            return Err(
                Failure::wrong(format!("nothing of `{task}` is in doubt")).help("`tidemill status` tells what is")
            );
        }
    }
    let lock = Lock::try_acquire(&spec.project, &spec.name.value, &Holder::current(command_line()));
    let lock = lock.map_err(|error| match error {
        LockError::Held(held) => Failure::Held { message: held.to_string() },
        error => Failure::broken(error.to_string()),
    })?;
    let mut state = State::open(&spec.project)?;
    state.mark_dead_runs_interrupted(&lock, Timestamp::now())?;
    for effect in unknown.into_iter().filter(|effect| args.arrived.iter().any(|task| effect.task.as_str() == task)) {
        state.settle_effect(&Effect { status: EffectStatus::Sent, ..effect.clone() })?;
        eprintln!("{} {}: counts as sent in run {}", paint.green("ok"), effect.task, effect.run);
    }
    Ok(ExitCode::SUCCESS)
}
