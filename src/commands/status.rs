//! `tidemill status`: what goes on now, how the last run ended, and the next fire.

use std::process::ExitCode;

use clap::Parser;
use jiff::Timestamp;
use serde_json::json;
use tidemill_core::event::TaskStatus;
use tidemill_core::sched::How;
use tidemill_state::{RecordedStatus, Run, TaskRecord};

use super::CliCommand;
use super::fires::Fires;
use super::history::{counts_text, run_json, run_time, status_look, status_word};
use super::past::{Past, WallClock, put};
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
struct Standing {
    /// The run that goes on, with the tasks that have ended in it.
    running: Option<(Run, Vec<TaskRecord>)>,
    /// The last run that has ended, with its tasks.
    last: Option<(Run, Vec<TaskRecord>)>,
    /// Its fires, if it has a schedule.
    fires: Option<Fires>,
}

impl CliCommand for StatusArgs {
    /// Prints how the pipeline stands.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let past = Past::open(global)?;
        let mut standing = Standing { running: None, last: None, fires: Fires::of(&past, Timestamp::now())? };
        let mut unknown = Vec::new();
        if let Some(state) = &past.state {
            unknown = state.unknown_effects(past.pipeline())?;
            // The one that goes on and the one before it.
            for run in state.history(past.pipeline(), 2)? {
                let tasks = state.tasks_of(&run.id)?;
                match run.status() {
                    RecordedStatus::Running if standing.running.is_none() => standing.running = Some((run, tasks)),
                    _ if standing.last.is_none() => standing.last = Some((run, tasks)),
                    _ => {}
                }
            }
        }
        if self.json {
            let run = |of: &Option<(Run, Vec<TaskRecord>)>| of.as_ref().map(|(run, _)| run_json(run));
            let ended = standing.running.as_ref().map(|(_, tasks)| tasks.len());
            let object = json!({
                "pipeline": past.pipeline(),
                "running": run(&standing.running),
                "tasks_ended": ended,
                "last": run(&standing.last),
                "schedule": standing.fires.as_ref().map(Fires::json),
                "unknown": unknown.iter().map(unknown_effects::object).collect::<Vec<_>>(),
            });
            return put(&format!("{object}\n"));
        }
        let paint = Paint(global.color.wanted(Stream::Stdout));
        let text = text(past.pipeline(), &standing, past.spec.tasks.len(), &past.clock(), Timestamp::now(), paint);
        put(&(text + &unknown_effects::told(&unknown, paint)))
    }
}

fn text(pipeline: &str, standing: &Standing, tasks: usize, clock: &WallClock, now: Timestamp, paint: Paint) -> String {
    let mut text = format!("{}\n", paint.bold(pipeline));
    let mut fact = |name: &str, value: String| text += &format!("  {}{value}\n", paint.dim(format!("{name:9}")));
    match &standing.running {
        Some((run, ended)) => {
            let time = run_time(run, now).unwrap_or_default();
            fact("running", format!("{} for {}, {}", run.id, seconds(time), progress(run, ended, tasks)));
        }
        None => fact("running", "no".to_owned()),
    }
    match &standing.last {
        Some((run, ended)) => {
            let status = run.status();
            let word = status_look(status).paint(paint, status_word(status));
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
    standing.fires.iter().flat_map(|fires| fires.facts(clock, now)).for_each(|(name, value)| fact(name, value));
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
    use super::super::past_fixture::{self, at};
    use super::*;

    #[test]
    fn the_last_run_is_named_with_what_failed_in_it() -> Result<(), Box<dyn std::error::Error>> {
        let fixture = past_fixture::write()?;
        let bad = fixture.state.run(fixture.bad.as_str())?.ok_or("no such run")?;
        let good = fixture.state.run(fixture.good.as_str())?.ok_or("no such run")?;
        let tasks = fixture.state.tasks_of(&bad.id)?;
        let going_on = Run { written: RecordedStatus::Running, ended: None, counts: None, ..good };
        let standing = Standing { running: Some((going_on, tasks.clone())), last: Some((bad, tasks)), fires: None };
        let text = text("retail", &standing, 27, &WallClock(jiff::tz::TimeZone::UTC), at(90_000), Paint(false));
        insta::with_settings!({filters => vec![(r"-[0-9a-f]{4}\b", "-XXXX")]}, {
            insta::assert_snapshot!(text);
        });
        Ok(())
    }
}
