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

use crate::execute::LogFormat;
use crate::secrets::masked;

/// So long lines gather before they are written: to wake a thread for each would cost more than the line.
const PAUSE: Duration = Duration::from_millis(20);
/// Where the disk takes nothing, so many bytes wait; what comes then is left out.
const MOST: usize = 16 << 20;
/// So long is waited in the end for what has not been written.
const PATIENCE: Duration = Duration::from_secs(1);

/// The log while it is written. When this is dropped, what has been logged is in the file.
pub struct RunLog {
    desk: Arc<Desk>,
    /// Hears when the thread that writes is gone.
    written: Receiver<()>,
}

/// Where lines wait for the thread that writes them. Nobody who logs waits for the disk.
#[derive(Default)]
struct Desk {
    lines: Mutex<Lines>,
    news: Condvar,
}

#[derive(Default)]
struct Lines {
    text: Vec<u8>,
    closed: bool,
}

impl RunLog {
    /// Begins the log of this process's run in that folder, which is made. Without a log the run goes on: why there is none is
    /// told, and None comes back.
    pub fn start(folder: &Path, format: LogFormat) -> Option<Self> {
        let file = std::fs::create_dir_all(folder)
            .and_then(|()| File::options().create(true).append(true).open(folder.join("run.log")));
        match file.and_then(Self::to) {
            Ok(log) => log.subscribe(format),
            Err(error) => {
                eprintln!("warning: no log can be written to {}: {error}", folder.display());
                None
            }
        }
    }

    fn to(mut file: File) -> io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let (writing, written) = channel();
        let theirs = Arc::clone(&desk);
        let write = move || {
            let _writing = writing;
            theirs.write_to(&mut file);
        };
        thread::Builder::new().name("log".to_owned()).spawn(write)?;
        Ok(Self { desk, written })
    }

    /// Has everything logged here from now on, unless it goes elsewhere already.
    fn subscribe(self, format: LogFormat) -> Option<Self> {
        let filter = tracing_subscriber::EnvFilter::try_from_env("TIDEMILL_LOG")
            .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
        let desk = Arc::clone(&self.desk);
        let writer = move || Line(Arc::clone(&desk));
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
        self.desk.lines().closed = true;
        self.desk.news.notify_one();
        // Nobody ever sends: this ends when the thread does.
        let _ = self.written.recv_timeout(PATIENCE);
    }
}

impl Desk {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what comes until no more will.
    fn write_to(&self, file: &mut File) {
        loop {
            let lines = self.lines();
            let is_idle = |lines: &mut Lines| lines.text.is_empty() && !lines.closed;
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
struct Line(Arc<Desk>);

impl Write for Line {
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
        expected.split_inclusive('\n').for_each(|line| Line(Arc::clone(&log.desk)).write_all(line.as_bytes()).unwrap());
        drop(log);
        assert_eq!(std::fs::read_to_string(path).unwrap(), expected);
    }

    #[test]
    fn lines_are_written_while_the_run_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.log");
        let log = RunLog::to(File::create(&path).unwrap()).unwrap();
        for line in ["one\n", "two\n"] {
            Line(Arc::clone(&log.desk)).write_all(line.as_bytes()).unwrap();
            while !std::fs::read_to_string(&path).unwrap().ends_with(line) {
                thread::sleep(Duration::from_millis(1));
            }
        }
        drop(log);
    }
}
