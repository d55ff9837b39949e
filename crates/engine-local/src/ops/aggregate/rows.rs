//! GroupedRows by group, and states that take them in.

use polars::prelude::IdxSize;

use crate::error::Outcome;

/// The rows that an aggregate looks at.
pub(crate) struct GroupedRows<'a> {
    /// The group of each row.
    pub of: &'a [IdxSize],
    /// How many groups there are.
    pub count: usize,
    /// One result for each row, over the rows of its group up to itself, instead of one for each group.
    pub running: bool,
}

impl GroupedRows<'_> {
    /// Takes each row's value into the state of its group, in row order; gives the state of each result.
    pub(super) fn fold<S: Clone, V>(
        &self,
        start: S,
        values: impl Iterator<Item = V>,
        mut step: impl FnMut(&mut S, usize, V) -> Outcome<()>,
    ) -> Outcome<Vec<S>> {
        let mut states = vec![start; self.count];
        let mut snapshots = Vec::with_capacity(if self.running { self.of.len() } else { 0 });
        for (row, (group, value)) in self.of.iter().zip(values).enumerate() {
            let state = &mut states[*group as usize];
            step(state, row, value)?;
            if self.running {
                snapshots.push(state.clone());
            }
        }
        Ok(if self.running { snapshots } else { states })
    }

    /// How many results there are.
    pub(super) fn results(&self) -> usize {
        if self.running { self.of.len() } else { self.count }
    }
}
