//! The run of a fire: a process of its own. It outlives a scheduler that dies, and a run that dies takes nothing with it.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process};

use super::{Event, Host};

/// A run that does not end when it is told is told again after so long: the second time it ends by force what it runs, the
/// third time it waits for nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// A run under way.
#[derive(Debug)]
pub struct Child {
    /// Its fire.
    pub fire: Timestamp,
    pid: Pid,
    /// When to tell it again to end.
    again: Option<Instant>,
}

/// What a run is started with.
#[derive(Clone, Copy)]
pub struct Launch<'a> {
    /// The program that the run is a process of.
    pub host: &'a dyn Host,
    /// The pipeline.
    pub file: &'a Path,
    /// Texts to be taken instead of the files'.
    pub texts: Option<&'a PathBuf>,
}

impl Child {
    /// Starts the run of a fire; its end is told to the channel.
    pub fn start(launch: Launch<'_>, fire: Timestamp, sender: &Sender<Event>) -> std::io::Result<Self> {
        let mut command = launch.host.run_command(launch.file)?;
        command.args(["run", "--fire", &fire.to_string()]);
        if let Some(texts) = launch.texts {
            command.arg("--texts").arg(texts);
        }
        // In a group of its own, so that Ctrl-C in a terminal reaches the scheduler alone, which decides.
        let mut child = command.stdin(Stdio::null()).process_group(0).spawn()?;
        let pid = Pid::from_child(&child);
        let (sender, file) = (sender.clone(), launch.file.to_owned());
        std::thread::spawn(move || {
            let code = child.wait().ok().and_then(|status| status.code());
            let _ = sender.send(Event::Ended { file, fire, code });
        });
        Ok(Self { fire, pid, again: None })
    }

    /// Tells it to end.
    pub fn cancel(&mut self) {
        // It may have ended at this moment: then the channel tells so.
        let _ = kill_process(self.pid, Signal::TERM);
        self.again = Some(Instant::now() + PATIENCE);
    }

    /// Tells it again if it was told and did not listen for long; how long until that is to be asked again.
    pub fn insist(&mut self) -> Option<Duration> {
        let again = self.again?;
        if again <= Instant::now() {
            self.cancel();
        }
        Some(self.again?.saturating_duration_since(Instant::now()))
    }
}

/// Tells the run that another scheduler has started to end.
pub fn cancel_elsewhere(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::TERM);
    }
}
