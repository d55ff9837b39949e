//! The keeper of a command: starts it, waits for all of its processes, ends them when it is time. Then it is ready for another.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions};

use crate::children::Children;
use crate::report::Report;
use crate::spawn::Spawner;
use crate::{Ended, Exit, Request, descriptors, tree};

/// What the runner writes to ask the command to end.
pub(crate) const END: u8 = b'T';
/// What the runner writes to have it killed.
pub(crate) const KILL: u8 = b'K';

/// How long killed processes may take to vanish: one that hangs in the kernel is given up.
const BURIAL: Duration = Duration::from_secs(5);
/// How often the tree is looked at while it is being ended.
const TICK: Duration = Duration::from_millis(10);

/// How far a command is.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    /// It runs.
    Running,
    /// Its processes have been asked to end, and are killed at that time.
    Ending(Instant),
    /// They are being killed, and are given up at that time.
    Killing(Instant),
}

/// What a keeper holds while it keeps a command.
struct Keeper<'a> {
    line: &'a UnixStream,
    /// Whether the runner still listens.
    heard: bool,
    children: &'a Children,
    me: Pid,
    command: Pid,
    grace: Duration,
    phase: Phase,
    exit: Option<Exit>,
    left_behind: usize,
}

/// What a keeper is handed: a request, the pipe that the command writes to, and what is to be held open as long as any of its
/// processes lives.
struct Letter {
    request: Request,
    output: OwnedFd,
    _kept: Vec<OwnedFd>,
}

impl Letter {
    /// Reads what the runner has sent; None if that is no such letter.
    fn read(message: &[u8], files: Vec<OwnedFd>) -> Option<Self> {
        let mut files = files.into_iter();
        let request = serde_json::from_slice(message).ok()?;
        Some(Self { request, output: files.next()?, _kept: files.collect() })
    }
}

/// Keeps one command after the other, as the runner hands them over on its line, until it hands over no more.
pub(crate) fn keep_all(line: &UnixStream, children: &Children) -> io::Result<()> {
    // A signal to the guardian's group is not meant for this one. It fails only for a group's leader, which a fork is not.
    let _ = rustix::process::setsid();
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    let spawner = Spawner::new()?;
    while let Some((message, files)) = descriptors::receive(line)? {
        // If it is none, the runner sees the line closed without a report.
        let Some(letter) = Letter::read(&message, files) else { break };
        let (report, is_free) = keep(&letter, line, children, &spawner);
        tell(line, &report);
        if !is_free {
            break;
        }
    }
    Ok(())
}

/// Starts the command and keeps it to its end: how it ended, and whether nothing of it is left.
fn keep(letter: &Letter, line: &UnixStream, children: &Children, spawner: &Spawner) -> (Report, bool) {
    match spawner.spawn(&letter.request, &letter.output) {
        Ok(command) => {
            let keeper = Keeper {
                line,
                heard: true,
                children,
                me: rustix::process::getpid(),
                command,
                grace: letter.request.grace,
                phase: Phase::Running,
                exit: None,
                left_behind: 0,
            };
            keeper.watch()
        }
        Err(error) => {
            let not_found = error.kind() == io::ErrorKind::NotFound;
            (Report::NotStarted { message: error.to_string(), not_found }, true)
        }
    }
}

fn tell(mut line: &UnixStream, report: &Report) {
    // A runner that is gone needs no report.
    if let Ok(text) = report.to_line() {
        let _ = line.write_all(&text);
    }
}

impl Keeper<'_> {
    /// Until nothing of the command is left, or what is left is given up.
    fn watch(mut self) -> (Report, bool) {
        loop {
            self.sleep();
            let gone = tree::is_gone(self.reap(), self.command);
            if let (Some(exit), true) = (self.exit, gone) {
                return (Report::Ended(Ended { exit, left_behind: self.left_behind }), true);
            }
            if self.exit.is_some() && self.phase == Phase::Running {
                self.left_behind = self.end();
            }
            match self.phase {
                Phase::Ending(until) if Instant::now() >= until => self.kill(),
                Phase::Killing(until) if Instant::now() >= until => {
                    let exit = self.exit.unwrap_or(Exit::Signal(Signal::KILL.as_raw()));
                    return (Report::Ended(Ended { exit, left_behind: self.left_behind }), false);
                }
                Phase::Killing(_) => {
                    tree::signal(self.me, self.command, Signal::KILL);
                }
                Phase::Running | Phase::Ending(_) => {}
            }
        }
    }

    /// Takes note of all that has ended; whether there are children left.
    fn reap(&mut self) -> bool {
        loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid == self.command => {
                    let code = status.exit_status().map(Exit::Code);
                    self.exit = code.or(status.terminating_signal().map(Exit::Signal));
                }
                Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    }

    /// Asks everything to end; how many processes that were.
    fn end(&mut self) -> usize {
        self.phase = Phase::Ending(Instant::now() + self.grace);
        tree::signal(self.me, self.command, Signal::TERM)
    }

    fn kill(&mut self) {
        self.phase = Phase::Killing(Instant::now() + BURIAL);
        tree::signal(self.me, self.command, Signal::KILL);
    }

    /// Until a process ends, the runner says something, or it is time to look again.
    fn sleep(&mut self) {
        let limit = match self.phase {
            Phase::Running => None,
            Phase::Ending(until) if cfg!(target_os = "linux") => Some(until.saturating_duration_since(Instant::now())),
            Phase::Ending(_) | Phase::Killing(_) => Some(TICK),
        };
        match self.children.wait(self.heard.then(|| self.line.as_fd()), limit) {
            Ok(false) => {}
            Ok(true) => {
                let mut bytes = [0; 64];
                match self.line.read(&mut bytes) {
                    Ok(0) | Err(_) => self.unheard(),
                    Ok(n) => bytes[..n].iter().for_each(|byte| self.wish(*byte)),
                }
            }
            // A line that cannot be waited for is as good as none.
            Err(_) => self.unheard(),
        }
    }

    /// The runner is gone: nobody wants the command any more.
    fn unheard(&mut self) {
        self.heard = false;
        self.wish(END);
    }

    fn wish(&mut self, wish: u8) {
        match (wish, self.phase) {
            (END, Phase::Running) => {
                self.end();
            }
            (KILL, Phase::Running | Phase::Ending(_)) => self.kill(),
            _ => {}
        }
    }
}
