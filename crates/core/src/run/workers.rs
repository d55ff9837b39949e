//! The threads on which attempts and look-ups run.
//!
//! Plain threads over one channel, not a work-stealing pool: a task that waits for parallel work of its own (hashing, table
//! engines) would there pick up another task's attempt meanwhile, on top of its own stack, and not come back before that ends.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};

/// Deeply nested expressions and templates are walked by recursion.
const STACK_BYTES: usize = 16 << 20;

type Job = Box<dyn FnOnce() + Send>;

/// Up to so many threads, each started when it is first needed. When this is dropped, they end after what they are doing;
/// nobody waits for them.
pub(super) struct Workers {
    name: &'static str,
    most: usize,
    threads: usize,
    /// Jobs handed in and not done.
    busy: Arc<AtomicUsize>,
    jobs: Sender<Job>,
    inbox: Receiver<Job>,
}

impl Workers {
    pub(super) fn new(name: &'static str, most: usize) -> Self {
        let (jobs, inbox) = unbounded();
        Self { name, most: most.max(1), threads: 0, busy: Arc::default(), jobs, inbox }
    }

    /// Has `job` done as soon as a thread is free. It must not panic.
    pub(super) fn submit(&mut self, job: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let busy = self.busy.load(Ordering::Acquire);
        if busy >= self.threads && self.threads < self.most {
            match self.spawn() {
                Ok(()) => self.threads += 1,
                // The threads that are there will get to it.
                Err(_) if self.threads > 0 => {}
                Err(error) => return Err(error),
            }
        }
        self.busy.fetch_add(1, Ordering::AcqRel);
        // The channel is open: this holds a receiver.
        let _ = self.jobs.send(Box::new(job));
        Ok(())
    }

    fn spawn(&self) -> io::Result<()> {
        let (inbox, busy) = (self.inbox.clone(), Arc::clone(&self.busy));
        let work = move || {
            for job in inbox {
                job();
                busy.fetch_sub(1, Ordering::AcqRel);
            }
        };
        thread::Builder::new().name(self.name.to_owned()).stack_size(STACK_BYTES).spawn(work).map(drop)
    }
}
