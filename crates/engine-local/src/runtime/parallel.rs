//! Columns of one step computed side by side.

use polars_core::runtime::RAYON;
use rayon::prelude::*;

use crate::error::Outcome;
use crate::runtime::ordered::is_worker;

/// Rows below which sharing them out costs more than it saves.
const WORTH_IT: usize = 1 << 16;

/// What threads of the engine are called, and those of Polars' pool too.
pub(crate) const THREAD: &str = "polars";

/// The result for each item, in the items' order; of several errors that of the first item, so that it is always the same.
/// Columns of a slice are computed one after the other: other slices are under way at the same time.
pub(crate) fn map<T: Sync, R: Send>(
    items: &[T],
    rows: usize,
    work: impl Fn(&T) -> Outcome<R> + Sync,
) -> Outcome<Vec<R>> {
    if rows < WORTH_IT || items.len() < 2 || is_worker() {
        return items.iter().map(&work).collect();
    }
    let results: Vec<Outcome<R>> = RAYON.install(|| items.par_iter().with_max_len(1).map(&work).collect());
    results.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::unsupported;

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
