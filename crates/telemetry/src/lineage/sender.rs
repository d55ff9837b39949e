//! The way of events to the server or the file.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use serde_json::Value;
use tidemill_secrets::masked;
use ureq::http::Request;

use super::settings::LineageTarget;
use crate::client::{Client, shown};

/// So many events wait to be sent; further ones are dropped.
const QUEUE: usize = 10_000;
/// How long one request may take.
const LIMIT: Duration = Duration::from_secs(5);
/// After so many failures in succession nothing more is tried but the last event.
const PATIENCE: usize = 3;
/// So many events that still wait at the end of a run are sent one after another; more than these, by several threads at once.
const IN_ORDER: usize = 8;
/// So many threads.
const THREADS: usize = 8;

/// Sends events in their order, from a thread of its own.
pub(super) struct Sending {
    events: Sender<Value>,
    post: Post,
    /// Held by every thread that sends: when all have dropped it they have ended.
    end: Sender<()>,
    ended: Receiver<()>,
    place: String,
}

/// What sends the events of a queue.
#[derive(Clone)]
struct Post {
    inbox: Receiver<Value>,
    target: Arc<LineageTarget>,
    client: Client,
    lost: Arc<AtomicUsize>,
}

impl Sending {
    /// Starts the thread.
    ///
    /// # Errors
    /// If there can be no further thread.
    pub(super) fn start(target: LineageTarget) -> Result<Self, String> {
        let (events, inbox) = bounded(QUEUE);
        let (end, ended) = bounded(0);
        let place = match &target {
            LineageTarget::Server(url, _) => shown(url),
            LineageTarget::File(path) => path.display().to_string(),
        };
        let post = Post { inbox, target: Arc::new(target), client: Client::new(LIMIT), lost: Arc::default() };
        post.clone().in_background(None, end.clone()).map_err(|error| error.to_string())?;
        Ok(Self { events, post, end, ended, place })
    }

    /// Puts an event into the queue.
    pub(super) fn send(&self, event: Value) {
        if self.events.try_send(event).is_err() {
            self.post.lost.fetch_add(1, Relaxed);
        }
    }

    /// Sends the event of the run's end and waits until all is sent, for so long at most: a sentence about what could not be sent.
    pub(super) fn end(self, last: Value, grace: Duration) -> Option<String> {
        let is_server = matches!(*self.post.target, LineageTarget::Server(..));
        if is_server && self.post.inbox.len() > IN_ORDER {
            // Who sees only a part of it is to see how the run ended. Without further threads it all goes as before.
            let mut first = Some(last);
            for _ in 1..THREADS {
                let _ = self.post.clone().in_background(first.take(), self.end.clone());
            }
        } else {
            self.send(last);
        }
        drop((self.events, self.end));
        // Nothing is ever sent: the threads have ended, or are given up.
        let is_late = matches!(self.ended.recv_timeout(grace), Err(RecvTimeoutError::Timeout));
        let late = is_late.then(|| format!("not taken within {} s", grace.as_secs()));
        let why = self.post.client.failure().or(late)?;
        let lost = self.post.lost.load(Relaxed) + self.post.inbox.len();
        let many = if lost > 1 { format!("{lost} events") } else { "events".to_owned() };
        Some(format!("could not send {many} to {}: {why}", self.place))
    }
}

impl Post {
    /// Sends an event, and then those of the queue, from a thread.
    fn in_background(self, first: Option<Value>, end: Sender<()>) -> std::io::Result<()> {
        let work = move || {
            first.iter().for_each(|event| _ = self.one(event));
            self.all();
            drop(end);
        };
        std::thread::Builder::new().name("lineage".to_owned()).spawn(work).map(|_| ())
    }

    fn all(&self) {
        let mut failures = 0;
        while let Ok(event) = self.inbox.recv() {
            // The last one says how the run ended.
            let is_last = self.inbox.is_empty();
            let sent = if failures < PATIENCE || is_last { self.one(&event) } else { self.lose() };
            failures = if sent { 0 } else { failures + 1 };
        }
    }

    fn one(&self, event: &Value) -> bool {
        send(event, &self.target, &self.client) || self.lose()
    }

    /// Counts an event that was not sent: false.
    fn lose(&self) -> bool {
        self.lost.fetch_add(1, Relaxed);
        false
    }
}

fn send(event: &Value, target: &LineageTarget, client: &Client) -> bool {
    let text = masked(event.to_string());
    match target {
        LineageTarget::Server(url, headers) => {
            let mut request =
                Request::builder().method("POST").uri(url.as_str()).header("content-type", "application/json");
            for (name, value) in headers {
                request = request.header(name.as_str(), value.as_str());
            }
            match request.body(text.into_bytes()) {
                Ok(request) => client.post(request).is_ok_and(|answer| answer.status().is_success()),
                Err(error) => {
                    client.note(error.to_string());
                    false
                }
            }
        }
        LineageTarget::File(path) => match append(path, &(text + "\n")) {
            Ok(()) => true,
            Err(error) => {
                client.note(error.to_string());
                false
            }
        },
    }
}

/// Adds a line in one write, so that two runs do not write into each other's.
fn append(path: &Path, line: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().create(true).append(true).open(path)?.write_all(line.as_bytes())
}
