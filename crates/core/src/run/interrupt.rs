//! Ctrl-C on its way to the loop.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Thread};

use crossbeam_channel::{Receiver, Sender, unbounded};

/// Stops runs. Cheap to clone; one goes to the signal handler.
#[derive(Clone, Debug)]
pub struct Interrupter {
    sender: Sender<()>,
    listener: Listener,
}

/// The thread that waits for interruptions among other things.
type Listener = Arc<Mutex<Option<Thread>>>;

impl Interrupter {
    /// Asks the run to stop. The first time what runs is told to end, the second time it is ended by force, the third time
    /// nothing is waited for.
    pub fn interrupt(&self) {
        // Nobody listens once all runs are over; then there is nothing to stop.
        let _ = self.sender.send(());
        if let Some(thread) = &*self.listener.lock().unwrap_or_else(PoisonError::into_inner) {
            thread.unpark();
        }
    }
}

/// Where a run hears of interruptions. What comes before a run begins stops it at once.
#[derive(Debug)]
pub struct Interrupts {
    sender: Sender<()>,
    pub(super) receiver: Receiver<()>,
    listener: Listener,
}

impl Interrupts {
    /// Nothing interrupted yet.
    pub fn new() -> Self {
        let (sender, receiver) = unbounded();
        Self { sender, receiver, listener: Arc::default() }
    }

    /// Whether there was an interruption that no run has taken in yet.
    pub fn is_interrupted(&self) -> bool {
        !self.receiver.is_empty()
    }

    /// From now on an interruption unparks this thread.
    pub(super) fn listen(&self) {
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current());
    }

    /// Whoever may interrupt.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter { sender: self.sender.clone(), listener: Arc::clone(&self.listener) }
    }
}

impl Default for Interrupts {
    fn default() -> Self {
        Self::new()
    }
}
