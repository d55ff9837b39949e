//! Rows in another order, always stable.

use polars::prelude::{Column, DataFrame, IdxSize, NamedFrom, Series, SortMultipleOptions};
use tidemill_core::table::{Rel, SortKey};

use super::context::JobContext;
use super::operator::{Operator, only_input};
use super::required_columns::{RequiredColumns, with};
use crate::arrays::select::take;
use crate::error::{Outcome, internal};
use crate::expr::{Eval, Notes, columns_of};
use crate::keys::physical;

/// Puts rows in the order of the keys.
pub(crate) struct SortExec<'a> {
    pub input: &'a Rel,
    pub by: &'a [SortKey],
    pub required: RequiredColumns,
}

impl Operator for SortExec<'_> {
    fn inputs(&self) -> Vec<(&Rel, RequiredColumns)> {
        vec![(self.input, with(self.required.clone(), columns_of(self.by.iter().map(|key| &key.expr))))]
    }

    fn execute(&self, inputs: Vec<DataFrame>, context: &mut JobContext<'_>) -> Outcome<DataFrame> {
        let frame = only_input(inputs);
        let keys = sort_columns(&frame, self.by, &context.notes)?;
        take(&frame, &sorted(&keys, frame.height())?)
    }
}

/// The keys' values over the frame.
pub(crate) fn sort_columns(frame: &DataFrame, by: &[SortKey], notes: &Notes) -> Outcome<Vec<SortColumn>> {
    evaluated(&Eval::new(frame, notes), by)
}

/// The same, where the frame is at hand.
pub(crate) fn evaluated(eval: &Eval<'_>, by: &[SortKey]) -> Outcome<Vec<SortColumn>> {
    by.iter()
        .map(|key| {
            let values = eval.column(&key.expr)?;
            Ok(SortColumn { values, descending: key.descending, nulls_first: key.nulls_first })
        })
        .collect()
}

/// A column to sort by.
pub(crate) struct SortColumn {
    /// The values, one a row.
    pub values: Series,
    /// Largest first.
    pub descending: bool,
    /// NULLs before everything instead of behind it.
    pub nulls_first: bool,
}

impl SortColumn {
    /// Smallest first, NULLs last.
    pub fn ascending(values: Series) -> Self {
        Self { values, descending: false, nulls_first: false }
    }

    /// The same of these rows; of all if None.
    pub fn gathered(&self, rows: Option<&[IdxSize]>) -> Outcome<Self> {
        let values = match rows {
            None => self.values.clone(),
            Some(rows) => self.values.rechunk().take_slice(rows).map_err(internal)?,
        };
        Ok(Self { values, descending: self.descending, nulls_first: self.nulls_first })
    }
}

/// The row numbers in the order of the keys; rows with equal keys keep their order.
pub(crate) fn sorted(keys: &[SortColumn], rows: usize) -> Outcome<Vec<IdxSize>> {
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
