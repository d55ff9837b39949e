//! `tidemill schedule`: fires run when their time comes; and what fires there are, asked beforehand.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tidemill_core::schedule::{Calendar, Claim, Downtime, Fate, Policy, Simulated, Simulation, Wall, length, simulate};
use tidemill_core::spec::{HumanDuration, Spec};

use super::CliCommand;
use super::pause::schedule_of;
use super::pipeline_history::put;
use crate::failure::{self, Failure};
use crate::global::Global;
use crate::terminal::{Paint, Stream};
use tidemill_runner::project::{self, Opened, Wanted, written};
use tidemill_runner::trigger::PointInTime;
use tidemill_scheduler::{Host, serve};

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
                serve(host, &global.files, self.once).map(|()| ExitCode::SUCCESS)
            }
            Some(Ask::Next { number, from }) => {
                let (_, policy, calendar) = asked(global)?;
                next(&calendar, policy, number, from)
            }
            Some(Ask::Simulate { from, to, down, takes }) => {
                let (spec, policy, calendar) = asked(global)?;
                let zone = calendar.zone().clone();
                let simulation = Simulation {
                    pipeline: spec.name.value.clone(),
                    from: from.start(&zone).ok_or_else(beyond)?,
                    to: to.end(&zone).ok_or_else(beyond)?,
                    down: downtimes(&down, &zone)?,
                    calendar,
                    policy,
                    takes,
                };
                let paint = Paint(global.color.wanted(Stream::Stdout));
                put(&story(&simulation, &simulate(&simulation), paint))
            }
        }
    }
}

fn asked(global: &Global) -> Result<(Arc<Spec>, Policy, Calendar), Failure> {
    if global.files.len() > 1 {
        return Err(Failure::wrong("`-f` is given several times").help("ask about one pipeline at a time"));
    }
    let opened = global.open(&Wanted::default())?;
    // Mistakes in tasks do not matter here.
    let Some(spec) = opened.spec.clone() else { return Err(opened.mistakes()) };
    if spec.schedule.is_none() && opened.diagnostics.has_errors() {
        return Err(opened.mistakes());
    }
    let (schedule, calendar) = schedule_of(&spec)?;
    Ok((spec, Policy::from(&schedule), calendar))
}

fn next(calendar: &Calendar, policy: Policy, number: usize, from: Option<PointInTime>) -> Result<ExitCode, Failure> {
    let from = match from {
        // A fire at the time given is one of the coming ones.
        Some(from) => from.start(calendar.zone()).ok_or_else(beyond)?.checked_sub(SignedDuration::from_nanos(1)),
        None => Ok(Timestamp::now()),
    };
    let from = from.map_err(|_| beyond())?;
    let jitter = match policy.jitter {
        none if none.is_zero() => String::new(),
        jitter => format!("  starts up to {} later", length(jitter)),
    };
    let lines = calendar.after(from).take(number).map(|fire| {
        let mark = mark(calendar, fire);
        format!("{}{jitter}{mark}\n", head(calendar, fire))
    });
    put(&lines.collect::<String>())
}

/// `2024-11-20T19:45:00+00:00  Wed`.
fn head(calendar: &Calendar, fire: Timestamp) -> String {
    let time = fire.to_zoned(calendar.zone().clone());
    format!("{}  {}", written(&time), time.strftime("%a"))
}

/// What is special about the clock on the day of a fire.
fn mark(calendar: &Calendar, fire: Timestamp) -> String {
    let mut text = String::new();
    for shift in calendar.shifts(fire) {
        let (which, far) = if shift.by.is_negative() { ("back", -shift.by) } else { ("forward", shift.by) };
        let far = length(Duration::try_from(far).unwrap_or_default());
        let at = shift.at.to_zoned(calendar.zone().clone()).strftime("%H:%M").to_string();
        text += &format!("  * clocks go {which} {far}, to {at}");
    }
    text += match calendar.wall(fire) {
        Wall::Plain => "",
        Wall::Gap => "; its time does not exist: runs at the end of the gap",
        Wall::First => "; its time comes twice: this is the first",
        Wall::Second => "; its time comes twice: this is the second",
    };
    text
}

fn story(simulation: &Simulation, told: &[Simulated], paint: Paint) -> String {
    let calendar = &simulation.calendar;
    let mut text = String::new();
    let (mut ran, mut caught_up, mut skipped) = (0, 0, 0);
    for one in told {
        let at = || written(&one.at.to_zoned(calendar.zone().clone()));
        let later = if one.at > one.fire { format!(" at {}", at()) } else { String::new() };
        let (fate, count) = match one.fate {
            Fate::Ran(Claim::OnTime) => (paint.green(format!("runs{later}")), &mut ran),
            Fate::Ran(Claim::Queued) => (paint.green(format!("waits, runs{later}")), &mut ran),
            Fate::Ran(Claim::CaughtUp) => (paint.cyan(format!("caught up{later}")), &mut caught_up),
            Fate::Cancelled => (paint.yellow(format!("runs{later}, cancelled by the next")), &mut ran),
            Fate::Died => (paint.yellow(format!("runs{later}, dies with the downtime")), &mut ran),
            Fate::Skipped(reason) => (paint.yellow(format!("skipped: {reason}")), &mut skipped),
        };
        *count += 1;
        text += &format!("{}  {fate}{}\n", head(calendar, one.fire), mark(calendar, one.fire));
    }
    text + &format!("{} fires: {ran} run, {caught_up} caught up, {skipped} skipped\n", told.len())
}

fn downtimes(texts: &[String], zone: &TimeZone) -> Result<Vec<Downtime>, Failure> {
    let wrong = |text: &str| {
        Failure::wrong(format!("`{text}` is no downtime")).help("write it as `2024-03-30T22:00..2024-03-31T09:00`")
    };
    let read = |text: &String| {
        let (from, to) = text.split_once("..")?;
        let (from, to) = (PointInTime::parse(from).ok()?, PointInTime::parse(to).ok()?);
        let down = Downtime { from: from.start(zone)?, to: to.start(zone)? };
        (down.from < down.to).then_some(down)
    };
    let mut down = Vec::new();
    for text in texts {
        down.push(read(text).ok_or_else(|| wrong(text))?);
    }
    down.sort_by_key(|down| down.from);
    match down.windows(2).any(|pair| pair[1].from < pair[0].to) {
        true => Err(Failure::wrong("two downtimes overlap")),
        false => Ok(down),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    HumanDuration::parse(text).map(Duration::from)
}

fn beyond() -> Failure {
    Failure::wrong("that time is beyond the end of time")
}
