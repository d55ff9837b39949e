//! Those who watch a run, each on its own thread: none can slow it down, break it or stop it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::RunEvent;

/// How many events may wait for one observer before it is given up; at about a kilobyte each, 100 MB.
const PATIENCE: usize = 100_000;

/// So long at least lies between two looks of an observer at what has happened: to wake its thread for each event of thousands of
/// short tasks would cost more than the events.
const PAUSE: Duration = Duration::from_millis(20);

/// Watches runs.
pub trait Observer: Send {
    /// Takes note of an event. Events come in order, each once.
    ///
    /// # Errors
    /// A sentence, if watching on makes no sense; the observer is dropped, the run goes on and tells the user at its end.
    fn on_event(&mut self, event: &RunEvent) -> Result<(), String>;
}

impl<O: Observer + ?Sized> Observer for Box<O> {
    fn on_event(&mut self, event: &RunEvent) -> Result<(), String> {
        (**self).on_event(event)
    }
}

/// The observers of one or more runs.
#[derive(Default)]
pub struct Observers {
    list: Vec<Watching>,
    notes: Vec<String>,
}

struct Watching {
    name: String,
    events: Sender<Arc<RunEvent>>,
    /// Dropped to let it take note of the rest without a pause.
    _pausing: Sender<()>,
    /// How it ended: nothing, or a sentence.
    ended: Receiver<Result<(), String>>,
}

impl Observers {
    /// Nobody watches.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets an observer watch from now on; `name` is how the user knows it, such as `history`.
    pub fn add(&mut self, name: impl Into<String>, observer: impl Observer + 'static) {
        self.add_with_patience(name, observer, PATIENCE);
    }

    pub(super) fn add_with_patience(
        &mut self,
        name: impl Into<String>,
        mut observer: impl Observer + 'static,
        patience: usize,
    ) {
        let name = name.into();
        let (events, inbox) = bounded::<Arc<RunEvent>>(patience);
        let (pausing, hurry) = bounded(0);
        let (end, ended) = bounded(1);
        let watch = move || {
            let watched = catch_unwind(AssertUnwindSafe(|| watch(&inbox, &hurry, &mut observer)));
            // A panic while it is dropped is its own too.
            let dropped = catch_unwind(AssertUnwindSafe(|| drop(observer)));
            let result = watched
                .unwrap_or_else(|panic| Err(format!("panicked: {}", panic_text(&*panic))))
                .and_then(|()| dropped.map_err(|panic| format!("panicked: {}", panic_text(&*panic))));
            let _ = end.send(result);
        };
        match thread::Builder::new().name(format!("observer {name}")).spawn(watch) {
            Ok(_) => self.list.push(Watching { name, events, _pausing: pausing, ended }),
            Err(error) => self.notes.push(format!("{name} could not be started: {error}")),
        }
    }

    /// Tells all of an event. Never waits.
    pub fn emit(&mut self, event: RunEvent) {
        if self.list.is_empty() {
            return;
        }
        let event = Arc::new(event);
        let notes = &mut self.notes;
        self.list.retain(|watching| match watching.events.try_send(Arc::clone(&event)) {
            Ok(()) => true,
            Err(crossbeam_channel::TrySendError::Full(_)) => {
                notes.push(format!("{} was given up: it is too slow for this run", watching.name));
                false
            }
            Err(crossbeam_channel::TrySendError::Disconnected(_)) => {
                // The thread has let go of its inbox and is about to say why, or has.
                let why = watching.ended.recv().unwrap_or(Ok(()));
                notes.extend(why.err().map(|why| format!("{} stopped: {why}", watching.name)));
                false
            }
        });
    }

    /// Lets all take note of what they have been told, for at most `grace`, and returns sentences about those that failed.
    pub fn finish(mut self, grace: Duration) -> Vec<String> {
        let deadline = Instant::now() + grace;
        let ending: Vec<_> = self.list.drain(..).map(|watching| (watching.name, watching.ended)).collect();
        for (name, ended) in ending {
            match ended.recv_deadline(deadline) {
                Ok(Ok(())) => {}
                Ok(Err(why)) => self.notes.push(format!("{name} stopped: {why}")),
                Err(_) => {
                    self.notes.push(format!("{name} was given up: it had not finished {} s later", grace.as_secs()))
                }
            }
        }
        self.notes
    }
}

/// Tells an observer of all events, until there are no more to come.
fn watch(inbox: &Receiver<Arc<RunEvent>>, hurry: &Receiver<()>, observer: &mut impl Observer) -> Result<(), String> {
    while let Ok(first) = inbox.recv() {
        std::iter::once(first).chain(inbox.try_iter()).try_for_each(|event| observer.on_event(&event))?;
        // Nobody ever sends: this waits, or finds that there is no time left.
        let _ = hurry.recv_timeout(PAUSE);
    }
    Ok(())
}

/// What a panic says.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
