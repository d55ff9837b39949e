//! Who comes first: the attempt that wants to publish, or whoever stops it.

use std::sync::atomic::{AtomicU8, Ordering};

use super::CancelToken;

/// It runs and has decided nothing.
const RUNNING: u8 = 0;
/// It publishes; it can no longer be stopped.
const COMMITTING: u8 = 1;
/// It was stopped; it can no longer publish.
const ABANDONED: u8 = 2;

/// An attempt's right to publish. [`begin_commit`](Self::begin_commit) and [`abandon`](Self::abandon) exclude each other:
/// whichever comes first wins for good, so what a timed-out or cancelled attempt has made never appears.
#[derive(Debug, Default)]
pub struct AttemptToken {
    gate: AtomicU8,
    cancelled: CancelToken,
    killed: CancelToken,
}

impl AttemptToken {
    /// The token of an attempt that starts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for leave to publish. False: it was stopped, and must leave everything as it is. True, also when asked again: it
    /// counts, and must publish now.
    #[must_use]
    pub fn begin_commit(&self) -> bool {
        self.decide(COMMITTING)
    }

    /// Stops the attempt: it is told to end, and unless it has begun to publish it never will. Returns whether it came in time.
    pub fn abandon(&self) -> bool {
        let in_time = self.decide(ABANDONED);
        if in_time {
            self.cancelled.cancel();
        }
        in_time
    }

    /// Ends the attempt by force, where that is possible.
    pub fn kill(&self) {
        self.killed.cancel();
    }

    /// Cancelled when the result is no longer wanted; what tasks and engines look at between steps.
    pub fn cancelled(&self) -> &CancelToken {
        &self.cancelled
    }

    /// Cancelled when the attempt is to be ended by force.
    pub fn killed(&self) -> &CancelToken {
        &self.killed
    }

    /// Whether the result is no longer wanted.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.is_cancelled()
    }

    /// Whether the attempt is to be ended by force, without time to tidy up.
    pub fn is_killed(&self) -> bool {
        self.killed.is_cancelled()
    }

    /// Settles the gate, once; returns whether it is settled that way.
    fn decide(&self, way: u8) -> bool {
        match self.gate.compare_exchange(RUNNING, way, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => true,
            Err(already) => already == way,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;

    #[test]
    fn the_first_decision_stands() {
        let published = AttemptToken::new();
        assert!(published.begin_commit() && !published.abandon() && published.begin_commit());
        assert!(!published.is_cancelled());
        let stopped = AttemptToken::new();
        assert!(stopped.abandon() && !stopped.begin_commit() && stopped.abandon());
        assert!(stopped.is_cancelled() && !stopped.is_killed());
    }

    #[test]
    fn of_two_threads_exactly_one_wins() {
        for _ in 0..200 {
            let token = AttemptToken::new();
            let both = Barrier::new(2);
            let (committed, abandoned) = std::thread::scope(|scope| {
                let commit = scope.spawn(|| {
                    both.wait();
                    token.begin_commit()
                });
                both.wait();
                let abandoned = token.abandon();
                (commit.join().unwrap(), abandoned)
            });
            assert_ne!(committed, abandoned);
        }
    }
}
