//! Ranges of numbers.

use crate::ticks::number::usable;

/// The least and the largest finite number.
pub(crate) fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let wider = |range: Option<(f64, f64)>, value: f64| match range {
        Some((low, high)) => Some((low.min(value), high.max(value))),
        None => Some((value, value)),
    };
    values.filter(|value| value.is_finite()).fold(None, wider)
}

/// Lines that come near zero start there: the eye reads heights even where no bar is drawn.
pub(crate) fn from_zero_where_near(low: f64, high: f64) -> (f64, f64) {
    match (low, high) {
        (low, high) if low >= 0.0 && low < high * 0.4 => (0.0, high),
        (low, high) if high <= 0.0 && high > low * 0.4 => (low, 0.0),
        same => same,
    }
}

/// Adds some of the span to each end that is not zero.
pub(crate) fn padded((low, high): (f64, f64), share: f64) -> (f64, f64) {
    let (low, high) = usable(low, high);
    let room = (high - low) * share;
    (if low == 0.0 { low } else { low - room }, if high == 0.0 { high } else { high + room })
}
