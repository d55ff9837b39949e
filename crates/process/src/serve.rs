//! The guardian: a process of one thread that forks keepers.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use rustix::process::{Pid, Signal, WaitOptions};

use crate::children::Children;
use crate::descriptors;
use crate::keeper::keep_all;

struct Guardian {
    /// The process ids of its keepers.
    keepers: BTreeSet<i32>,
    children: Children,
}

/// Looks after commands until the runner, at the other end of standard input, is gone and the last of them has ended.
///
/// To be called at the very start of a process, while it has one thread.
///
/// # Errors
/// If standard input is not the socket of a runner, or the system refuses.
pub fn serve() -> io::Result<()> {
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    // The socket is to have one holder: that its end is seen depends on it.
    rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
    // A leader of a group may not; then it is in the runner's session and hears its terminal, no more.
    let _ = rustix::process::setsid();
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let mut guardian = Guardian { keepers: BTreeSet::new(), children: Children::new()? };
    let mut socket = Some(socket);
    loop {
        guardian.reap();
        if socket.is_none() && guardian.keepers.is_empty() {
            return Ok(());
        }
        let asked = guardian.children.wait(socket.as_ref().map(AsFd::as_fd), None)?;
        if let Some(runner) = socket.take_if(|_| asked) {
            match descriptors::receive(&runner) {
                Ok(Some((_, files))) => {
                    let line = files.into_iter().next();
                    socket = Some(match line {
                        Some(line) => guardian.fork(line.into(), runner),
                        None => runner,
                    });
                }
                // The keepers see for themselves that it is gone.
                Ok(None) | Err(_) => drop(runner),
            }
        }
    }
}

impl Guardian {
    /// Forks a keeper for that line. Gives the runner's socket back; the fork closes its copy.
    fn fork(&mut self, line: UnixStream, runner: UnixStream) -> UnixStream {
        // SAFETY: this process has one thread, so its copy finds every lock free.
        match unsafe { libc::fork() } {
            0 => {
                drop(runner);
                let keep = std::panic::AssertUnwindSafe(|| keep_all(&line, &self.children).is_ok());
                let done = std::panic::catch_unwind(keep);
                // SAFETY: ends this copy without running what the guardian has registered for its own end.
                unsafe { libc::_exit(i32::from(!done.unwrap_or_default())) }
            }
            pid if pid > 0 => {
                self.keepers.insert(pid);
            }
            // The runner sees the line closed.
            _ => {}
        }
        runner
    }

    /// Takes note of keepers that have ended; what one that was killed has left is killed too. One that was stopped, by its own
    /// command, goes on: nobody else would wake it.
    fn reap(&mut self) {
        let mut killed = false;
        loop {
            match rustix::process::wait(WaitOptions::NOHANG | WaitOptions::UNTRACED) {
                Ok(Some((pid, status))) if status.stopped() => {
                    let _ = rustix::process::kill_process(pid, Signal::CONT);
                }
                Ok(Some((pid, status))) => {
                    let was_keeper = self.keepers.remove(&pid.as_raw_pid());
                    killed |= was_keeper && status.exit_status() != Some(0);
                }
                Err(rustix::io::Errno::INTR) => {}
                Ok(None) | Err(_) => break,
            }
        }
        if killed {
            kill_orphans(|pid| !self.keepers.contains(&pid.as_raw_pid()));
        }
    }
}

#[cfg(target_os = "linux")]
fn kill_orphans(orphan: impl Fn(Pid) -> bool) {
    // What appears between two looks is found by the next.
    for _ in 0..16 {
        let below = crate::tree::descendants(rustix::process::getpid(), &orphan);
        if below.is_empty() {
            return;
        }
        for pid in below {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
        while matches!(rustix::process::wait(WaitOptions::NOHANG), Ok(Some((pid, _))) if orphan(pid)) {}
    }
}

#[cfg(not(target_os = "linux"))]
fn kill_orphans(_orphan: impl Fn(Pid) -> bool) {}
