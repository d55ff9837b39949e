//! `tidemill backfill --from --to`: runs for fires of the history, one after the other.

use std::process::{ExitCode, Stdio};

use clap::Parser;
use jiff::Timestamp;
use tidemill_state::State;

use super::CliCommand;
use super::pause::schedule_of;
use crate::failure::Failure;
use crate::global::Global;
use crate::terminal::{Paint, Stream};
use tidemill_runner::project::Wanted;
use tidemill_runner::trigger::PointInTime;
use tidemill_scheduler::{Backfill, words};

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
        let state = State::open_read_only(&spec.project)?;
        let asked = Backfill { from: self.from, to: self.to, missing_only: self.missing_only };
        let fires = asked.fires(&calendar, &spec.name.value, state.as_ref(), Timestamp::now())?;
        let fires: Vec<Timestamp> = fires.collect();
        drop(state);
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
