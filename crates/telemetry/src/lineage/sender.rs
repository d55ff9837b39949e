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

/// Sends events in their order, from a thread of its own.
pub(super) struct Sending {
    events: Sender<Value>,
    ended: Receiver<()>,
    client: Client,
    place: String,
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
        let client = Client::new(LIMIT);
        let lost = Arc::new(AtomicUsize::new(0));
        let place = match &target {
            LineageTarget::Server(url, _) => shown(url),
            LineageTarget::File(path) => path.display().to_string(),
        };
        let (posting, missed) = (client.clone(), Arc::clone(&lost));
        let work = move || {
            send_all(&inbox, &target, &posting, &missed);
            drop(end);
        };
        std::thread::Builder::new().name("lineage".to_owned()).spawn(work).map_err(|error| error.to_string())?;
        Ok(Self { events, ended, client, place, lost })
    }

    /// Puts an event into the queue.
    pub(super) fn send(&self, event: Value) {
        if self.events.try_send(event).is_err() {
            self.lost.fetch_add(1, Relaxed);
        }
    }

    /// Waits until all is sent, for so long at most: a sentence about what could not be sent.
    pub(super) fn end(self, grace: Duration) -> Option<String> {
        drop(self.events);
        // Nothing is ever sent: the thread has ended, or is given up.
        let is_late = matches!(self.ended.recv_timeout(grace), Err(RecvTimeoutError::Timeout));
        let late = is_late.then(|| format!("not taken within {} s", grace.as_secs()));
        let why = self.client.failure().or(late)?;
        let lost = self.lost.load(Relaxed);
        let many = if lost > 1 { format!("{lost} events") } else { "events".to_owned() };
        Some(format!("could not send {many} to {}: {why}", self.place))
    }
}

fn send_all(inbox: &Receiver<Value>, target: &LineageTarget, client: &Client, lost: &AtomicUsize) {
    let mut failures = 0;
    while let Ok(event) = inbox.recv() {
        // The last one says how the run ended.
        let is_last = inbox.is_empty();
        let sent = (failures < PATIENCE || is_last) && send(&event, target, client);
        failures = if sent { 0 } else { failures + 1 };
        lost.fetch_add(usize::from(!sent), Relaxed);
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
