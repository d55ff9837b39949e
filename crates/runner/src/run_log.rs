//! The log of a whole run, `run.log`.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use tidemill_core::private;

use crate::execute::LogFormat;
use tidemill_secrets::masked;

/// So long lines gather before they are written: to wake a thread for each would cost more than the line.
const PAUSE: Duration = Duration::from_millis(20);
/// Where the disk takes nothing, so many bytes wait; what comes then is left out.
const MOST: usize = 16 << 20;
/// So long is waited in the end for what has not been written.
const PATIENCE: Duration = Duration::from_secs(1);

/// The log while it is written. When this is dropped, what has been logged is in the file.
pub struct RunLog {
    buffer: Arc<LogBuffer>,
    /// Hears when the thread that writes is gone.
    written: Receiver<()>,
}

/// Where lines wait for the thread that writes them. Nobody who logs waits for the disk.
#[derive(Default)]
struct LogBuffer {
    lines: Mutex<PendingLines>,
    news: Condvar,
}

#[derive(Default)]
struct PendingLines {
    text: Vec<u8>,
    closed: bool,
}

impl RunLog {
    /// Begins the log of this process's run in that folder, which is made; None if the process logs elsewhere already.
    ///
    /// # Errors
    /// If the folder or the file cannot be written.
    pub fn start(folder: &Path, format: LogFormat) -> io::Result<Option<Self>> {
        private::folder(folder)?;
        let file = private::file().create(true).append(true).open(folder.join("run.log"))?;
        Ok(Self::to(file)?.subscribe(format))
    }

    fn to(mut file: File) -> io::Result<Self> {
        let buffer = Arc::new(LogBuffer::default());
        let (writing, written) = channel();
        let theirs = Arc::clone(&buffer);
        let write = move || {
            let _writing = writing;
            theirs.write_to(&mut file);
        };
        thread::Builder::new().name("log".to_owned()).spawn(write)?;
        Ok(Self { buffer, written })
    }

    /// Has everything logged here from now on, unless it goes elsewhere already.
    fn subscribe(self, format: LogFormat) -> Option<Self> {
        let filter = tracing_subscriber::EnvFilter::try_from_env("TIDEMILL_LOG")
            .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
        let buffer = Arc::clone(&self.buffer);
        let writer = move || LineWriter(Arc::clone(&buffer));
        let layer = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(false).with_target(false);
        let started = match format {
            LogFormat::Text => tracing_subscriber::registry().with(filter).with(layer).try_init(),
            LogFormat::Json => tracing_subscriber::registry().with(filter).with(layer.json()).try_init(),
        };
        started.is_ok().then_some(self)
    }
}

impl Drop for RunLog {
    fn drop(&mut self) {
        self.buffer.lines().closed = true;
        self.buffer.news.notify_one();
        // Nobody ever sends: this ends when the thread does.
        let _ = self.written.recv_timeout(PATIENCE);
    }
}

impl LogBuffer {
    fn lines(&self) -> MutexGuard<'_, PendingLines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what comes until no more will.
    fn write_to(&self, file: &mut File) {
        loop {
            let lines = self.lines();
            let is_idle = |lines: &mut PendingLines| lines.text.is_empty() && !lines.closed;
            let lines = self.news.wait_while(lines, is_idle).unwrap_or_else(PoisonError::into_inner);
            let gathering = self.news.wait_timeout_while(lines, PAUSE, |lines| !lines.closed);
            let mut lines = gathering.unwrap_or_else(PoisonError::into_inner).0;
            let (text, closed) = (std::mem::take(&mut lines.text), lines.closed);
            drop(lines);
            // A disk that is full now may have room for what comes later.
            let _ = file.write_all(masked(String::from_utf8_lossy(&text)).as_bytes());
            if closed {
                return;
            }
        }
    }
}

/// Takes one line.
struct LineWriter(Arc<LogBuffer>);

impl Write for LineWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut lines = self.0.lines();
        let is_first = lines.text.is_empty();
        if lines.text.len() + bytes.len() <= MOST {
            lines.text.extend_from_slice(bytes);
        }
        drop(lines);
        if is_first {
            self.0.news.notify_one();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_logged_is_in_the_file_when_the_log_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.log");
        let log = RunLog::to(File::create(&path).unwrap()).unwrap();
        let expected: String = (0..1000).map(|number| format!("line {number}\n")).collect();
        expected
            .split_inclusive('\n')
            .for_each(|line| LineWriter(Arc::clone(&log.buffer)).write_all(line.as_bytes()).unwrap());
        drop(log);
        assert_eq!(std::fs::read_to_string(path).unwrap(), expected);
    }

    #[test]
    fn lines_are_written_while_the_run_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.log");
        let log = RunLog::to(File::create(&path).unwrap()).unwrap();
        for line in ["one\n", "two\n"] {
            LineWriter(Arc::clone(&log.buffer)).write_all(line.as_bytes()).unwrap();
            while !std::fs::read_to_string(&path).unwrap().ends_with(line) {
                thread::sleep(Duration::from_millis(1));
            }
        }
        drop(log);
    }
}
