//! Columns one behind the other.

use polars::prelude::DataType as Physical;
use polars::prelude::Series;

use crate::error::{Outcome, internal};

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
