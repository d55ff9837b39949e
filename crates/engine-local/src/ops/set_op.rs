//! Union, intersection and difference of rows.

use polars::prelude::DataType as Physical;
use polars::prelude::{Column, DataFrame, IdxSize, Series};
use tidemill_core::table::SetOpKind;

use crate::arrays::select::take;
use crate::error::{Outcome, internal};
use crate::exec::run::visible;
use crate::keys::groups::Groups;

/// Does it; the columns have the names of the left side and are matched by place.
pub(crate) fn set_op(kind: SetOpKind, all: bool, left: DataFrame, right: DataFrame) -> Outcome<DataFrame> {
    let (rows, left_rows) = (left.height() + right.height(), left.height());
    let columns: Vec<Series> = left
        .columns()
        .iter()
        .zip(right.columns())
        .map(|(left, right)| stack(left.as_materialized_series(), right.as_materialized_series()))
        .collect::<Outcome<_>>()?;
    let stacked = DataFrame::new(rows, columns.into_iter().map(Column::from).collect()).map_err(internal)?;
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

/// One column behind the other; a column of nothing but NULL takes the other's type, decimals the larger precision.
pub(crate) fn stack(left: &Series, right: &Series) -> Outcome<Series> {
    let data_type = match (left.dtype(), right.dtype()) {
        (Physical::Null, other) => other.clone(),
        (Physical::Decimal(a, scale), Physical::Decimal(b, other)) if scale == other => {
            Physical::Decimal(*a.max(b), *scale)
        }
        (left, _) => left.clone(),
    };
    let cast = |series: &Series| {
        if series.dtype() == &data_type { Ok(series.clone()) } else { series.strict_cast(&data_type).map_err(internal) }
    };
    let mut whole = cast(left)?;
    whole.append(&cast(right)?).map_err(internal)?;
    Ok(whole.rechunk())
}
