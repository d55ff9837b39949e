//! `tidemill schedule`: fires run when their time comes; and what fires there are, asked beforehand.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use jiff::{SignedDuration, Timestamp};
use tidemill_core::schedule::{FireClaim, FireOutcome, Policy, Simulated, Simulation, Timetable, length, simulate};
use tidemill_core::spec::{HumanDuration, Schedule, Spec};

use super::CliCommand;
use super::pause::schedule_of;
use super::pipeline_history::put;
use crate::failure::{self, Failure};
use crate::global::Global;
use crate::terminal::{Paint, Stream};
use tidemill_runner::project::{self, Opened, Wanted, written};
use tidemill_runner::trigger::PointInTime;
use tidemill_scheduler::{Host, Mode, Question, beyond, serve, words};

/// Run on schedule, in the foreground
#[derive(Parser, Debug)]
#[command(name = "schedule")]
pub struct ScheduleArgs {
    /// Only the fires that are due now, then exit: for cron or a systemd timer
    #[arg(long)]
    once: bool,
    #[command(subcommand)]
    ask: Option<Ask>,
}

#[derive(Subcommand, Debug)]
enum Ask {
    /// The coming fires, one a line
    Next {
        /// So many
        #[arg(short, value_name = "N", default_value_t = 10)]
        number: usize,
        /// After this time instead of now; of a day, from its beginning on
        #[arg(long, value_name = "T", value_parser = PointInTime::parse)]
        from: Option<PointInTime>,
    },
    /// Which fires would run, be made up for or be skipped in a time
    Simulate {
        /// From this time on; of a day, its beginning
        #[arg(long, value_name = "T", value_parser = PointInTime::parse)]
        from: PointInTime,
        /// Up to this time; of a day, its end
        #[arg(long, value_name = "T", value_parser = PointInTime::parse)]
        to: PointInTime,
        /// A time in which nothing runs here; may be given several times
        #[arg(long, value_name = "T..T")]
        down: Vec<String>,
        /// So long takes a run
        #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
        takes: Duration,
    },
}

/// The schedule service on this terminal.
pub struct TerminalHost {
    /// The flags of all commands.
    pub global: Global,
    /// Its colours.
    pub paint: Paint,
}

impl Host for TerminalHost {
    fn open(&self, file: &Path) -> Result<Opened, Failure> {
        project::open(&self.global.pipeline(file), &Wanted::default())
    }

    fn run_command(&self, file: &Path) -> std::io::Result<Command> {
        self.global.again(file)
    }

    fn note(&self, text: &str) {
        eprintln!("{} {text}", self.paint.cyan("schedule"));
    }

    fn warning(&self, text: &str) {
        eprintln!("{} {text}", self.paint.yellow("warning"));
    }

    fn tell(&self, text: &str) {
        eprintln!("{text}");
    }

    fn failure_text(&self, failure: &Failure) -> String {
        failure::text(failure, self.paint.0)
    }
}

impl CliCommand for ScheduleArgs {
    const TAKES_SEVERAL_FILES: bool = true;

    /// Serves the schedule, or tells of it.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        match self.ask {
            None => {
                let host = Arc::new(TerminalHost {
                    global: global.clone(),
                    paint: Paint(global.color.wanted(Stream::Stderr)),
                });
                let mode = if self.once { Mode::Once } else { Mode::Serve };
                serve(host, &global.files, mode).map(|()| ExitCode::SUCCESS)
            }
            Some(Ask::Next { number, from }) => {
                let (_, schedule, timetable) = asked(global)?;
                next(&timetable, Policy::from(&schedule), number, from)
            }
            Some(Ask::Simulate { from, to, down, takes }) => {
                let (spec, schedule, timetable) = asked(global)?;
                let simulation = Question { from, to, down, takes }.of(&spec.name.value, &schedule, timetable)?;
                let paint = Paint(global.color.wanted(Stream::Stdout));
                put(&story(&simulation, &simulate(&simulation), paint))
            }
        }
    }
}

fn asked(global: &Global) -> Result<(Arc<Spec>, Schedule, Timetable), Failure> {
    if global.files.len() > 1 {
        return Err(Failure::wrong("`-f` is given several times").help("ask about one pipeline at a time"));
    }
    let opened = global.open(&Wanted::default())?;
    // Mistakes in tasks do not matter here.
    let Some(spec) = opened.spec.clone() else { return Err(opened.mistakes()) };
    if spec.schedule.is_none() && opened.diagnostics.has_errors() {
        return Err(opened.mistakes());
    }
    let (schedule, timetable) = schedule_of(&spec)?;
    Ok((spec, schedule, timetable))
}

fn next(timetable: &Timetable, policy: Policy, number: usize, from: Option<PointInTime>) -> Result<ExitCode, Failure> {
    let from = match from {
        // A fire at the time given is one of the coming ones.
        Some(from) => from.start(timetable.zone()).ok_or_else(beyond)?.checked_sub(SignedDuration::from_nanos(1)),
        None => Ok(Timestamp::now()),
    };
    let from = from.map_err(|_| beyond())?;
    let jitter = match policy.jitter {
        none if none.is_zero() => String::new(),
        jitter => format!("  starts up to {} later", length(jitter)),
    };
    let lines = timetable.after(from).take(number).map(|fire| {
        let mark = words::clock_change(timetable, fire);
        format!("{}{jitter}{mark}\n", head(timetable, fire))
    });
    put(&lines.collect::<String>())
}

/// `2024-11-20T19:45:00+00:00  Wed`.
fn head(timetable: &Timetable, fire: Timestamp) -> String {
    let time = fire.to_zoned(timetable.zone().clone());
    format!("{}  {}", written(&time), time.strftime("%a"))
}

fn story(simulation: &Simulation, told: &[Simulated], paint: Paint) -> String {
    let timetable = &simulation.timetable;
    let mut text = String::new();
    let (mut ran, mut caught_up, mut skipped) = (0, 0, 0);
    for one in told {
        let told = words::fate(one, timetable.zone());
        let (fate, count) = match one.fate {
            FireOutcome::Ran(FireClaim::OnTime | FireClaim::Queued) => (paint.green(told), &mut ran),
            FireOutcome::Ran(FireClaim::CaughtUp) => (paint.cyan(told), &mut caught_up),
            FireOutcome::Cancelled | FireOutcome::Died => (paint.yellow(told), &mut ran),
            FireOutcome::Skipped(_) => (paint.yellow(told), &mut skipped),
        };
        *count += 1;
        text += &format!("{}  {fate}{}\n", head(timetable, one.fire), words::clock_change(timetable, one.fire));
    }
    text + &format!("{} fires: {ran} run, {caught_up} caught up, {skipped} skipped\n", told.len())
}

fn duration(text: &str) -> Result<Duration, String> {
    HumanDuration::parse(text).map(Duration::from)
}
