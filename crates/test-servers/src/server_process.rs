//! A server's process: started until it says that it is ready, ended with the process of the tests at the latest.

use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

/// How often a start is tried, should another process take the port in between.
const TRIES: usize = 3;

/// Where the process of a server is kept while it runs.
#[derive(Default)]
pub(crate) struct ServerProcess(Mutex<Option<Running>>);

struct Running {
    process: i32,
    ended: Receiver<()>,
}

impl ServerProcess {
    /// Starts the server and waits until it says `ready` on stderr.
    ///
    /// # Errors
    /// What it said, if it ends before.
    pub fn start(&self, ready: &'static str, command: impl Fn() -> Command) -> io::Result<()> {
        for _ in 1..TRIES {
            if self.try_start(ready, command()).is_ok() {
                return Ok(());
            }
        }
        self.try_start(ready, command())
    }

    fn try_start(&self, ready: &'static str, mut command: Command) -> io::Result<()> {
        let (told, first) = channel();
        let (end, ended) = channel();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        // It is to end with the process of the tests, not with the test that was the first to need it.
        thread::spawn(move || watch(command, ready, &told, &end));
        let process = first.recv().map_err(io::Error::other)??;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Running { process, ended });
        Ok(())
    }

    /// Ends it by a signal, and waits until it has.
    pub fn kill(&self, signal: Signal) {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(running) = running else { return };
        if let Some(process) = Pid::from_raw(running.process) {
            // It has ended by itself: then there is nothing to kill.
            kill_process(process, signal).ok();
        }
        running.ended.recv().ok();
    }
}

/// Runs the server: tells its number when it is ready, and when it has ended.
fn watch(mut command: Command, ready: &str, told: &Sender<io::Result<i32>>, end: &Sender<()>) {
    let mut log = String::new();
    match command.spawn() {
        Ok(mut child) => {
            follow(&mut child, ready, &mut log, told);
            child.wait().ok();
            // Nobody may wait any more.
            told.send(Err(io::Error::other(log))).ok();
        }
        Err(error) => drop(told.send(Err(error))),
    }
    end.send(()).ok();
}

/// Reads what it says to the end, so that it never waits for that; keeps it until it is ready.
fn follow(child: &mut Child, ready: &str, log: &mut String, told: &Sender<io::Result<i32>>) {
    let Some(messages) = child.stderr.take() else { return };
    let mut is_ready = false;
    for line in BufReader::new(messages).lines().map_while(Result::ok) {
        if is_ready {
            continue;
        }
        is_ready = line.contains(ready);
        if is_ready {
            told.send(Ok(child.id() as i32)).ok();
        }
        log.push_str(&line);
        log.push('\n');
    }
}

/// The server that all tests share which run at the same time: `start` makes it for the first of them.
pub(crate) fn shared<T>(running: &Mutex<Weak<T>>, start: impl FnOnce() -> Option<T>) -> Option<Arc<T>> {
    let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(server) = running.upgrade() {
        return Some(server);
    }
    let started = Arc::new(start()?);
    *running = Arc::downgrade(&started);
    Some(started)
}
