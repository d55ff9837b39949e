//! Telling work under way that nobody wants its result any more.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

type Callback = Box<dyn FnOnce() + Send>;

/// A cancellation token; clones are one and the same. Work that goes step by step asks [`is_cancelled`](Self::is_cancelled)
/// between its steps; work that waits elsewhere (for a query, a server) says with [`on_cancel`](Self::on_cancel) how it is
/// interrupted there.
#[derive(Clone, Default)]
pub struct CancelToken(Arc<Shared>);

#[derive(Default)]
struct Shared {
    is_cancelled: AtomicBool,
    callbacks: Mutex<Callbacks>,
}

#[derive(Default)]
struct Callbacks {
    next: u64,
    waiting: BTreeMap<u64, Callback>,
}

/// For work that nothing cancels.
pub static NEVER_CANCELLED: LazyLock<CancelToken> = LazyLock::new(CancelToken::new);

impl CancelToken {
    /// A token that is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels the work, for good, and calls back all who wait elsewhere, on this thread.
    pub fn cancel(&self) {
        let waiting = {
            let mut callbacks = self.callbacks();
            self.0.is_cancelled.store(true, Ordering::Release);
            std::mem::take(&mut callbacks.waiting)
        };
        waiting.into_values().for_each(|callback| callback());
    }

    /// Whether the work is cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::Acquire)
    }

    /// Has `callback` called once when the work is cancelled, at once if it is already; not any more when what comes back is
    /// dropped. The callback runs on the thread that cancels and must not wait for anything.
    #[must_use = "dropped at once, it is never called"]
    pub fn on_cancel(&self, callback: impl FnOnce() + Send + 'static) -> CancelCallback {
        let mut callbacks = self.callbacks();
        // Asked under the lock: `cancel` either finds the callback or has set the flag before.
        if self.is_cancelled() {
            drop(callbacks);
            callback();
            return CancelCallback { token: self.clone(), id: None };
        }
        let id = callbacks.next;
        callbacks.next += 1;
        callbacks.waiting.insert(id, Box::new(callback));
        CancelCallback { token: self.clone(), id: Some(id) }
    }

    /// The reader, as long as the work is not cancelled: then reading fails.
    pub fn reader<R: Read>(&self, reader: R) -> UncancelledReader<R> {
        UncancelledReader { reader, token: self.clone() }
    }

    fn callbacks(&self) -> MutexGuard<'_, Callbacks> {
        self.0.callbacks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelToken").field("is_cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}

/// Reads until the work is cancelled: however large a file is, it can be stopped within a moment.
pub struct UncancelledReader<R> {
    reader: R,
    token: CancelToken,
}

impl<R: Read> Read for UncancelledReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.token.is_cancelled() { Err(io::Error::other("stopped")) } else { self.reader.read(buffer) }
    }
}

/// Keeps a callback of [`CancelToken::on_cancel`] waiting as long as it lives.
pub struct CancelCallback {
    token: CancelToken,
    id: Option<u64>,
}

impl Drop for CancelCallback {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.token.callbacks().waiting.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    fn counter() -> (Arc<AtomicUsize>, impl Fn() -> Box<dyn FnOnce() + Send>) {
        let calls = Arc::new(AtomicUsize::new(0));
        let theirs = calls.clone();
        let callback = move || {
            let calls = theirs.clone();
            Box::new(move || {
                calls.fetch_add(1, Ordering::AcqRel);
            }) as Box<dyn FnOnce() + Send>
        };
        (calls, callback)
    }

    #[test]
    fn each_callback_is_called_once() {
        let token = CancelToken::new();
        let (calls, callback) = counter();
        let waiting = [token.on_cancel(callback()), token.on_cancel(callback())];
        drop(token.on_cancel(callback()));
        assert!(!token.is_cancelled());
        token.cancel();
        token.cancel();
        assert!(token.is_cancelled());
        assert_eq!(calls.load(Ordering::Acquire), 2, "the one that was dropped is not called");
        drop(waiting);
        drop(token.on_cancel(callback()));
        assert_eq!(calls.load(Ordering::Acquire), 3, "what comes late is called at once");
    }

    #[test]
    fn an_endless_file_can_be_stopped() {
        let token = CancelToken::new();
        let mut reader = token.reader(io::repeat(7));
        assert_eq!(reader.read(&mut [0; 4]).expect("there is more"), 4);
        token.cancel();
        let stopped = reader.read_to_end(&mut Vec::new()).expect_err("it would go on for ever");
        assert_eq!(stopped.to_string(), "stopped");
    }

    #[test]
    fn no_callback_is_lost_between_threads() {
        for _ in 0..200 {
            let token = CancelToken::new();
            let (calls, callback) = counter();
            std::thread::scope(|scope| {
                let waiting = scope.spawn(|| std::mem::forget(token.on_cancel(callback())));
                token.cancel();
                waiting.join().unwrap();
            });
            assert_eq!(calls.load(Ordering::Acquire), 1);
        }
    }
}
