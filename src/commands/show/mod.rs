//! `tidemill show`: all that is known of a run.

mod gantt;
mod story;

use std::process::ExitCode;

use clap::Parser;
use jiff::Timestamp;
use tidemill_state::WholeRun;

use super::CliCommand;
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
        let view = View {
            clock: history.clock(),
            now: Timestamp::now(),
            logs: crate::summary::shown(&logs),
            width: Stream::Stdout.width(),
            room: Stream::Stdout.room(),
            paint: Paint(global.color.wanted(Stream::Stdout)),
        };
        put(&text(&whole, &view))
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

/// A run for people.
fn text(whole: &WholeRun, view: &View) -> String {
    let mut text = story::head(&whole.run, view);
    text += &gantt::draw(whole, view);
    text += &story::engine_pages(&whole.tasks, view);
    text += &story::notes(&whole.tasks, view);
    text += &story::errors(&whole.tasks, view);
    text += &unknown_effects::told(&whole.unknown, view.paint);
    text += &story::outputs(whole, view);
    text
}

#[cfg(test)]
mod tests {
    use super::super::history_fixture::{self, HistoryFixture, at};
    use super::*;

    fn show(fixture: &HistoryFixture, run: &str, width: usize) -> Result<String, Box<dyn std::error::Error>> {
        let run = fixture.state.run(run)?.ok_or("no such run")?;
        let whole = WholeRun::read(&fixture.state, run).map_err(|_| "unreadable")?;
        let clock = WallClock(jiff::tz::TimeZone::UTC);
        let logs = "logs/RUN".to_owned();
        Ok(text(&whole, &View { clock, now: at(300_000), logs, width, room: width, paint: Paint(false) }))
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
