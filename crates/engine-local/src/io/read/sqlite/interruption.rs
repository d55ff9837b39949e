//! Ending what SQLite computes: a view may take any time before it gives a row, and there may be no end of its rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use tidemill_core::attempt::{CancelCallback, CancelToken};

/// How often a connection is interrupted until it is closed: an interruption that comes before a statement has begun is lost.
const EVERY: Duration = Duration::from_millis(10);

/// Interrupts a connection once its work is cancelled, as long as this lives.
pub(super) struct Interruption {
    is_closed: Arc<AtomicBool>,
    _waiting: CancelCallback,
}

impl Interruption {
    /// Of that connection.
    pub fn of(connection: &Connection, cancelled: &CancelToken) -> Self {
        let handle = connection.get_interrupt_handle();
        let is_closed = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&is_closed);
        let waiting = cancelled.on_cancel(move || {
            handle.interrupt();
            let insist = move || {
                while !theirs.load(Ordering::Acquire) {
                    handle.interrupt();
                    thread::sleep(EVERY);
                }
            };
            // Without another thread it was interrupted once, which nearly always does.
            let _ = thread::Builder::new().name("interruption".to_owned()).spawn(insist);
        });
        Self { is_closed, _waiting: waiting }
    }
}

impl Drop for Interruption {
    fn drop(&mut self) {
        self.is_closed.store(true, Ordering::Release);
    }
}
