//! `tidemill status`: what goes on now, how the last run ended, and the next fire.

use std::process::ExitCode;

use clap::Parser;
use jiff::Timestamp;
use serde_json::json;
use tidemill_core::event::TaskStatus;
use tidemill_core::sched::How;
use tidemill_state::{Run, RunStatus, TaskRecord, counts_text, run_json, run_time};

use super::CliCommand;
use super::fire_summary::FireSummary;
use super::history::status_emphasis;
use super::pipeline_history::{PipelineHistory, WallClock, put};
use crate::failure::Failure;
use crate::global::Global;
use crate::summary::seconds;
use crate::terminal::{Paint, Stream};
use crate::unknown_effects;

/// So many failed tasks are named.
const NAMED: usize = 5;

/// What goes on now, how the last run ended, and the next fire
#[derive(Parser, Debug)]
#[command(name = "status")]
pub struct StatusArgs {
    /// As an object
    #[arg(long)]
    json: bool,
}

/// How the pipeline stands.
struct PipelineStatus {
    /// The run that goes on, with the tasks that have ended in it.
    running: Option<(Run, Vec<TaskRecord>)>,
    /// The last run that has ended, with its tasks.
    last: Option<(Run, Vec<TaskRecord>)>,
    /// Its fires, if it has a schedule.
    fires: Option<FireSummary>,
}

impl CliCommand for StatusArgs {
    /// Prints how the pipeline stands.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let history = PipelineHistory::open(global)?;
        let mut status = PipelineStatus {
            running: None,
            last: None,
            fires: FireSummary::of(&history.spec, history.state.as_ref(), Timestamp::now())?,
        };
        let mut unknown = Vec::new();
        if let Some(state) = &history.state {
            unknown = state.unknown_effects(history.pipeline())?;
            // The one that goes on and the one before it.
            for run in state.history(history.pipeline(), 2)? {
                let tasks = state.tasks_of(&run.id)?;
                match run.status() {
                    RunStatus::Running if status.running.is_none() => status.running = Some((run, tasks)),
                    _ if status.last.is_none() => status.last = Some((run, tasks)),
                    _ => {}
                }
            }
        }
        if self.json {
            let run = |of: &Option<(Run, Vec<TaskRecord>)>| of.as_ref().map(|(run, _)| run_json(run));
            let ended = status.running.as_ref().map(|(_, tasks)| tasks.len());
            let object = json!({
                "pipeline": history.pipeline(),
                "running": run(&status.running),
                "tasks_ended": ended,
                "last": run(&status.last),
                "schedule": status.fires.as_ref().map(FireSummary::json),
                "unknown": unknown.iter().map(unknown_effects::object).collect::<Vec<_>>(),
            });
            return put(&format!("{object}\n"));
        }
        let paint = Paint(global.color.wanted(Stream::Stdout));
        let text =
            text(history.pipeline(), &status, history.spec.tasks.len(), &history.clock(), Timestamp::now(), paint);
        put(&(text + &unknown_effects::told(&unknown, paint)))
    }
}

fn text(
    pipeline: &str,
    status: &PipelineStatus,
    tasks: usize,
    clock: &WallClock,
    now: Timestamp,
    paint: Paint,
) -> String {
    let mut text = format!("{}\n", paint.bold(pipeline));
    let mut fact = |name: &str, value: String| text += &format!("  {}{value}\n", paint.dim(format!("{name:9}")));
    match &status.running {
        Some((run, ended)) => {
            let time = run_time(run, now).unwrap_or_default();
            fact("running", format!("{} for {}, {}", run.id, seconds(time), progress(run, ended, tasks)));
        }
        None => fact("running", "no".to_owned()),
    }
    match &status.last {
        Some((run, ended)) => {
            let word = status_emphasis(run.status()).paint(paint, run.status().word());
            let time = run_time(run, now).map(|time| format!(" in {}", seconds(time))).unwrap_or_default();
            let counts = run.counts.as_ref().map(|counts| format!(": {}", counts_text(counts))).unwrap_or_default();
            fact("last", format!("{} {word}{time}{counts}", run.id));
            fact("started", format!("{}, {}", clock.show_with_zone(run.start.started), run.start.trigger));
            let failed: Vec<&str> =
                ended.iter().filter(|task| task.status == TaskStatus::Failed).map(|task| task.task.as_str()).collect();
            if !failed.is_empty() {
                let more = failed.len().saturating_sub(NAMED);
                let named = failed.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                fact("failed", format!("{named}{more}"));
            }
        }
        None => fact("last", "it has not run yet".to_owned()),
    }
    status.fires.iter().flat_map(|fires| fires.facts(clock, now)).for_each(|(name, value)| fact(name, value));
    text
}

/// `3 of 27 tasks ended, 1 failed`. Of a selection nobody knows yet how many tasks it will be.
fn progress(run: &Run, ended: &[TaskRecord], tasks: usize) -> String {
    let of = if run.start.selection.is_empty() { format!(" of {tasks}") } else { String::new() };
    let cached = ended.iter().filter(|task| task.how == Some(How::Cached)).count();
    let failed = ended.iter().filter(|task| task.status == TaskStatus::Failed).count();
    let mut text = format!("{}{of} tasks ended", ended.len());
    for (number, what) in [(cached, "cached"), (failed, "failed")] {
        if number > 0 {
            text += &format!(", {number} {what}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::history_fixture::{self, at};
    use super::*;

    #[test]
    fn the_last_run_is_named_with_what_failed_in_it() -> Result<(), Box<dyn std::error::Error>> {
        let fixture = history_fixture::write()?;
        let bad = fixture.state.run(fixture.bad.as_str())?.ok_or("no such run")?;
        let good = fixture.state.run(fixture.good.as_str())?.ok_or("no such run")?;
        let tasks = fixture.state.tasks_of(&bad.id)?;
        let going_on = Run { written: RunStatus::Running, ended: None, counts: None, ..good };
        let status = PipelineStatus { running: Some((going_on, tasks.clone())), last: Some((bad, tasks)), fires: None };
        let text = text("retail", &status, 27, &WallClock(jiff::tz::TimeZone::UTC), at(90_000), Paint(false));
        insta::with_settings!({filters => vec![(r"-[0-9a-f]{4}\b", "-XXXX")]}, {
            insta::assert_snapshot!(text);
        });
        Ok(())
    }
}
