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

    /// As sentences for the report.
    pub fn sentences(&self) -> Vec<String> {
        let sentence = |count: u64, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one} became NULL")),
            count => Some(format!("{count} {many} became NULL")),
        };
        [
            sentence(self.zero_divisions.load(Ordering::Relaxed), "division by zero", "divisions by zero"),
            sentence(
                self.roots.load(Ordering::Relaxed),
                "square root of a negative number",
                "square roots of negative numbers",
            ),
            sentence(
                self.logarithms.load(Ordering::Relaxed),
                "logarithm of a number that is not positive",
                "logarithms of numbers that are not positive",
            ),
            sentence(
                self.arcs.load(Ordering::Relaxed),
                "angle of a number beyond -1 to 1",
                "angles of numbers beyond -1 to 1",
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
