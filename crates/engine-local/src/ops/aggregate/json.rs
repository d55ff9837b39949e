//! Values one behind the other as a JSON array.

use polars::prelude::{IntoSeries, Series, StringChunked};

use super::kernel_input::KernelInput;
use crate::arrays::long_text;
use crate::error::Outcome;
use crate::expr::JsonValues;
use crate::runtime::memory::Growth;

/// The values of each group in row order, NULL included, as PostgreSQL's `json_agg` writes them; NULL of no rows.
pub(super) fn array(input: &KernelInput<'_>) -> Outcome<Series> {
    let values = JsonValues::of(input.one()?)?;
    let mut growth = Growth::default();
    let arrays = input.rows.fold(None, values.iter(), |array: &mut Option<String>, _, value| {
        growth.by(value.map_or(0, str::len))?;
        if let Some(array) = array {
            array.push_str(", ");
        }
        let array = array.get_or_insert_with(|| "[".to_owned());
        values.write(value, array);
        long_text::fits(array.len())
    })?;
    let closed = |array: Option<String>| array.map(|array| array + "]");
    Ok(arrays.into_iter().map(closed).collect::<StringChunked>().into_series())
}
