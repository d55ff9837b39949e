//! Warnings of expressions, counted instead of listed.

use std::sync::atomic::{AtomicU64, Ordering};

/// What became NULL without failing, counted over a whole job.
#[derive(Default)]
pub(crate) struct Notes {
    /// `x / 0` and `x % 0`.
    pub zero_divisions: AtomicU64,
    /// `sqrt(x)` below zero.
    pub roots: AtomicU64,
    /// `ln(x)` at or below zero.
    pub logarithms: AtomicU64,
    /// `asin(x)` and `acos(x)` beyond -1 to 1.
    pub arcs: AtomicU64,
}

impl Notes {
    /// One more of that kind.
    pub(super) fn count(counter: &AtomicU64, times: u64) {
        counter.fetch_add(times, Ordering::Relaxed);
    }

    /// The counts so far.
    pub fn counts(&self) -> [u64; 4] {
        [&self.zero_divisions, &self.roots, &self.logarithms, &self.arcs].map(|counter| counter.load(Ordering::Relaxed))
    }

    /// The same counts again.
    pub fn from_counts([zero_divisions, roots, logarithms, arcs]: [u64; 4]) -> Self {
        Self {
            zero_divisions: zero_divisions.into(),
            roots: roots.into(),
            logarithms: logarithms.into(),
            arcs: arcs.into(),
        }
    }
}
