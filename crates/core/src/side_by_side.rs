//! Work on many tasks at once, results in their order.

use rayon::prelude::*;

/// Below so many items the threads cost more than they save.
const WORTH_IT: usize = 512;

/// So many items are done at least before another thread may take some.
const AT_LEAST: usize = 64;

/// What `work` makes of each item, in the order of the items. Many items are shared among the cores.
pub(crate) fn side_by_side<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Send + Sync) -> Vec<R> {
    if items.len() < WORTH_IT {
        return items.iter().map(work).collect();
    }
    items.par_iter().with_min_len(AT_LEAST).map(work).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_come_back_in_their_order() {
        for count in [0, 1, WORTH_IT - 1, WORTH_IT, 10 * WORTH_IT] {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(side_by_side(&items, |item| item * 2), items.iter().map(|item| item * 2).collect::<Vec<_>>());
        }
    }
}
