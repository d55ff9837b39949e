//! Columns of one step computed side by side.

use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::failure::{Outcome, unsupported};

/// Rows below which starting threads costs more than it saves.
const WORTH_IT: usize = 1 << 16;

/// What threads of the engine are called, and those of Polars' pool too.
pub(crate) const THREAD: &str = "polars";

/// The result for each item, in the items' order; of several errors that of the first item, so that it is always the same.
pub(crate) fn map<T: Sync, R: Send>(
    items: &[T],
    rows: usize,
    work: impl Fn(&T) -> Outcome<R> + Sync,
) -> Outcome<Vec<R>> {
    let in_turn = || items.iter().map(&work).collect();
    // How many threads there may be is asked of the system, which looks it up in files.
    if rows < WORTH_IT || items.len() < 2 {
        return in_turn();
    }
    let threads = thread::available_parallelism().map_or(1, usize::from).min(items.len());
    if threads < 2 {
        return in_turn();
    }
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<Outcome<R>>>> = Mutex::new(items.iter().map(|_| None).collect());
    let run = || {
        while let Some((place, item)) = {
            let place = next.fetch_add(1, Ordering::Relaxed);
            items.get(place).map(|item| (place, item))
        } {
            let result = work(item);
            // Nothing panics while the lock is held.
            if let Ok(mut results) = results.lock() {
                results[place] = Some(result);
            }
        }
    };
    thread::scope(|scope| -> Outcome<()> {
        let mut handles = Vec::with_capacity(threads);
        for number in 0..threads {
            let started = thread::Builder::new().name(format!("{THREAD}-column-{number}")).spawn_scoped(scope, run);
            handles.push(started.map_err(|error| unsupported(format!("no thread could be started: {error}")))?);
        }
        for handle in handles {
            if let Err(panic) = handle.join() {
                resume_unwind(panic);
            }
        }
        Ok(())
    })?;
    let results = results.into_inner().map_err(|_| unsupported("a column was lost"))?;
    results.into_iter().map(|result| result.unwrap_or_else(|| Err(unsupported("a column was not computed")))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_and_errors_come_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..50).collect();
        assert_eq!(map(&items, WORTH_IT, |item| Ok(item * 2)).ok(), Some((0..50).map(|item| item * 2).collect()));
        let failing =
            map(
                &items,
                WORTH_IT,
                |item| {
                    if *item % 10 == 7 { Err(unsupported(format!("item {item}"))) } else { Ok(()) }
                },
            );
        assert_eq!(failing.map_err(|error| error.to_string()), Err("item 7".to_owned()));
    }
}
