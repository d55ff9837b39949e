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

/// The runner's end of what connects it with a keeper, over which one command after the other is handed and reported.
pub(crate) struct Line {
    pub(crate) socket: UnixStream,
    /// Where what is read lies for a moment.
    chunk: Vec<u8>,
}

impl Line {
    pub(crate) fn new(socket: UnixStream) -> Self {
        Self { socket, chunk: vec![0; CHUNK] }
    }
}

/// A command that runs. If this is dropped, its keeper hears nobody any more and ends the command.
pub(crate) struct Running {
    program: String,
    output: PipeReader,
    line: Line,
    said: Wish,
    _counted: Counted,
}

impl Running {
    pub(crate) fn new(program: String, output: PipeReader, line: Line, running: &Arc<AtomicUsize>) -> Self {
        Self { program, output, line, said: Wish::GoOn, _counted: Counted::new(running) }
    }

    /// Hands on what the command writes until it and all its processes have ended; asks `wish` again and again what is wanted.
    /// Beside how it ended comes the line, if its keeper is ready for another command.
    ///
    /// # Errors
    /// If it could not be started, or whoever looked after it is gone.
    pub(crate) fn wait(
        mut self,
        output: &mut dyn FnMut(&[u8]),
        wish: &dyn Fn() -> Wish,
    ) -> (Result<Ended, ProcessError>, Option<Line>) {
        let ended = match self.report(output, wish) {
            Ok(Report::Ended(ended)) => Ok(ended),
            Ok(Report::NotStarted { message, not_found }) => {
                Err(ProcessError::Start { program: self.program, message, not_found })
            }
            // Its keeper still has something to keep, or is no more.
            Err(error) => return (Err(error), None),
        };
        // What was said last may still lie there unread; the next one shall not hear it.
        (ended, (self.said == Wish::GoOn).then_some(self.line))
    }

    /// What the keeper says in the end.
    fn report(&mut self, output: &mut dyn FnMut(&[u8]), wish: &dyn Fn() -> Wish) -> Result<Report, ProcessError> {
        let mut report = Vec::new();
        let tick = Timespec::try_from(TICK).map_err(io::Error::other)?;
        let mut open = true;
        loop {
            self.say(wish());
            let mut files = vec![PollFd::from_borrowed_fd(self.line.socket.as_fd(), PollFlags::IN)];
            if open {
                files.push(PollFd::from_borrowed_fd(self.output.as_fd(), PollFlags::IN));
            }
            let _ = poll(&mut files, Some(&tick));
            let ready = |at: usize| files.get(at).is_some_and(|file| !file.revents().is_empty());
            let (reported, written) = (ready(0), ready(1));
            drop(files);
            if written {
                open = self.hand_on(output)? != Handed::End;
            }
            if !reported {
                continue;
            }
            match self.line.socket.read(&mut self.line.chunk) {
                // A letter that nobody has read is sent back with the news that its reader is gone.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset && report.is_empty() => {
                    return Err(ProcessError::NotBegun);
                }
                Err(error) if is_passing(&error) => {}
                Ok(0) | Err(_) => return Err(ProcessError::Abandoned),
                Ok(n) => report.extend_from_slice(&self.line.chunk[..n]),
            }
            if let Some(report) = Report::from_line(&report) {
                // All its processes are gone: what they have written lies in the pipe.
                while open && self.hand_on(output)? == Handed::Some {}
                return report.map_err(|_| ProcessError::Abandoned);
            }
        }
    }

    /// Hands on what the command has written by now, as much as fits into one read.
    fn hand_on(&mut self, output: &mut dyn FnMut(&[u8])) -> io::Result<Handed> {
        match self.output.read(&mut self.line.chunk) {
            Ok(0) => Ok(Handed::End),
            Ok(n) => {
                output(&self.line.chunk[..n]);
                Ok(Handed::Some)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Handed::Some),
            Err(error) if is_passing(&error) => Ok(Handed::Nothing),
            Err(error) => Err(error),
        }
    }

    /// If the keeper is gone, the next read says so.
    fn say(&mut self, wish: Wish) {
        if wish == self.said {
            return;
        }
        self.said = wish;
        let _ = match wish {
            Wish::GoOn => Ok(()),
            Wish::End => self.line.socket.write_all(&[END]),
            Wish::Kill => self.line.socket.write_all(&[KILL]),
        };
    }
}

/// What came of one look at the command's output.
#[derive(PartialEq)]
enum Handed {
    /// There was something.
    Some,
    /// Nothing at the moment.
    Nothing,
    /// Nobody can write any more.
    End,
}

/// One of the commands that run.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(running: &Arc<AtomicUsize>) -> Self {
        running.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(running))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
