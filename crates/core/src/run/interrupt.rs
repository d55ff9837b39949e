//! Ctrl-C on its way to the loop.

use crossbeam_channel::{Receiver, Sender, unbounded};

/// Stops runs. Cheap to clone; one goes to the signal handler.
#[derive(Clone, Debug)]
pub struct Interrupter(Sender<()>);

impl Interrupter {
    /// Asks the run to stop. The first time what runs is told to end, the second time it is ended by force, the third time
    /// nothing is waited for.
    pub fn interrupt(&self) {
        // Nobody listens once all runs are over; then there is nothing to stop.
        let _ = self.0.send(());
    }
}

/// Where a run hears of interruptions. What comes before a run begins stops it at once.
#[derive(Debug)]
pub struct Interrupts {
    sender: Sender<()>,
    pub(super) receiver: Receiver<()>,
}

impl Interrupts {
    /// Nothing interrupted yet.
    pub fn new() -> Self {
        let (sender, receiver) = unbounded();
        Self { sender, receiver }
    }

    /// Whether there was an interruption that no run has taken in yet.
    pub fn is_interrupted(&self) -> bool {
        !self.receiver.is_empty()
    }

    /// Whoever may interrupt.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter(self.sender.clone())
    }
}

impl Default for Interrupts {
    fn default() -> Self {
        Self::new()
    }
}
