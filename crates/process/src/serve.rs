//! The guardian: a process of one thread that forks keepers.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, WaitOptions};
use signal_hook::SigId;

use crate::descriptors;
use crate::keeper::keep_all;

struct Guardian {
    /// The process ids of its keepers.
    keepers: BTreeSet<i32>,
    /// Its hold on SIGCHLD, which is not for its forks.
    signal: SigId,
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
    let (mut wake, signalled) = UnixStream::pair()?;
    wake.set_nonblocking(true)?;
    let signal = signal_hook::low_level::pipe::register(signal_hook::consts::SIGCHLD, signalled)?;

    let mut guardian = Guardian { keepers: BTreeSet::new(), signal };
    let mut socket = Some(socket);
    loop {
        guardian.reap();
        if socket.is_none() && guardian.keepers.is_empty() {
            return Ok(());
        }
        let mut files = vec![PollFd::from_borrowed_fd(wake.as_fd(), PollFlags::IN)];
        files.extend(socket.iter().map(|socket| PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN)));
        let _ = poll(&mut files, None);
        let asked = files.get(1).is_some_and(|file| !file.revents().is_empty());
        drop(files);
        let mut bytes = [0; 64];
        while matches!(wake.read(&mut bytes), Ok(1..)) {}
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
                signal_hook::low_level::unregister(self.signal);
                let done = std::panic::catch_unwind(|| keep_all(&line).is_ok());
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

    /// Takes note of keepers that have ended; what one that was killed has left is killed too.
    fn reap(&mut self) {
        let mut killed = false;
        loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
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
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
        while matches!(rustix::process::wait(WaitOptions::NOHANG), Ok(Some((pid, _))) if orphan(pid)) {}
    }
}

#[cfg(not(target_os = "linux"))]
fn kill_orphans(_orphan: impl Fn(Pid) -> bool) {}
