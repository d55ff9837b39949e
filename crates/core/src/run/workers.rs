//! The threads on which attempts and look-ups run.
//!
//! Plain threads over one channel, not a work-stealing pool: a task that waits for parallel work of its own (hashing, table
//! engines) would there pick up another task's attempt meanwhile, on top of its own stack, and not come back before that ends.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Deeply nested expressions and templates are walked by recursion.
const STACK_BYTES: usize = 16 << 20;

type Job = Box<dyn FnOnce() + Send>;

/// Up to so many threads, each started when it is first needed. When this is dropped, they end after what has been handed in;
/// nobody waits for them.
pub(super) struct Workers {
    name: &'static str,
    most: usize,
    threads: usize,
    queue: Arc<JobQueue>,
}

/// Where jobs wait. A lock and a condition rather than a channel: who waits at a channel first spins and yields, which for
/// thousands of short jobs takes the processor from the very processes that they wait for.
#[derive(Default)]
struct JobQueue {
    jobs: Mutex<Jobs>,
    more: Condvar,
}

#[derive(Default)]
struct Jobs {
    waiting: VecDeque<Job>,
    /// Jobs that threads are at.
    under_way: usize,
    closed: bool,
}

impl Workers {
    pub(super) fn new(name: &'static str, most: usize) -> Self {
        Self { name, most: most.max(1), threads: 0, queue: Arc::default() }
    }

    /// Has `job` done as soon as a thread is free. It must not panic.
    pub(super) fn submit(&mut self, job: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let mut jobs = self.queue.jobs();
        if jobs.waiting.len() + jobs.under_way >= self.threads && self.threads < self.most {
            match self.spawn() {
                Ok(()) => self.threads += 1,
                // The threads that are there will get to it.
                Err(_) if self.threads > 0 => {}
                Err(error) => return Err(error),
            }
        }
        jobs.waiting.push_back(Box::new(job));
        drop(jobs);
        self.queue.more.notify_one();
        Ok(())
    }

    fn spawn(&self) -> io::Result<()> {
        let queue = Arc::clone(&self.queue);
        let work = move || queue.work();
        thread::Builder::new().name(self.name.to_owned()).stack_size(STACK_BYTES).spawn(work).map(drop)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.queue.jobs().closed = true;
        self.queue.more.notify_all();
    }
}

impl JobQueue {
    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does one job after the other until there are no more to come.
    fn work(&self) {
        let mut jobs = self.jobs();
        loop {
            if let Some(job) = jobs.waiting.pop_front() {
                jobs.under_way += 1;
                drop(jobs);
                job();
                jobs = self.jobs();
                jobs.under_way -= 1;
            } else if jobs.closed {
                return;
            } else {
                jobs = self.more.wait(jobs).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }
}
