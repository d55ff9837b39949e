//! `tidemill history`: the runs there were.

use std::process::ExitCode;

use clap::Parser;
use jiff::Timestamp;
use tidemill_state::{Run, RunStatus, counts_text, run_json, run_time};

use super::CliCommand;
use super::pipeline_history::{PipelineHistory, WallClock, json_lines, put};
use crate::failure::Failure;
use crate::global::Global;
use crate::summary::seconds;
use crate::terminal::{Paint, Stream};
use crate::text_table::{Cell, Emphasis, TextTable};

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
            Cell::new(clock.show(run.start.started), Emphasis::Dim),
            Cell::new(status.word(), status_emphasis(status)),
            Cell::from(run.start.trigger.as_str()),
            Cell::from(time),
            Cell::from(run.counts.as_ref().map(counts_text).unwrap_or_default()),
        ]);
    }
    table
}

/// How a run's status stands out.
pub fn status_emphasis(status: RunStatus) -> Emphasis {
    match status {
        RunStatus::Running => Emphasis::Active,
        RunStatus::Success => Emphasis::Good,
        RunStatus::Failed => Emphasis::Bad,
        RunStatus::Cancelled | RunStatus::Interrupted => Emphasis::Notable,
    }
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
