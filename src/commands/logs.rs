//! `tidemill logs`: what a task wrote.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tidemill_core::ids::{RunId, TaskName};
use tidemill_state::{Run, RunStatus, State};

use super::CliCommand;
use super::pipeline_history::{PipelineHistory, put};
use crate::failure::Failure;
use crate::global::Global;
use crate::summary::shown;
use crate::terminal::{Paint, Stream};

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
        put(&log.news()?)?;
        if live {
            loop {
                // What was written before the run was found to have ended is still read.
                let ended = history.run(Some(run.id.as_str()))?.status() != RunStatus::Running;
                put(&log.news()?)?;
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
    /// What was written since; nothing if there is no log yet.
    fn news(&mut self) -> Result<String, Failure> {
        let mut news = Vec::new();
        let read = File::open(&self.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(self.read))?;
            file.read_to_end(&mut news)
        });
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(String::new()),
            Err(error) => return Err(Failure::broken(format!("cannot read {}: {error}", self.path.display()))),
        }
        // The last line may be half written, even in the middle of a character.
        let whole = match std::str::from_utf8(&news) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => news.len(),
        };
        self.read += whole as u64;
        Ok(String::from_utf8_lossy(&news[..whole]).into_owned())
    }
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
        let mut news = || log.news().map_err(|_| "unreadable");
        assert_eq!(news()?, "");
        let mut file = File::create(&path)?;
        file.write_all(b"one\ncaf\xc3")?;
        assert_eq!(news()?, "one\ncaf");
        file.write_all(b"\xa9\n\xff\n")?;
        assert_eq!(news()?, "é\n\u{fffd}\n");
        assert_eq!(news()?, "");
        Ok(())
    }
}
