//! Decisions read from a list of numbers, so that shrinking the list shrinks what was built from it.

use proptest::prelude::*;

/// Numbers, each of which decides one thing. When they are used up, every decision is the first one, which is the plainest.
pub struct Choices {
    numbers: Vec<u32>,
    at: usize,
}

/// Lists of numbers for [`Choices`].
pub fn numbers() -> impl Strategy<Value = Vec<u32>> {
    proptest::collection::vec(0..10_000u32, 100..700)
}

impl Choices {
    pub fn new(numbers: Vec<u32>) -> Self {
        Self { numbers, at: 0 }
    }

    /// One of 0 to `count - 1`.
    pub fn below(&mut self, count: usize) -> usize {
        let number = self.numbers.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        number as usize % count.max(1)
    }

    /// True once in so many times, and never when the numbers are used up.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    /// One of them.
    pub fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// Some of them, at least one, in their order.
    pub fn some<T: Clone>(&mut self, of: &[T]) -> Vec<T> {
        let first = self.below(of.len());
        let kept: Vec<T> = of
            .iter()
            .enumerate()
            .filter(|(at, _)| *at == first || self.once_in(2))
            .map(|(_, one)| one.clone())
            .collect();
        kept
    }
}
