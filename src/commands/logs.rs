//! `tidemill logs`: what a task wrote.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tidemill_core::ids::{RunId, TaskName};
use tidemill_core::printable::printable;
use tidemill_state::{Run, RunStatus, State};

use super::CliCommand;
use super::pipeline_history::{PipelineHistory, put};
use crate::failure::Failure;
use crate::global::Global;
use crate::summary::shown;
use crate::terminal::{Paint, Stream};

/// So many bytes are read at a time.
const PIECE: u64 = 64 << 10;
/// How often a log that is followed is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// What a task wrote
#[derive(Parser, Debug)]
#[command(name = "logs")]
pub struct LogsArgs {
    /// The task
    #[arg(value_name = "TASK")]
    task: String,
    /// The run's id or its beginning; the last run with a log of the task if not given
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// Go on while the run does; `-f` for short
    #[arg(long)]
    follow: bool,
    // `-f` follows here: the file has its long name alone. The value reaches the flag of all commands by its id.
    /// The pipeline file
    #[arg(id = "file", long = "file", value_name = "FILE", default_value = "pipeline.yaml")]
    _file: PathBuf,
}

impl CliCommand for LogsArgs {
    /// Prints a task's log.
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let history = PipelineHistory::open(global)?;
        let task = history.task(&self.task)?;
        let folder = history.spec.project.join("logs");
        let run = match &self.run {
            Some(id) => history.run(Some(id))?,
            None => last_with_log(&history, &folder, &task, self.follow)?,
        };
        let path = log_path(&folder, &run.id, &task);
        let live = self.follow && run.status() == RunStatus::Running;
        let paint = Paint(global.color.wanted(Stream::Stderr));
        if !live && !path.exists() {
            if ran_in(history.state()?, &run.id, &task)? {
                eprintln!("{}", paint.dim(format!("{task} wrote nothing in run {}", run.id)));
                return Ok(ExitCode::SUCCESS);
            }
            return Err(Failure::wrong(format!("run {} has no log of `{task}`", run.id)).help(format!(
                "it was not run there; the run's own log is {}",
                shown(&path.with_file_name("run.log"))
            )));
        }
        eprintln!("{}", paint.dim(format!("{task} in run {}: {}", run.id, shown(&path))));
        let mut log = Log { path, read: 0 };
        log.pass_on(&mut |text| put_log(text))?;
        if live {
            loop {
                // What was written before the run was found to have ended is still read.
                let ended = history.run(Some(run.id.as_str()))?.status() != RunStatus::Running;
                log.pass_on(&mut |text| put_log(text))?;
                if ended {
                    break;
                }
                std::thread::sleep(LOOK);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The last run that has a log of the task or in which it ran, saying nothing; one that goes on and may yet write one, if it is to be followed.
fn last_with_log(history: &PipelineHistory, folder: &Path, task: &TaskName, follow: bool) -> Result<Run, Failure> {
    let last = history.run(None)?;
    if follow && last.status() == RunStatus::Running {
        return Ok(last);
    }
    let state = history.state()?;
    for id in state.run_ids(history.pipeline())? {
        if log_path(folder, &id, task).exists() || ran_in(state, &id, task)? {
            return history.run(Some(id.as_str()));
        }
    }
    Err(Failure::wrong(format!("there is no log of `{task}`"))
        .help("a task writes one when it runs; one that was cached does not"))
}

/// Whether a task was tried in a run. A command that says nothing leaves no log.
fn ran_in(state: &State, run: &RunId, task: &TaskName) -> Result<bool, Failure> {
    Ok(!state.attempts_of(run, task)?.is_empty())
}

fn log_path(folder: &Path, run: &RunId, task: &TaskName) -> PathBuf {
    folder.join(run.as_str()).join(format!("{task}.log"))
}

/// A log as far as it was read.
struct Log {
    path: PathBuf,
    read: u64,
}

impl Log {
    /// Passes on what was written since, piece by piece; nothing if there is no log yet.
    fn pass_on(&mut self, put: &mut dyn FnMut(&str) -> Result<(), Failure>) -> Result<(), Failure> {
        let unreadable = |error| Failure::broken(format!("cannot read {}: {error}", self.path.display()));
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            file => file.map_err(unreadable)?,
        };
        loop {
            let mut news = Vec::new();
            file.seek(SeekFrom::Start(self.read)).map_err(unreadable)?;
            file.by_ref().take(PIECE).read_to_end(&mut news).map_err(unreadable)?;
            let whole = whole(&news);
            if whole == 0 {
                return Ok(());
            }
            self.read += whole as u64;
            put(&String::from_utf8_lossy(&news[..whole]))?;
        }
    }
}

/// How much of a piece is passed on: its lines, or all of it if it is the end of the log, where a line may be half written, even
/// in the middle of a character.
fn whole(news: &[u8]) -> usize {
    let is_end = (news.len() as u64) < PIECE;
    match news.iter().rposition(|byte| *byte == b'\n') {
        Some(end) if !is_end => return end + 1,
        _ => {}
    }
    match std::str::from_utf8(news) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => news.len(),
    }
}

/// Writes a piece of a log to stdout: on a terminal without what would drive it.
fn put_log(text: &str) -> Result<(), Failure> {
    let text = if Stream::Stdout.is_terminal() { printable(text) } else { Cow::Borrowed(text) };
    put(&text).map(drop)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_growing_log_is_read_once_and_never_within_a_character() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("a.log");
        let mut log = Log { path: path.clone(), read: 0 };
        let mut news = || {
            let mut news = String::new();
            log.pass_on(&mut |text| {
                news += text;
                Ok(())
            })
            .map_err(|_| "unreadable")
            .map(|()| news)
        };
        assert_eq!(news()?, "");
        let mut file = File::create(&path)?;
        file.write_all(b"one\ncaf\xc3")?;
        assert_eq!(news()?, "one\ncaf");
        file.write_all(b"\xa9\n\xff\n")?;
        assert_eq!(news()?, "é\n\u{fffd}\n");
        assert_eq!(news()?, "");
        // However long it is: in pieces that end with lines.
        let long: String = (0..20_000).map(|line| format!("line {line}\n")).collect();
        file.write_all(long.as_bytes())?;
        assert_eq!(news()?, long);
        file.write_all("é".repeat(200_000).as_bytes())?;
        assert_eq!(news()?, "é".repeat(200_000));
        Ok(())
    }
}
