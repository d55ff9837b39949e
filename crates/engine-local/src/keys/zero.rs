//! Zeros of keys.

use polars::prelude::{Float64Chunked, IntoSeries, Series};

/// The key of groups with 0.0 in the place of -0.0: both are one group, and what it is called must not depend on which row
/// comes first.
pub(crate) fn unsigned_zeros(keys: Series) -> Series {
    let has_minus_zero =
        |floats: &Float64Chunked| floats.iter().flatten().any(|value| value == 0.0 && value.is_sign_negative());
    let Some(floats) = keys.f64().ok().filter(|floats| has_minus_zero(floats)) else { return keys };
    let plain: Float64Chunked = floats.iter().map(|value| value.map(|value| value + 0.0)).collect();
    plain.into_series().with_name(keys.name().clone())
}
