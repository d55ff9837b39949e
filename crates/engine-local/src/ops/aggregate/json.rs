//! Values one behind the other as a JSON array.

use polars::prelude::{DataType as Physical, IntoSeries, Series, StringChunked};
use tidemill_core::table::DataType;

use super::kernel_input::KernelInput;
use crate::arrays::long_text;
use crate::arrays::typed::texts;
use crate::error::Outcome;
use crate::expr::cast;
use crate::runtime::memory::Growth;

/// The values of each group in row order, NULL included, as PostgreSQL's `json_agg` writes them; NULL of no rows.
pub(super) fn array(input: &KernelInput<'_>) -> Outcome<Series> {
    let values = input.one()?;
    let is_bare = matches!(
        values.dtype(),
        Physical::Int64 | Physical::Decimal(..) | Physical::Boolean | Physical::Float64 | Physical::Null
    );
    let cells = match values.dtype() {
        Physical::String | Physical::Null => values.clone(),
        _ => cast(values, DataType::String, &|row| row as u64 + 1)?,
    };
    let mut growth = Growth::default();
    let arrays = input.rows.fold(None, texts(&cells)?.iter(), |array: &mut Option<String>, _, cell| {
        growth.by(cell.map_or(0, str::len))?;
        if let Some(array) = array {
            array.push_str(", ");
        }
        let array = array.get_or_insert_with(|| "[".to_owned());
        match cell {
            None => array.push_str("null"),
            // JSON has no number that is none or infinite.
            Some(cell) if is_bare && !matches!(cell.trim_start_matches('-'), "NaN" | "inf" | "Infinity") => {
                array.push_str(cell);
            }
            Some(cell) => array.push_str(&serde_json::Value::from(cell).to_string()),
        }
        long_text::fits(array.len())
    })?;
    let closed = |array: Option<String>| array.map(|array| array + "]");
    Ok(arrays.into_iter().map(closed).collect::<StringChunked>().into_series())
}
