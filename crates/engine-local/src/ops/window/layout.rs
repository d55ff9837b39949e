//! The rows of a frame as window functions see them.

use polars::prelude::{DataFrame, IdxSize, NamedFrom, Series};
use tidemill_core::table::WindowCall;

use crate::arrays::select::{NONE, index};
use crate::error::{Outcome, internal};
use crate::expr::{Eval, Notes};
use crate::keys::groups::Groups;
use crate::ops::sort::{SortColumn, sort_columns, sorted};

/// The rows of a frame, partition after partition, each in its order.
pub(crate) struct Layout {
    /// Row numbers.
    pub rows: Vec<IdxSize>,
    /// Where the partition of each place starts and ends.
    pub partition: Vec<(usize, usize)>,
    /// Where the peers of each place start and end: the rows that tie with it.
    pub peers: Vec<(usize, usize)>,
}

impl Layout {
    /// Of a call over the rows of a frame.
    pub fn of(frame: &DataFrame, call: &WindowCall, notes: &Notes) -> Outcome<Self> {
        let eval = Eval::new(frame, notes);
        let rows = frame.height();
        let partitions: Vec<Series> = call.partition_by.iter().map(|expr| eval.column(expr)).collect::<Outcome<_>>()?;
        let partition = Groups::of(&partitions, rows)?.of_row;
        let order = sort_columns(frame, &call.order_by, notes)?;
        // Without an order all rows of a partition are peers.
        let mut peer_keys = partitions;
        peer_keys.extend(order.iter().map(|key| key.values.clone()));
        let peer = Groups::of(&peer_keys, rows)?.of_row;
        let mut keys = vec![SortColumn::ascending(Series::new("".into(), partition.clone()))];
        keys.extend(order);
        let placed = sorted(&keys, rows)?;
        let runs = |groups: &[IdxSize]| {
            let mut runs = vec![(0, 0); rows];
            let mut start = 0;
            while start < rows {
                let group = groups[placed[start] as usize];
                let end = (start..rows).find(|at| groups[placed[*at] as usize] != group).unwrap_or(rows);
                runs[start..end].fill((start, end));
                start = end;
            }
            runs
        };
        Ok(Self { partition: runs(&partition), peers: runs(&peer), rows: placed })
    }

    /// Counts the partitions: for each place the number of its own.
    pub fn partition_numbers(&self) -> Vec<IdxSize> {
        let mut number = 0;
        (0..self.rows.len())
            .map(|at| {
                if at > 0 && at == self.partition[at].0 {
                    number += 1;
                }
                number
            })
            .collect()
    }

    pub fn dense_ranks(&self) -> Vec<usize> {
        let mut rank = 0;
        (0..self.rows.len())
            .map(|at| {
                if at == self.partition[at].0 {
                    rank = 1;
                } else if at == self.peers[at].0 {
                    rank += 1;
                }
                rank
            })
            .collect()
    }

    /// For the row at each place the value of the row at another.
    pub fn pick(&self, values: &Series, place: impl Fn(usize) -> Option<usize>) -> Outcome<Series> {
        let mut source = vec![NONE; self.rows.len()];
        for (at, row) in self.rows.iter().enumerate() {
            source[*row as usize] = place(at).map_or(NONE, |place| self.rows[place]);
        }
        values.take(&index(&source)).map_err(internal)
    }

    /// The same, where there is another value for rows without a place.
    pub fn shifted(
        &self,
        values: &Series,
        place: impl Fn(usize) -> Option<usize>,
        default: Option<Series>,
    ) -> Outcome<Series> {
        let shifted = self.pick(values, &place)?;
        let Some(default) = default else { return Ok(shifted) };
        let mut inside = vec![false; self.rows.len()];
        self.rows.iter().enumerate().for_each(|(at, row)| inside[*row as usize] = place(at).is_some());
        let inside = inside.into_iter().map(Some).collect();
        let default = default.cast(shifted.dtype()).map_err(internal)?;
        shifted.zip_with_same_type(&inside, &default).map_err(internal)
    }
}
