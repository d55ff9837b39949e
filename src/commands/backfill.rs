//! `tidemill backfill --from --to`: runs for fires of the history, one after the other.

use std::collections::HashSet;
use std::process::{ExitCode, Stdio};

use clap::Parser;
use jiff::{SignedDuration, Timestamp};
use tidemill_state::State;

use super::CliCommand;
use super::pause::schedule_of;
use crate::failure::Failure;
use crate::global::Global;
use crate::terminal::{Paint, Stream};
use tidemill_runner::project::Wanted;
use tidemill_runner::trigger::PointInTime;
use tidemill_scheduler::words;

/// Run for past fires of the schedule
#[derive(Parser, Debug)]
#[command(name = "backfill")]
pub struct BackfillArgs {
    /// From this time on; of a day, its beginning
    #[arg(long, value_name = "T", value_parser = PointInTime::parse)]
    from: PointInTime,
    /// Up to this time; of a day, its end
    #[arg(long, value_name = "T", value_parser = PointInTime::parse)]
    to: PointInTime,
    /// Only fires for which no run has succeeded
    #[arg(long)]
    missing_only: bool,
    /// Go on with the next fire when a run fails
    #[arg(long)]
    keep_going: bool,
    /// Set a parameter
    #[arg(short = 'p', long = "param", value_name = "NAME=VALUE")]
    params: Vec<String>,
    /// At most so many tasks of a run at once; default one for each processor
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Only say which fires it would run
    #[arg(long)]
    dry_run: bool,
}

impl CliCommand for BackfillArgs {
    /// Runs them.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let opened = global.open(&Wanted::default())?;
        let Some(spec) = opened.spec.clone().filter(|_| !opened.diagnostics.has_errors()) else {
            return Err(opened.mistakes());
        };
        let (_, calendar) = schedule_of(&spec)?;
        let zone = calendar.zone();
        let beyond = || Failure::wrong("that time is beyond the end of time");
        let from = self.from.start(zone).ok_or_else(beyond)?;
        let to = self.to.end(zone).ok_or_else(beyond)?.min(Timestamp::now());
        let before = from.checked_sub(SignedDuration::from_nanos(1)).map_err(|_| beyond())?;
        let done = if self.missing_only { done(&spec.project, &spec.name.value)? } else { HashSet::new() };
        let fires = calendar.after(before).take_while(|fire| *fire < to).filter(|fire| !done.contains(fire));
        let fires: Vec<Timestamp> = fires.collect();
        let paint = Paint(global.color.wanted(Stream::Stderr));
        if fires.is_empty() {
            eprintln!("{} no such fire is left to run", paint.green("ok"));
            return Ok(ExitCode::SUCCESS);
        }
        let mut failed = 0;
        for (at, fire) in fires.iter().enumerate() {
            let shown = words::fire(*fire, zone);
            eprintln!("{} {} of {}: {shown}", paint.cyan("backfill"), at + 1, fires.len());
            if self.dry_run {
                continue;
            }
            match run_one(global, &self, *fire)? {
                Some(0) => {}
                Some(130) | None => return Err(Failure::Interrupted),
                Some(2) => return Err(Failure::wrong("the run did not start")),
                Some(_) if self.keep_going => failed += 1,
                Some(_) => {
                    let rest = fires.len() - at - 1;
                    eprintln!("{} the run for {shown} failed; {rest} fires were not run", paint.yellow("warning"));
                    return Err(Failure::Task);
                }
            }
        }
        if failed > 0 {
            eprintln!("{} {failed} of {} runs failed", paint.yellow("warning"), fires.len());
            return Err(Failure::Task);
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// One run, in a process of its own; its exit code.
fn run_one(global: &Global, args: &BackfillArgs, fire: Timestamp) -> Result<Option<i32>, Failure> {
    let wrong = |error: std::io::Error| Failure::broken(format!("a run cannot be started: {error}"));
    let mut command = global.again(global.file()).map_err(wrong)?;
    command.args(["run", "--backfill", &fire.to_string()]).stdin(Stdio::null());
    for param in &args.params {
        command.args(["-p", param]);
    }
    if let Some(jobs) = args.jobs {
        command.args(["-j", &jobs.to_string()]);
    }
    Ok(command.status().map_err(wrong)?.code())
}

/// The times for which a run has succeeded.
fn done(project: &std::path::Path, pipeline: &str) -> Result<HashSet<Timestamp>, Failure> {
    let Some(state) = State::open_read_only(project)? else { return Ok(HashSet::new()) };
    let times = state.succeeded_times(pipeline)?;
    Ok(times.iter().filter_map(|time| time.parse().ok()).collect())
}
