//! `tidemill pause` and `tidemill resume`: whether fires of the schedule run.

use std::process::ExitCode;

use clap::Parser;
use jiff::Timestamp;
use tidemill_core::schedule::{FireSkipReason, Timetable};
use tidemill_core::spec::{Schedule, Spec};
use tidemill_state::{Fire, FireStatus, State, Watch};

use super::CliCommand;
use crate::failure::Failure;
use crate::global::Global;
use crate::terminal::{Paint, Stream};
use tidemill_runner::project::Wanted;
use tidemill_scheduler::{rhythm_text, words};

/// So many fires of a pause are written down one by one; the first of them stands for those before it.
const TOLD: usize = 10_000;

/// A pipeline with a schedule, and what is remembered of it.
struct Scheduled {
    name: String,
    schedule: Schedule,
    timetable: Timetable,
    state: State,
    watch: Option<Watch>,
}

/// Let no fire of the schedule run until `resume`
#[derive(Parser, Debug)]
#[command(name = "pause")]
pub struct PauseArgs;

impl CliCommand for PauseArgs {
    /// No fire runs from now on.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let mut scheduled = Scheduled::open(global)?;
        let now = Timestamp::now();
        let paint = Paint(global.color.wanted(Stream::Stderr));
        let name = &scheduled.name;
        if let Some(since) = scheduled.watch.as_ref().and_then(|watch| watch.paused) {
            eprintln!(
                "{} {name} is paused since {}",
                paint.green("ok"),
                words::fire(since, scheduled.timetable.zone())
            );
            return Ok(ExitCode::SUCCESS);
        }
        if scheduled.watch.is_none() {
            let saved = scheduled.state.save_seen(name, now, &rhythm_text(&scheduled.schedule));
            saved?;
        }
        scheduled.state.set_paused(name, Some(now))?;
        eprintln!("{} {name} is paused: its fires are skipped until `tidemill resume`", paint.green("ok"));
        Ok(ExitCode::SUCCESS)
    }
}

/// End a pause; the fires in it are not made up for
#[derive(Parser, Debug)]
#[command(name = "resume")]
pub struct ResumeArgs;

impl CliCommand for ResumeArgs {
    /// Fires run again. Those that came meanwhile are written down as skipped, whether or not a scheduler was there to see them.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let mut scheduled = Scheduled::open(global)?;
        let now = Timestamp::now();
        let paint = Paint(global.color.wanted(Stream::Stderr));
        let name = scheduled.name.clone();
        let Some((watch, since)) = scheduled.watch.clone().and_then(|watch| watch.paused.map(|since| (watch, since)))
        else {
            eprintln!("{} {name} is not paused", paint.green("ok"));
            return Ok(ExitCode::SUCCESS);
        };
        if watch.rhythm == rhythm_text(&scheduled.schedule) {
            let (fires, _) = scheduled.timetable.latest(watch.seen, now, TOLD);
            let last = fires.back().copied().unwrap_or(watch.seen);
            let skipped: Vec<Fire> = fires
                .into_iter()
                .map(|instant| Fire {
                    pipeline: name.clone(),
                    instant,
                    status: FireStatus::Skipped,
                    at: now,
                    run: None,
                    // A fire before the pause that nobody saw is not made up for after it either.
                    reason: Some(
                        if instant < since { FireSkipReason::Missed } else { FireSkipReason::Paused }.to_string(),
                    ),
                    owner: None,
                })
                .collect();
            scheduled.state.commit_fires(&skipped)?;
            scheduled.state.save_seen(&name, last, &watch.rhythm)?;
        }
        scheduled.state.set_paused(&name, None)?;
        let words = words::schedule(&scheduled.schedule, &scheduled.timetable, now);
        eprintln!("{} {name} goes on: {words}", paint.green("ok"));
        Ok(ExitCode::SUCCESS)
    }
}

impl Scheduled {
    fn open(global: &Global) -> Result<Self, Failure> {
        let opened = global.open(&Wanted::default())?;
        let Some(spec) = opened.spec.clone() else { return Err(opened.mistakes()) };
        let (schedule, timetable) = schedule_of(&spec)?;
        let state = State::open(&spec.project)?;
        let name = spec.name.value.clone();
        let watch = state.watch(&name)?;
        Ok(Self { name, schedule, timetable, state, watch })
    }
}

/// The schedule of a pipeline, and its timetable.
pub fn schedule_of(spec: &Spec) -> Result<(Schedule, Timetable), Failure> {
    let schedule = spec.schedule.clone().ok_or_else(|| {
        Failure::wrong(format!("`{}` has no `schedule`", spec.name.value))
            .help("write when it is to run, such as `schedule: \"45 19 * * *\"`")
    })?;
    let timetable = Timetable::new(&schedule).map_err(Failure::wrong)?;
    Ok((schedule, timetable))
}
