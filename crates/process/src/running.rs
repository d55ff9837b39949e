//! A command that runs, as the runner sees it.

use std::io::{self, PipeReader, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::keeper::{END, KILL};
use crate::report::Report;
use crate::{Ended, ProcessError};

/// How often is asked whether the command is still wanted.
const TICK: Duration = Duration::from_millis(50);

/// Read at once.
const CHUNK: usize = 64 << 10;

/// What is wanted of a running command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// It shall go on.
    GoOn,
    /// It shall end, with time to tidy up.
    End,
    /// It shall be killed.
    Kill,
}

/// A command that runs. If this is dropped, the command is ended.
pub(crate) struct Running {
    program: String,
    output: PipeReader,
    control: UnixStream,
    counted: Arc<AtomicUsize>,
}

impl Running {
    pub(crate) fn new(program: String, output: PipeReader, control: UnixStream, running: &Arc<AtomicUsize>) -> Self {
        running.fetch_add(1, Ordering::AcqRel);
        Self { program, output, control, counted: Arc::clone(running) }
    }

    /// Hands on what the command writes until it and all its processes have ended; asks `wish` again and again what is wanted.
    ///
    /// # Errors
    /// If it could not be started, or whoever looked after it is gone.
    pub fn wait(mut self, output: &mut dyn FnMut(&[u8]), wish: &dyn Fn() -> Wish) -> Result<Ended, ProcessError> {
        let mut chunk = vec![0; CHUNK];
        let mut said = Wish::GoOn;
        let (mut open, mut report) = (true, Vec::new());
        let tick = Timespec::try_from(TICK).map_err(io::Error::other)?;
        loop {
            let wished = wish();
            if wished != said {
                said = wished;
                self.say(wished);
            }
            let mut files = vec![PollFd::from_borrowed_fd(self.control.as_fd(), PollFlags::IN)];
            if open {
                files.push(PollFd::from_borrowed_fd(self.output.as_fd(), PollFlags::IN));
            }
            let _ = poll(&mut files, Some(&tick));
            let ready = |at: usize| files.get(at).is_some_and(|file| !file.revents().is_empty());
            let (reported, written) = (ready(0), ready(1));
            drop(files);
            if written {
                match self.output.read(&mut chunk) {
                    Ok(0) => open = false,
                    Ok(n) => output(&chunk[..n]),
                    Err(error) if is_passing(&error) => {}
                    Err(error) => return Err(error.into()),
                }
            } else if reported {
                // All its processes are gone: what they have written lies in the pipe, and has been read before this.
                match self.control.read(&mut chunk) {
                    Ok(0) => break,
                    Ok(n) => report.extend_from_slice(&chunk[..n]),
                    Err(error) if is_passing(&error) => {}
                    Err(_) => break,
                }
            }
        }
        match serde_json::from_slice(&report) {
            Ok(Report::Ended(ended)) => Ok(ended),
            Ok(Report::NotStarted { message, not_found }) => {
                Err(ProcessError::Start { program: self.program.clone(), message, not_found })
            }
            Err(_) if report.is_empty() => Err(ProcessError::NotBegun),
            Err(_) => Err(ProcessError::Abandoned),
        }
    }

    /// If the keeper is gone, the next read says so.
    fn say(&mut self, wish: Wish) {
        let _ = match wish {
            Wish::GoOn => Ok(()),
            Wish::End => self.control.write_all(&[END]),
            Wish::Kill => self.control.write_all(&[KILL]),
        };
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.counted.fetch_sub(1, Ordering::AcqRel);
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
