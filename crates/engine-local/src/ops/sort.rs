//! Sorting rows, always stable.

use polars::prelude::{Column, IdxSize, NamedFrom, Series, SortMultipleOptions};

use crate::error::{Outcome, internal};
use crate::keys::physical;

/// A column to sort by.
pub(crate) struct Key {
    /// The values, one a row.
    pub values: Series,
    /// Largest first.
    pub descending: bool,
    /// NULLs before everything instead of behind it.
    pub nulls_first: bool,
}

impl Key {
    /// Smallest first, NULLs last.
    pub fn ascending(values: Series) -> Self {
        Self { values, descending: false, nulls_first: false }
    }
}

/// The row numbers in the order of the keys; rows with equal keys keep their order.
pub(crate) fn sorted(keys: &[Key], rows: usize) -> Outcome<Vec<IdxSize>> {
    // What is sorted by, largest first or not, NULLs last or not.
    let mut columns: Vec<(Column, bool, bool)> = vec![];
    for key in keys {
        let parts = physical::plain(&key.values)?;
        columns.extend(parts.into_iter().map(|part| (part.into(), key.descending, !key.nulls_first)));
    }
    if columns.is_empty() || rows < 2 {
        return Ok((0..rows as IdxSize).collect());
    }
    if let [(key, false, _)] = columns.as_slice()
        && ascends(key)
    {
        return Ok((0..rows as IdxSize).collect());
    }
    // The row number as the last key makes any sort a stable one, and sends one key down the path of several.
    let place = Series::new("".into(), (0..rows as IdxSize).collect::<Vec<_>>());
    columns.push((place.into(), false, true));
    let options = SortMultipleOptions::default()
        .with_order_descending_multi(columns.iter().map(|(_, descending, _)| *descending))
        .with_nulls_last_multi(columns.iter().map(|(_, _, nulls_last)| *nulls_last))
        .with_maintain_order(true);
    let columns: Vec<Column> = columns.into_iter().map(|(column, _, _)| column).collect();
    let order = columns[0].arg_sort_multiple(&columns[1..], &options).map_err(internal)?;
    Ok(order.into_no_null_iter().collect())
}

/// Whether the key is ints that are in order already, as ids often are.
fn ascends(key: &Column) -> bool {
    let series = key.as_materialized_series();
    let ints = series.i64().ok().and_then(|ints| Some(ints.cont_slice().ok()?.is_sorted()));
    let days = || series.i32().ok().and_then(|days| Some(days.cont_slice().ok()?.is_sorted()));
    ints.or_else(days).unwrap_or(false)
}
