//! Union, intersection and difference of rows.

use polars::prelude::{Column, DataFrame, IdxSize, Series};
use tidemill_core::table::{Rel, SetOpKind};

use super::context::JobContext;
use super::operator::Operator;
use super::reject_log::visible;
use super::required_columns::RequiredColumns;
use crate::arrays::select::take;
use crate::arrays::stack::stack;
use crate::error::{Outcome, internal, unsupported};
use crate::keys::groups::Groups;

/// A set operation; the columns have the names of the left side and are matched by place.
pub(crate) struct SetOpExec<'a> {
    pub kind: SetOpKind,
    /// Equal rows count as often as they stand.
    pub all: bool,
    pub left: &'a Rel,
    pub right: &'a Rel,
}

impl Operator for SetOpExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        vec![(self.left, None), (self.right, None)]
    }

    fn execute(&self, inputs: Vec<DataFrame>, _: &mut JobContext<'_>) -> Outcome<DataFrame> {
        let [left, right] = inputs.as_slice() else { return Err(unsupported("a set operation takes two inputs")) };
        set_op(self.kind, self.all, left, right)
    }
}

/// One frame behind the other, columns matched by place.
pub(crate) fn stacked(left: &DataFrame, right: &DataFrame) -> Outcome<DataFrame> {
    let columns: Vec<Series> = left
        .columns()
        .iter()
        .zip(right.columns())
        .map(|(left, right)| stack(left.as_materialized_series(), right.as_materialized_series()))
        .collect::<Outcome<_>>()?;
    let rows = left.height() + right.height();
    DataFrame::new(rows, columns.into_iter().map(Column::from).collect()).map_err(internal)
}

fn set_op(kind: SetOpKind, all: bool, left: &DataFrame, right: &DataFrame) -> Outcome<DataFrame> {
    let (rows, left_rows) = (left.height() + right.height(), left.height());
    let stacked = stacked(left, right)?;
    if kind == SetOpKind::Union && all {
        return Ok(stacked);
    }
    let groups = Groups::of(&visible(&stacked), rows)?;
    if kind == SetOpKind::Union {
        return take(&stacked, &groups.first);
    }
    let mut on_right = vec![0u64; groups.len()];
    groups.of_row[left_rows..].iter().for_each(|group| on_right[*group as usize] += 1);
    // With `all`, each right row stands against one left row; without, a row comes out once.
    let mut seen = vec![0u64; groups.len()];
    let kept: Vec<IdxSize> = (0..left_rows)
        .filter(|row| {
            let group = groups.of_row[*row] as usize;
            seen[group] += 1;
            let is_matched = if all { seen[group] <= on_right[group] } else { on_right[group] > 0 };
            is_matched == (kind == SetOpKind::Intersect) && (all || seen[group] == 1)
        })
        .map(|row| row as IdxSize)
        .collect();
    take(&stacked, &kept)
}
