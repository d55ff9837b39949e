//! The keys of both sides of a join, numbered together.

use polars::prelude::{IdxSize, Series};

use crate::arrays::select::NONE;
use crate::arrays::stack::stack;
use crate::error::Outcome;
use crate::keys::groups::{Groups, Members, exclude_nulls, members};

/// The rows of both sides by key.
pub(crate) struct JoinKeys {
    /// The key of each left row, `NONE` if a part of it is NULL.
    pub left: Vec<IdxSize>,
    /// The key of each right row.
    pub right: Vec<IdxSize>,
    /// How many left rows have a key.
    pub on_left: Vec<IdxSize>,
    /// How many right rows have a key.
    pub on_right: Vec<IdxSize>,
}

impl JoinKeys {
    pub fn of(left: &[Series], right: &[Series], left_rows: usize, right_rows: usize) -> Outcome<Self> {
        let stacked: Vec<Series> = left.iter().zip(right).map(|(a, b)| stack(a, b)).collect::<Outcome<_>>()?;
        let groups = Groups::of(&stacked, left_rows + right_rows)?;
        let mut of_row = groups.of_row;
        stacked.iter().for_each(|key| exclude_nulls(&mut of_row, key));
        let right_keys = of_row.split_off(left_rows);
        let count = |keys: &[IdxSize]| {
            let mut counts = vec![0; groups.first.len()];
            keys.iter().filter(|key| **key != NONE).for_each(|key| counts[*key as usize] += 1);
            counts
        };
        let (on_left, on_right) = (count(&of_row), count(&right_keys));
        Ok(Self { left: of_row, right: right_keys, on_left, on_right })
    }

    /// How many right rows have the key of a left row.
    pub fn matches_of_left(&self, row: usize) -> u64 {
        match self.left[row] {
            NONE => 0,
            key => u64::from(self.on_right[key as usize]),
        }
    }

    /// How many left rows have the key of a right row.
    pub fn matches_of_right(&self, row: usize) -> u64 {
        match self.right[row] {
            NONE => 0,
            key => u64::from(self.on_left[key as usize]),
        }
    }

    /// How many pairs have equal keys.
    pub fn pairs(&self) -> u128 {
        self.on_left.iter().zip(&self.on_right).map(|(a, b)| u128::from(*a) * u128::from(*b)).sum()
    }

    /// The key that makes most pairs, and how many.
    pub fn most_pairs(&self) -> Option<(IdxSize, u128)> {
        let of_key = self.on_left.iter().zip(&self.on_right).map(|(a, b)| u128::from(*a) * u128::from(*b));
        (0..).zip(of_key).max_by_key(|(_, pairs)| *pairs)
    }

    /// The right rows that have a key, and which of them belong to each key, in row order.
    pub fn right_members(&self) -> (Vec<IdxSize>, Members) {
        let rows: Vec<IdxSize> =
            (0..self.right.len() as IdxSize).filter(|row| self.right[*row as usize] != NONE).collect();
        let keys: Vec<IdxSize> = rows.iter().map(|row| self.right[*row as usize]).collect();
        let members = members(&keys, self.on_right.len());
        (rows, members)
    }
}
