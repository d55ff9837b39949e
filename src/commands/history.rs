//! `tidemill history`: the runs there were.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use jiff::Timestamp;
use serde_json::{Value, json};
use tidemill_state::{Run, RunStatus, TaskCounts};

use super::CliCommand;
use super::pipeline_history::{PipelineHistory, WallClock, json_lines, put};
use crate::failure::Failure;
use crate::global::Global;
use crate::summary::seconds;
use crate::terminal::{Paint, Stream};
use crate::text_table::{Cell, Look, TextTable};

/// The runs there were
#[derive(Parser, Debug)]
#[command(name = "history")]
pub struct HistoryArgs {
    /// So many runs, the latest first
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    number: usize,
    /// An object a line
    #[arg(long)]
    json: bool,
}

impl CliCommand for HistoryArgs {
    /// Prints the runs.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let history = PipelineHistory::open(global)?;
        let runs = match &history.state {
            Some(state) => state.history(history.pipeline(), self.number)?,
            None => Vec::new(),
        };
        if self.json {
            return put(&json_lines(runs.iter().map(run_json).collect::<Vec<_>>()));
        }
        if runs.is_empty() {
            eprintln!("`{}` has not run yet", history.pipeline());
            return Ok(ExitCode::SUCCESS);
        }
        let paint = Paint(global.color.wanted(Stream::Stdout));
        put(&table(&runs, &history.clock(), Timestamp::now()).write(Stream::Stdout.width(), 0, paint))
    }
}

/// A line for each run.
fn table(runs: &[Run], clock: &WallClock, now: Timestamp) -> TextTable {
    let mut table =
        TextTable::new().name("run").whole("started").whole("status").whole("trigger").number("time").text("tasks");
    for run in runs {
        let status = run.status();
        let time = match run_time(run, now) {
            Some(time) => seconds(time),
            None => String::new(),
        };
        table.row([
            Cell::from(run.id.as_str()),
            Cell::new(clock.show(run.start.started), Look::Dim),
            Cell::new(status_word(status), status_look(status)),
            Cell::from(run.start.trigger.as_str()),
            Cell::from(time),
            Cell::from(run.counts.as_ref().map(counts_text).unwrap_or_default()),
        ]);
    }
    table
}

/// How long a run took, or takes so far; None of one whose process died, since nobody knows when.
pub fn run_time(run: &Run, now: Timestamp) -> Option<Duration> {
    let end = match run.status() {
        RunStatus::Interrupted => return None,
        RunStatus::Running => now,
        _ => run.ended?,
    };
    Some(end.duration_since(run.start.started).try_into().unwrap_or_default())
}

/// `success`, `failed`, …
pub fn status_word(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Running => "running",
        RunStatus::Success => "success",
        RunStatus::Failed => "failed",
        RunStatus::Cancelled => "cancelled",
        RunStatus::Interrupted => "interrupted",
    }
}

/// How a run's status stands out.
pub fn status_look(status: RunStatus) -> Look {
    match status {
        RunStatus::Running => Look::Active,
        RunStatus::Success => Look::Good,
        RunStatus::Failed => Look::Bad,
        RunStatus::Cancelled | RunStatus::Interrupted => Look::Notable,
    }
}

/// `21 ran, 6 cached`; `nothing to do`.
pub fn counts_text(counts: &TaskCounts) -> String {
    let TaskCounts { ran, cached, restored, failed, skipped, cancelled } = *counts;
    let all = [
        (ran, "ran"),
        (cached, "cached"),
        (restored, "restored"),
        (failed, "failed"),
        (skipped, "skipped"),
        (cancelled, "not reached"),
    ];
    let parts: Vec<String> =
        all.into_iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")).collect();
    if parts.is_empty() { "no tasks".to_owned() } else { parts.join(", ") }
}

/// A run for programs: times in RFC 3339, durations in seconds.
pub fn run_json(run: &Run) -> Value {
    let status = run.status();
    json!({
        "run": run.id,
        "pipeline": run.start.pipeline,
        "status": status,
        "trigger": run.start.trigger,
        "started": run.start.started,
        "ended": run.ended,
        "seconds": run.ended.and_then(|_| run_time(run, run.start.started)).map(|time| time.as_secs_f64()),
        "logical_time": run.start.logical_time,
        "params": run.start.params,
        "selection": run.start.selection,
        "counts": run.counts,
    })
}

#[cfg(test)]
mod tests {
    use super::super::history_fixture::{self, at};
    use super::*;

    #[test]
    fn runs_are_listed_with_what_they_did() -> Result<(), Box<dyn std::error::Error>> {
        let history = history_fixture::write()?;
        let runs = history.state.history("retail", 20)?;
        let text = table(&runs, &WallClock(jiff::tz::TimeZone::UTC), at(300_000)).write(100, 0, Paint(false));
        insta::with_settings!({filters => vec![(r"-[0-9a-f]{4}\b", "-XXXX")]}, {
            insta::assert_snapshot!(text);
        });
        let json = run_json(&runs[1]);
        assert_eq!(json["seconds"], 1.42);
        assert_eq!(json["counts"]["ran"], 3);
        Ok(())
    }
}
