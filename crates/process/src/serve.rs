//! The guardian: a process of one thread that forks keepers and hands commands to them.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, WaitOptions};
use signal_hook::SigId;

use crate::descriptors;
use crate::keeper::{Letter, keep_all};

/// A keeper, as the guardian knows it.
struct Hand {
    socket: UnixStream,
    /// Whether it keeps a command.
    busy: bool,
}

struct Guardian {
    /// Its keepers by their process ids.
    hands: BTreeMap<i32, Hand>,
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

    let mut guardian = Guardian { hands: BTreeMap::new(), signal };
    let mut socket = Some(socket);
    loop {
        guardian.reap();
        if socket.is_none() && guardian.hands.values().all(|hand| !hand.busy) {
            // Those that are free see the end of their sockets.
            return Ok(());
        }
        let mut files = vec![PollFd::from_borrowed_fd(wake.as_fd(), PollFlags::IN)];
        files.extend(guardian.hands.values().map(|hand| PollFd::from_borrowed_fd(hand.socket.as_fd(), PollFlags::IN)));
        files.extend(socket.iter().map(|socket| PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN)));
        let _ = poll(&mut files, None);
        let spoken: Vec<bool> = files.iter().map(|file| !file.revents().is_empty()).collect();
        drop(files);
        let mut bytes = [0; 64];
        while matches!(wake.read(&mut bytes), Ok(1..)) {}
        for (hand, _) in guardian.hands.values_mut().zip(&spoken[1..]).filter(|(_, spoken)| **spoken) {
            // The end of it is seen when the process is reaped.
            if matches!(hand.socket.read(&mut bytes), Ok(1..)) {
                hand.busy = false;
            }
        }
        let asked = spoken.get(1 + guardian.hands.len()).is_some_and(|spoken| *spoken);
        if let Some(runner) = socket.take_if(|_| asked) {
            match descriptors::receive(&runner) {
                Ok(Some((message, files))) => socket = Some(guardian.begin(&message, files, runner)),
                // The keepers see for themselves that it is gone.
                Ok(None) | Err(_) => drop(runner),
            }
        }
    }
}

impl Guardian {
    /// Hands a letter to a keeper that is free, else to a new one. Gives the runner's socket back; a fork closes its copy.
    fn begin(&mut self, message: &[u8], files: Vec<OwnedFd>, runner: UnixStream) -> UnixStream {
        let free = self.hands.values_mut().find(|hand| !hand.busy);
        if let Some(hand) = free {
            let borrowed: Vec<_> = files.iter().map(AsFd::as_fd).collect();
            // One that does not take it is dying.
            hand.busy = true;
            if descriptors::send(&hand.socket, message, &borrowed).is_ok() {
                return runner;
            }
        }
        match Letter::read(message, files) {
            Some(letter) => self.fork(letter, runner),
            None => runner,
        }
    }

    fn fork(&mut self, letter: Letter, runner: UnixStream) -> UnixStream {
        let Ok((socket, theirs)) = UnixStream::pair() else {
            letter.refuse(&io::Error::last_os_error());
            return runner;
        };
        // SAFETY: this process has one thread, so its copy finds every lock free.
        match unsafe { libc::fork() } {
            0 => {
                // That each socket's end is seen depends on nobody else holding it.
                drop((runner, socket));
                self.hands.clear();
                signal_hook::low_level::unregister(self.signal);
                let done = std::panic::catch_unwind(move || keep_all(letter, &theirs).is_ok());
                // SAFETY: ends this copy without running what the guardian has registered for its own end.
                unsafe { libc::_exit(i32::from(!done.unwrap_or_default())) }
            }
            pid if pid > 0 => {
                self.hands.insert(pid, Hand { socket, busy: true });
            }
            _ => letter.refuse(&io::Error::last_os_error()),
        }
        runner
    }

    /// Takes note of keepers that have ended; what one that was killed has left is killed too.
    fn reap(&mut self) {
        let mut killed = false;
        loop {
            match rustix::process::wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) => {
                    let was_keeper = self.hands.remove(&pid.as_raw_pid()).is_some();
                    killed |= was_keeper && status.exit_status() != Some(0);
                }
                Err(rustix::io::Errno::INTR) => {}
                Ok(None) | Err(_) => break,
            }
        }
        if killed {
            kill_orphans(|pid| !self.hands.contains_key(&pid.as_raw_pid()));
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
