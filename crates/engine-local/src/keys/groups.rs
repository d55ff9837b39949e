//! Rows that are equal, numbered: what joins, aggregates, windows, distinct and set operations are built on.
//!
//! Groups are numbered by first appearance, so everything built on them is the same whatever the thread pool does.

use polars::prelude::{Column, DataFrame, GroupsType, IdxSize, Series};

use crate::arrays::select::NONE;
use crate::error::{Outcome, internal};
use crate::keys::interner::KeyInterner;
use crate::keys::{perfect_hash, physical};

/// Rows that are few.
const SMALL: usize = 1 << 14;

/// Which group each row belongs to. NULL equals NULL, NaN equals NaN, and -0.0 equals 0.0.
pub(crate) struct Groups {
    /// The group of each row.
    pub of_row: Vec<IdxSize>,
    /// The first row of each group, ascending.
    pub first: Vec<IdxSize>,
}

/// The rows of each group, in row order, laid one group after the other.
pub(crate) struct Members {
    /// Where each group starts in `rows`; one more than there are groups.
    pub starts: Vec<usize>,
    /// Row numbers.
    pub rows: Vec<IdxSize>,
}

impl Groups {
    /// Groups the rows by these columns; no column makes one group of all rows, and none of no rows.
    pub fn of(keys: &[Series], rows: usize) -> Outcome<Self> {
        // A column of nothing but NULL separates no rows.
        let plain: Vec<Series> = keys.iter().map(physical::plain).collect::<Outcome<Vec<_>>>()?.concat();
        if rows == 0 {
            return Ok(Self { of_row: vec![], first: vec![] });
        }
        if plain.is_empty() {
            return Ok(Self { of_row: vec![0; rows], first: vec![0] });
        }
        if let Some(groups) = perfect_hash::groups(&plain) {
            return Ok(groups);
        }
        if rows <= SMALL { Self::numbered(keys, rows) } else { Self::hashed(plain, rows) }
    }

    /// Of few rows, for which the threads of the other way are not worth while.
    fn numbered(keys: &[Series], rows: usize) -> Outcome<Self> {
        let of_row = KeyInterner::default().intern(keys, rows)?;
        let mut first: Vec<IdxSize> = vec![];
        for (row, group) in of_row.iter().enumerate() {
            if *group as usize == first.len() {
                first.push(row as IdxSize);
            }
        }
        Ok(Self { of_row, first })
    }

    /// Of any number of rows.
    pub(crate) fn hashed(keys: Vec<Series>, rows: usize) -> Outcome<Self> {
        let columns: Vec<Column> = keys.into_iter().map(|key| key.rechunk().into()).collect();
        let frame = DataFrame::empty_with_height(rows);
        let grouped = frame.group_by_with_series(columns, true, true).map_err(internal)?;
        let mut of_row = vec![0; rows];
        let mut first = Vec::with_capacity(grouped.get_groups().len());
        let groups: &GroupsType = grouped.get_groups();
        match groups {
            GroupsType::Idx(groups) => {
                for (group, (start, members)) in groups.iter().enumerate() {
                    first.push(start);
                    members.iter().for_each(|row| of_row[*row as usize] = group as IdxSize);
                }
            }
            GroupsType::Slice { groups, .. } => {
                for (group, [start, len]) in groups.iter().enumerate() {
                    first.push(*start);
                    of_row[*start as usize..(*start + *len) as usize].fill(group as IdxSize);
                }
            }
        }
        Ok(Self { of_row, first })
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.first.len()
    }
}

/// The rows of each of `count` groups by a counting sort, which keeps the row order.
pub(crate) fn members(of_row: &[IdxSize], count: usize) -> Members {
    let mut starts = vec![0; count + 1];
    of_row.iter().for_each(|group| starts[*group as usize + 1] += 1);
    (0..count).for_each(|group| starts[group + 1] += starts[group]);
    let mut next = starts.clone();
    let mut rows = vec![0; of_row.len()];
    for (row, group) in of_row.iter().enumerate() {
        let place = &mut next[*group as usize];
        rows[*place] = row as IdxSize;
        *place += 1;
    }
    Members { starts, rows }
}

impl Members {
    /// The rows of one group.
    pub fn of(&self, group: usize) -> &[IdxSize] {
        &self.rows[self.starts[group]..self.starts[group + 1]]
    }
}

/// Puts [`NONE`] where the key is NULL: such rows have no equals.
pub(crate) fn exclude_nulls(numbers: &mut [IdxSize], key: &Series) {
    if key.null_count() > 0 {
        for (number, is_null) in numbers.iter_mut().zip(key.is_null().iter()) {
            if is_null == Some(true) {
                *number = NONE;
            }
        }
    }
}
