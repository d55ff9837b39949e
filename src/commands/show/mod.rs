//! `tidemill show`: all that is known of a run.

mod gantt;
mod story;

use std::process::ExitCode;

use clap::Parser;
use jiff::Timestamp;
use serde_json::{Value, json};
use tidemill_core::ids::TaskName;
use tidemill_state::{Effect, Run, State, TaskRecord};

use super::CliCommand;
use super::history::run_json;
use super::pipeline_history::{PipelineHistory, WallClock, json_lines, put};
use crate::failure::Failure;
use crate::global::Global;
use crate::terminal::{Paint, Stream};
use crate::unknown_effects;

/// All that is known of a run
#[derive(Parser, Debug)]
#[command(name = "show")]
pub struct ShowArgs {
    /// The run's id or its beginning; the last run if not given
    run: Option<String>,
    /// The run, then each task, as an object a line
    #[arg(long)]
    json: bool,
}

/// A run with its tasks.
pub struct WholeRun {
    /// The run.
    pub run: Run,
    /// Its tasks in the order in which they started.
    pub tasks: Vec<TaskRecord>,
    /// What they published.
    pub outputs: Vec<(TaskName, String)>,
    /// What they may or may not have sent.
    pub unknown: Vec<Effect>,
}

impl CliCommand for ShowArgs {
    /// Prints a run.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let history = PipelineHistory::open(global)?;
        let run = history.run(self.run.as_deref())?;
        let whole = WholeRun::read(history.state()?, run)?;
        if self.json {
            return put(&json_lines(whole.json()));
        }
        let logs = history.spec.project.join("logs").join(whole.run.id.as_str());
        let text = whole.text(&View {
            clock: history.clock(),
            now: Timestamp::now(),
            logs: crate::summary::shown(&logs),
            width: Stream::Stdout.width(),
            room: Stream::Stdout.room(),
            paint: Paint(global.color.wanted(Stream::Stdout)),
        });
        put(&text)
    }
}

/// For whom a run is shown.
pub struct View {
    /// The pipeline's clock.
    pub clock: WallClock,
    /// Now.
    pub now: Timestamp,
    /// The folder of the run's logs, as it is shown.
    pub logs: String,
    /// The columns of drawings.
    pub width: usize,
    /// The columns after which texts are broken.
    pub room: usize,
    /// Its colours.
    pub paint: Paint,
}

impl WholeRun {
    /// Reads all that is known.
    pub fn read(state: &State, run: Run) -> Result<Self, Failure> {
        let tasks = state.tasks_of(&run.id)?;
        let mut outputs = Vec::new();
        for task in &tasks {
            if let Some(result) = state.result_in(&run.id, &task.task)? {
                let published = result.outputs()?;
                outputs.extend(published.into_iter().map(|output| (task.task.clone(), output.path)));
            }
        }
        let mut unknown = state.unknown_effects(&run.start.pipeline)?;
        unknown.retain(|effect| effect.run == run.id || effect.handled() == Some(run.id.as_str()));
        Ok(Self { run, tasks, outputs, unknown })
    }

    /// For people.
    pub fn text(&self, view: &View) -> String {
        let mut text = story::head(&self.run, view);
        text += &gantt::draw(self, view);
        text += &story::notes(&self.tasks, view);
        text += &story::errors(&self.tasks, view);
        text += &unknown_effects::told(&self.unknown, view.paint);
        text += &story::outputs(&self.outputs, view);
        text
    }

    /// For programs: the run, then its tasks.
    pub fn json(&self) -> Vec<Value> {
        let mut lines = vec![run_json(&self.run)];
        lines.extend(self.tasks.iter().map(|task| {
            let outputs: Vec<&str> =
                self.outputs.iter().filter(|(of, _)| *of == task.task).map(|(_, path)| path.as_str()).collect();
            json!({
                "task": task.task,
                "type": task.kind,
                "status": task.status,
                "how": task.how,
                "started": task.started,
                "seconds": task.duration.as_secs_f64(),
                "attempts": task.attempts,
                "rows": task.report.rows,
                "reasons": task.reasons,
                "rows_in": task.report.rows_in,
                "rejected": task.report.rejected,
                "dropped": task.report.dropped,
                "joins": task.report.joins,
                "checks": task.report.checks,
                "warnings": task.report.warnings,
                "note": task.report.note,
                "outputs": outputs,
                "error": task.error,
                "unknown": self.unknown.iter().any(|effect| effect.task == task.task),
                "fingerprint": task.fingerprint,
            })
        }));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::super::history_fixture::{self, Fixture, at};
    use super::*;

    fn show(fixture: &Fixture, run: &str, width: usize) -> Result<String, Box<dyn std::error::Error>> {
        let run = fixture.state.run(run)?.ok_or("no such run")?;
        let whole = WholeRun::read(&fixture.state, run).map_err(|_| "unreadable")?;
        let clock = WallClock(jiff::tz::TimeZone::UTC);
        let logs = "logs/RUN".to_owned();
        Ok(whole.text(&View { clock, now: at(300_000), logs, width, room: width, paint: Paint(false) }))
    }

    fn without_ids(text: &str, check: impl FnOnce(&str)) {
        insta::with_settings!({filters => vec![(r"-[0-9a-f]{4}\b", "-XXXX")]}, { check(text) });
    }

    #[test]
    fn a_run_that_went_well() -> Result<(), Box<dyn std::error::Error>> {
        let fixture = history_fixture::write()?;
        without_ids(&show(&fixture, fixture.good.as_str(), 80)?, |text| insta::assert_snapshot!(text));
        Ok(())
    }

    #[test]
    fn a_run_that_failed() -> Result<(), Box<dyn std::error::Error>> {
        let fixture = history_fixture::write()?;
        without_ids(&show(&fixture, fixture.bad.as_str(), 80)?, |text| insta::assert_snapshot!(text));
        Ok(())
    }

    #[test]
    fn nothing_is_wider_than_the_terminal() -> Result<(), Box<dyn std::error::Error>> {
        use unicode_width::UnicodeWidthStr as _;
        let fixture = history_fixture::write()?;
        for width in [60, 80, 200] {
            let text = show(&fixture, fixture.good.as_str(), width)?;
            assert!(text.lines().all(|line| line.width() <= width), "wider than {width}:\n{text}");
        }
        Ok(())
    }

    #[test]
    fn a_program_gets_the_run_and_each_task() -> Result<(), Box<dyn std::error::Error>> {
        let fixture = history_fixture::write()?;
        let run = fixture.state.run(fixture.good.as_str())?.ok_or("no such run")?;
        let lines = WholeRun::read(&fixture.state, run).map_err(|_| "unreadable")?.json();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[2]["rejected"][0]["rows"], 12);
        assert_eq!(lines[3]["outputs"][0], "data/campaign_sales.csv");
        Ok(())
    }
}
