//! The runner's end of the guardian.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use crate::running::{Line, Running};
use crate::{Ended, ProcessError, Request, Wish, descriptors};

/// Starts commands by way of keepers, and those by way of the guardian, which is started with the first command.
pub struct Guardian {
    launch: Box<dyn Fn() -> io::Result<Command> + Send + Sync>,
    process: Mutex<Option<Process>>,
    /// To the keepers that are free.
    lines: Mutex<Vec<Line>>,
    running: Arc<AtomicUsize>,
}

/// The guardian while it lives.
struct Process {
    socket: UnixStream,
    child: Child,
}

impl Guardian {
    /// `launch` makes the command line of a process that calls [`serve`](crate::serve) as the first thing it does.
    pub fn new(launch: impl Fn() -> io::Result<Command> + Send + Sync + 'static) -> Self {
        Self { launch: Box::new(launch), process: Mutex::default(), lines: Mutex::default(), running: Arc::default() }
    }

    /// Runs a command until it and all its processes have ended: hands on what it writes, and asks `wish` again and again what is
    /// wanted. `kept` stays open in its keeper as long as any of its processes lives: a lock on such a file tells others so, even
    /// when the runner is gone.
    ///
    /// # Errors
    /// If it could not be started, or whoever looked after it is gone. That it failed is no error.
    pub fn run(
        &self,
        request: &Request,
        kept: &[BorrowedFd<'_>],
        output: &mut dyn FnMut(&[u8]),
        wish: &dyn Fn() -> Wish,
    ) -> Result<Ended, ProcessError> {
        let wish = &|| {
            self.wake();
            wish()
        };
        match self.keep(request, kept, output, wish) {
            // Who dies still takes a letter that it will never read; the next one is another.
            Err(ProcessError::NotBegun) => {
                self.forget(&mut self.process());
                self.keep(request, kept, output, wish)
            }
            ended => ended,
        }
    }

    fn keep(
        &self,
        request: &Request,
        kept: &[BorrowedFd<'_>],
        output: &mut dyn FnMut(&[u8]),
        wish: &dyn Fn() -> Wish,
    ) -> Result<Ended, ProcessError> {
        let (ended, free) = self.start(request, kept)?.wait(output, wish);
        self.lines().extend(free);
        ended
    }

    /// Hands the request to a keeper that is free, else to a new one.
    fn start(&self, request: &Request, kept: &[BorrowedFd<'_>]) -> Result<Running, ProcessError> {
        let (output, written) = io::pipe()?;
        rustix::io::ioctl_fionbio(&output, true).map_err(io::Error::from)?;
        let message = serde_json::to_vec(request).map_err(io::Error::from)?;
        let mut files = vec![written.as_fd()];
        files.extend(kept);
        let line = loop {
            let (line, is_new) = self.line()?;
            match descriptors::send(&line.socket, &message, &files) {
                Ok(()) => break line,
                Err(error) if is_new => return Err(error.into()),
                // A keeper that was killed while it was free.
                Err(_) => {}
            }
        };
        let program = request.argv.first().cloned().unwrap_or_default();
        Ok(Running::new(program, output, line, &self.running))
    }

    /// A line to a keeper, and whether that is a new one.
    fn line(&self) -> io::Result<(Line, bool)> {
        let mut process = self.process();
        // Keepers without a guardian are not used: if one was killed, nobody would end what it kept.
        if !process.as_mut().is_some_and(|guardian| matches!(guardian.child.try_wait(), Ok(None))) {
            self.forget(&mut process);
        }
        if let Some(line) = self.lines().pop() {
            return Ok((line, false));
        }
        let (line, theirs) = UnixStream::pair()?;
        let sent = match process.as_ref() {
            Some(guardian) => descriptors::send(&guardian.socket, &[], &[theirs.as_fd()]),
            None => Err(io::Error::from(io::ErrorKind::NotConnected)),
        };
        if sent.is_err() {
            // Not there yet, or no longer: what is left of it has no socket to stay for.
            self.forget(&mut process);
            let guardian = process.insert(self.launch()?);
            descriptors::send(&guardian.socket, &[], &[theirs.as_fd()])?;
        }
        Ok((Line::new(line), true))
    }

    /// Lets the guardian end; it is waited for unless commands still run that nobody waits for.
    pub fn close(&self) {
        self.wake();
        let Some(Process { socket, mut child }) = self.process().take() else { return };
        self.lines().clear();
        drop(socket);
        if self.running.load(Ordering::Acquire) == 0 {
            let _ = child.wait();
        }
    }

    /// Lets the guardian go on if a command has stopped it; it does the same for its keepers.
    fn wake(&self) {
        let process = self.process();
        let guardian = process.as_ref().and_then(|guardian| Pid::from_raw(guardian.child.id().cast_signed()));
        let Some(guardian) = guardian else { return };
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
        if let Ok(Some(_)) = rustix::process::waitid(WaitId::Pid(guardian), options) {
            let _ = rustix::process::kill_process(guardian, Signal::CONT);
        }
    }

    fn launch(&self) -> io::Result<Process> {
        let (socket, theirs) = UnixStream::pair()?;
        let mut command = (self.launch)()?;
        command.stdin(Stdio::from(OwnedFd::from(theirs))).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn()?;
        Ok(Process { socket, child })
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lines(&self) -> MutexGuard<'_, Vec<Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of a guardian that does not answer, and of the keepers that it has forked and that are free.
    fn forget(&self, process: &mut Option<Process>) {
        self.lines().clear();
        if let Some(mut guardian) = process.take() {
            // One that is dead leaves nothing behind; one that still dies is left to the system.
            let _ = guardian.child.try_wait();
        }
    }
}
