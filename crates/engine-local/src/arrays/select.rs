//! Choosing rows and columns of frames; frames without columns keep their number of rows.

use std::collections::BTreeSet;

use polars::prelude::{BooleanChunked, DataFrame, IdxCa, IdxSize};

use crate::error::{Outcome, internal};

/// Stands for no row where a row number is expected.
pub(crate) const NONE: IdxSize = IdxSize::MAX;

/// The columns of those names, in that order.
pub(crate) fn pick<'a>(frame: &DataFrame, names: impl IntoIterator<Item = &'a str>) -> Outcome<DataFrame> {
    let columns =
        names.into_iter().map(|name| frame.column(name).cloned().map_err(internal)).collect::<Outcome<Vec<_>>>()?;
    DataFrame::new(frame.height(), columns).map_err(internal)
}

/// The same with no other columns than those needed; none for all.
pub(crate) fn only(frame: DataFrame, need: &Option<BTreeSet<String>>) -> Outcome<DataFrame> {
    let Some(need) = need else { return Ok(frame) };
    let height = frame.height();
    let columns = frame.into_columns().into_iter().filter(|column| need.contains(column.name().as_str())).collect();
    DataFrame::new(height, columns).map_err(internal)
}

/// The rows for which the mask is true.
pub(crate) fn filter(frame: &DataFrame, mask: &BooleanChunked) -> Outcome<DataFrame> {
    if frame.width() == 0 {
        return Ok(DataFrame::empty_with_height(mask.iter().filter(|bit| *bit == Some(true)).count()));
    }
    frame.filter(mask).map_err(internal)
}

/// These rows, in that order; `NONE` gives a row of NULLs.
pub(crate) fn take(frame: &DataFrame, rows: &[IdxSize]) -> Outcome<DataFrame> {
    if frame.width() == 0 {
        return Ok(DataFrame::empty_with_height(rows.len()));
    }
    let is_all = rows.len() == frame.height() && rows.iter().enumerate().all(|(place, row)| place == *row as usize);
    if is_all {
        return Ok(frame.clone());
    }
    frame.take(&index(rows)).map_err(internal)
}

/// Row numbers as Polars takes them; `NONE` is NULL.
pub(crate) fn index(rows: &[IdxSize]) -> IdxCa {
    if rows.contains(&NONE) {
        rows.iter().map(|row| (*row != NONE).then_some(*row)).collect()
    } else {
        IdxCa::from_vec("".into(), rows.to_vec())
    }
}

/// Both frames' columns side by side.
pub(crate) fn beside(left: DataFrame, right: &DataFrame) -> Outcome<DataFrame> {
    let height = left.height();
    let mut columns = left.into_columns();
    columns.extend_from_slice(right.columns());
    DataFrame::new(height, columns).map_err(internal)
}
