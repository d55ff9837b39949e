//! An ordered parallel map: many tasks computed side by side, and their results taken in order.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Builder};

use polars_core::runtime::RAYON;

use crate::error::unsupported;
use crate::runtime::parallel::THREAD;

thread_local! {
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread computes one of several tasks, so that the other cores have something to do already.
pub(crate) fn is_worker() -> bool {
    IS_WORKER.with(Cell::get)
}

/// Admission control: which tasks may be begun.
struct Admission {
    state: Mutex<Progress>,
    moved: Condvar,
}

#[derive(Default)]
struct Progress {
    begun: usize,
    taken: usize,
    is_over: bool,
}

impl Admission {
    fn state(&self) -> MutexGuard<'_, Progress> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next task, once it is no more than `ahead` before the last one taken.
    fn begin(&self, count: usize, ahead: usize) -> Option<usize> {
        let mut state = self.state();
        while !state.is_over && state.begun < count && state.begun - state.taken >= ahead {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let next = state.begun;
        (!state.is_over && next < count).then(|| {
            state.begun += 1;
            next
        })
    }

    fn take_one(&self) {
        self.state().taken += 1;
        self.moved.notify_one();
    }
}

/// Lets the workers end, however the work of taking has ended.
struct Closing<'a>(&'a Admission);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.state().is_over = true;
        self.0.moved.notify_all();
    }
}

/// Calls `work` for each number below `count`, on as many threads as the pool has, and `take` with the results in the order of
/// the numbers, on this thread. No more than `ahead` tasks are under way or waiting to be taken. Of several errors the
/// one that would have come first counts.
///
/// # Errors
/// What `work` and `take` say; or if no thread can be started.
pub(crate) fn for_each_in_order<R: Send, E: Send + From<tidemill_core::table::EngineError>>(
    count: usize,
    ahead: usize,
    work: impl Fn(usize) -> Result<R, E> + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let threads = RAYON.current_num_threads().min(count);
    if threads < 2 || is_worker() {
        return (0..count).try_for_each(|at| take(work(at)?));
    }
    let admission = Admission { state: Mutex::default(), moved: Condvar::new() };
    let ahead = ahead.max(threads);
    let run = |results: Sender<(usize, thread::Result<Result<R, E>>)>| {
        IS_WORKER.with(|is_worker| is_worker.set(true));
        while let Some(at) = admission.begin(count, ahead) {
            let result = catch_unwind(AssertUnwindSafe(|| work(at)));
            // Nobody wants it any more after an error.
            let _ = results.send((at, result));
        }
    };
    thread::scope(|scope| {
        let _end = Closing(&admission);
        let (sender, results) = channel();
        for number in 0..threads {
            let (run, sender) = (&run, sender.clone());
            Builder::new()
                .name(format!("{THREAD}-work-{number}"))
                .spawn_scoped(scope, move || run(sender))
                .map_err(|error| unsupported(format!("no thread could be started: {error}")))?;
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        for next in 0..count {
            let result = loop {
                if let Some(result) = waiting.remove(&next) {
                    break result;
                }
                let Ok((at, result)) = results.recv() else {
                    return Err(unsupported("a piece of a table was not computed").into());
                };
                waiting.insert(at, result);
            };
            take(result.unwrap_or_else(|panic| resume_unwind(panic))?)?;
            admission.take_one();
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tidemill_core::table::EngineError;

    use super::*;
    use crate::error::Outcome;

    #[test]
    fn results_are_taken_for_each_in_order_and_few_are_under_way() {
        let (under_way, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut taken = vec![];
        let done: Outcome<()> = for_each_in_order(
            500,
            4,
            |at| {
                most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                Ok(at)
            },
            |at| {
                under_way.fetch_sub(1, Ordering::SeqCst);
                taken.push(at);
                Ok(())
            },
        );
        assert!(done.is_ok());
        assert_eq!(taken, (0..500).collect::<Vec<_>>());
        assert!((1..=RAYON.current_num_threads().max(4)).contains(&most.into_inner()));
    }

    #[test]
    fn the_first_error_counts_and_ends_it() {
        let run = |wrong: fn(usize) -> bool, refused: usize| -> (Outcome<()>, usize) {
            let mut taken = 0;
            let done = for_each_in_order(
                10_000,
                8,
                |at| if wrong(at) { Err(unsupported(format!("piece {at}"))) } else { Ok(at) },
                |at| {
                    taken += 1;
                    if at == refused { Err(unsupported(format!("refused {at}"))) } else { Ok(()) }
                },
            );
            (done, taken)
        };
        let said = |done: Outcome<()>| done.map_err(|error: EngineError| error.to_string());
        let (done, taken) = run(|at| at % 10 == 7, usize::MAX);
        assert_eq!((said(done), taken), (Err("piece 7".to_owned()), 7));
        let (done, taken) = run(|at| at == 30, 20);
        assert_eq!((said(done), taken), (Err("refused 20".to_owned()), 21));
        assert!(run(|_| false, usize::MAX).0.is_ok());
    }

    #[test]
    fn a_panic_is_passed_on() {
        let panicked = catch_unwind(|| {
            let _quiet = crate::runtime::panic_hook::SilencedPanics::start();
            for_each_in_order::<usize, EngineError>(
                100,
                4,
                |at| if at == 40 { panic!("piece 40") } else { Ok(at) },
                |_| Ok(()),
            )
        });
        let panic = panicked.expect_err("it panics");
        assert_eq!(panic.downcast_ref::<&str>().copied(), Some("piece 40"));
    }
}
