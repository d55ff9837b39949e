//! Runs are started and stopped here: each is a process of its own, as if its command had been typed.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tidemill_core::ids::RunId;
use tidemill_state::{Run, RunStatus};

use crate::app::App;
use crate::project::ServedProject;
use crate::reply::Problem;

/// A child that has begun no run after so long is left to itself.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the state is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// What became of a command.
pub enum Launched {
    /// It has begun this run.
    Run(RunId),
    /// There was nothing to be run; its last words.
    Nothing(String),
}

/// Starts `tidemill` with these arguments for the project's pipeline, and finds the run that it begins.
///
/// # Errors
/// If it ends without having begun one: with its own words.
pub fn launch(app: &App, served: &ServedProject, arguments: &[String]) -> Result<Launched, Problem> {
    launch_and_find(app, served, arguments, &|run, pid| run.start.process.pid == pid)
}

/// Starts a backfill, and finds the first of its runs, which are processes of their own.
///
/// # Errors
/// If another run holds the project, or it ends without having begun one: with its own words.
pub fn backfill(app: &App, served: &ServedProject, arguments: &[String]) -> Result<Launched, Problem> {
    let last = served.state()?.map(|state| state.last_run(&served.load(&*app.program).name)).transpose()?.flatten();
    if let Some(run) = last.filter(|run| run.status() == RunStatus::Running) {
        return Err(Problem::conflict(format!("run {} goes on; a backfill can begin when it has ended", run.id)));
    }
    let begun = jiff::Timestamp::now();
    launch_and_find(app, served, arguments, &|run, _| run.start.trigger == "backfill" && run.start.started >= begun)
}

/// Whether a run is that of the process with this number.
type IsIts<'a> = &'a dyn Fn(&Run, u32) -> bool;

fn launch_and_find(
    app: &App,
    served: &ServedProject,
    arguments: &[String],
    is_its: IsIts<'_>,
) -> Result<Launched, Problem> {
    let broken = |error: std::io::Error| Problem::broken(format!("the run cannot be started: {error}"));
    let words = tempfile::tempfile().map_err(broken)?;
    let mut command = app.program.command(&served.file).map_err(broken)?;
    command.args(arguments).current_dir(served.folder()).stdin(Stdio::null()).stdout(Stdio::null());
    // A file instead of a pipe: whatever becomes of this process, the run can write.
    command.stderr(words.try_clone().map_err(broken)?).process_group(0);
    let mut child = command.spawn().map_err(broken)?;
    let found = find(app, served, &mut child, is_its);
    match found {
        Ok(Some(run)) => {
            // It is waited for, so that it leaves no zombie.
            std::thread::spawn(move || child.wait());
            Ok(Launched::Run(run))
        }
        Ok(None) => ended(&mut child, words),
        Err(problem) => {
            std::thread::spawn(move || child.wait());
            Err(problem)
        }
    }
}

/// The run of the child; None if it has ended without one.
fn find(app: &App, served: &ServedProject, child: &mut Child, is_its: IsIts<'_>) -> Result<Option<RunId>, Problem> {
    let pipeline = served.load(&*app.program).name.clone();
    let begun = Instant::now();
    loop {
        // Asked before the state is looked at: what it began before it ended is there then.
        let has_ended = child.try_wait().map(|code| code.is_some()).unwrap_or(true);
        if let Some(state) = served.state()? {
            let runs = state.history(&pipeline, 5)?;
            let now = jiff::Timestamp::now();
            let recent = |run: &Run| now.duration_since(run.start.started).as_secs_f64() < 2.0 * PATIENCE.as_secs_f64();
            if let Some(run) = runs.into_iter().find(|run| is_its(run, child.id()) && recent(run)) {
                return Ok(Some(run.id));
            }
        }
        if has_ended {
            return Ok(None);
        }
        if begun.elapsed() > PATIENCE {
            return Err(Problem::conflict("the run was started and has not begun yet; look at the list of runs"));
        }
        std::thread::sleep(LOOK);
    }
}

fn ended(child: &mut Child, mut words: File) -> Result<Launched, Problem> {
    let mut text = String::new();
    let _ = words.rewind().and_then(|()| words.take(64 << 10).read_to_string(&mut text));
    let text = text.trim().to_owned();
    match child.wait().ok().and_then(|status| status.code()) {
        Some(0) => Ok(Launched::Nothing(text)),
        Some(2) => Err(Problem { status: 422, message: text }),
        Some(3) => Err(Problem::conflict(text)),
        _ => Err(Problem::broken(text)),
    }
}

/// Tells a run to end, as Ctrl-C does.
///
/// # Errors
/// If it does not go on.
pub fn stop(run: &Run) -> Result<(), Problem> {
    let none = || Problem::conflict("the run does not go on any more");
    if run.status() != RunStatus::Running {
        return Err(none());
    }
    let pid = i32::try_from(run.start.process.pid).ok().and_then(Pid::from_raw).ok_or_else(none)?;
    kill_process(pid, Signal::TERM).map_err(|_| none())
}

/// Does a command that is done at once, and gives its words.
///
/// # Errors
/// If it fails: with its words.
pub fn told(app: &App, served: &ServedProject, arguments: &[String]) -> Result<String, Problem> {
    let broken = |error: std::io::Error| Problem::broken(format!("the command cannot be started: {error}"));
    let mut command = app.program.command(&served.file).map_err(broken)?;
    command.args(arguments).current_dir(served.folder()).stdin(Stdio::null());
    let output = command.output().map_err(broken)?;
    let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(text) } else { Err(Problem::conflict(text)) }
}
