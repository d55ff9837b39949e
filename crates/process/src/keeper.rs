//! The keeper of one command: starts it, waits for all of its processes, ends them when it is time.

use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitOptions};

use crate::report::Report;
use crate::tree;
use crate::{Ended, Exit, Request};

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

/// What a keeper holds.
pub(crate) struct Keeper {
    control: UnixStream,
    /// Whether the runner still listens.
    heard: bool,
    wake: UnixStream,
    me: Pid,
    command: Pid,
    grace: Duration,
    phase: Phase,
    exit: Option<Exit>,
    left_behind: usize,
}

/// Starts the command and keeps it to its end. `kept` is held open as long as any of its processes lives.
pub(crate) fn keep(request: &Request, output: OwnedFd, control: UnixStream, kept: Vec<OwnedFd>) {
    let me = rustix::process::getpid();
    // From here on the request has been taken. A blank before the report changes nothing in it.
    let _ = (&control).write_all(b" ");
    // A signal to the guardian's group is not meant for this one. It fails only for a group's leader, which a fork is not.
    let _ = rustix::process::setsid();
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(me));
    let started = UnixStream::pair().and_then(|(wake, signalled)| {
        wake.set_nonblocking(true)?;
        signal_hook::low_level::pipe::register(signal_hook::consts::SIGCHLD, signalled)?;
        Ok((wake, start(request, output)?))
    });
    match started {
        Ok((wake, command)) => {
            let phase = Phase::Running;
            let grace = request.grace;
            let keeper = Keeper { control, heard: true, wake, me, command, grace, phase, exit: None, left_behind: 0 };
            keeper.watch();
        }
        Err(error) => {
            let not_found = error.kind() == std::io::ErrorKind::NotFound;
            tell(&control, &Report::NotStarted { message: error.to_string(), not_found });
        }
    }
    drop(kept);
}

/// The command, in a session of its own, so that no terminal's Ctrl-C reaches it but the runner's word does.
fn start(request: &Request, output: OwnedFd) -> std::io::Result<Pid> {
    let errors = output.try_clone()?;
    let (program, arguments) =
        request.argv.split_first().ok_or_else(|| std::io::Error::other("there is no program to start"))?;
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(&request.env).current_dir(&request.cwd);
    command.stdin(Stdio::null()).stdout(output).stderr(errors);
    // SAFETY: between fork and exec only these system calls are made; they allocate nothing and take no lock.
    unsafe {
        command.pre_exec(|| {
            rustix::process::setsid()?;
            #[cfg(target_os = "linux")]
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            Ok(())
        });
    }
    let child = command.spawn()?;
    Pid::from_raw(child.id().cast_signed()).ok_or_else(|| std::io::Error::other("the process has no number"))
}

fn tell(mut control: &UnixStream, report: &Report) {
    // A runner that is gone needs no report.
    if let Ok(text) = serde_json::to_vec(report) {
        let _ = control.write_all(&text);
    }
}

impl Keeper {
    /// Until nothing of the command is left.
    fn watch(mut self) {
        loop {
            let gone = tree::is_gone(self.reap(), self.command);
            if let (Some(exit), true) = (self.exit, gone) {
                return tell(&self.control, &Report::Ended(Ended { exit, left_behind: self.left_behind }));
            }
            if self.exit.is_some() && self.phase == Phase::Running {
                self.left_behind = self.end();
            }
            match self.phase {
                Phase::Ending(until) if Instant::now() >= until => self.kill(),
                Phase::Killing(until) if Instant::now() >= until => {
                    let exit = self.exit.unwrap_or(Exit::Signal(Signal::KILL.as_raw()));
                    return tell(&self.control, &Report::Ended(Ended { exit, left_behind: self.left_behind }));
                }
                Phase::Killing(_) => {
                    tree::signal(self.me, self.command, Signal::KILL);
                }
                Phase::Running | Phase::Ending(_) => {}
            }
            self.sleep();
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
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        let mut files = vec![PollFd::from_borrowed_fd(self.wake.as_fd(), PollFlags::IN)];
        if self.heard {
            files.push(PollFd::from_borrowed_fd(self.control.as_fd(), PollFlags::IN));
        }
        // Interrupted by a signal: all is looked at again anyway.
        let _ = poll(&mut files, limit.as_ref());
        let spoken = files.get(1).is_some_and(|file| !file.revents().is_empty());
        drop(files);
        let mut bytes = [0; 64];
        while matches!(self.wake.read(&mut bytes), Ok(1..)) {}
        if spoken {
            match self.control.read(&mut bytes) {
                Ok(0) | Err(_) => {
                    self.heard = false;
                    self.wish(END);
                }
                Ok(n) => bytes[..n].iter().for_each(|byte| self.wish(*byte)),
            }
        }
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
