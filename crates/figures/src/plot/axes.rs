//! What the axes span.

use super::trend::Fit;
use crate::data::{Data, Keys};
use crate::marks::Marks;
use crate::range::range;
use crate::ticks::number::usable;
use crate::ticks::time;
use crate::{Chart, Column};

/// The left axis from end to end.
pub(super) fn left(chart: &Chart, data: &Data, marks: &dyn Marks, fits: &[Fit]) -> (f64, f64) {
    let drawn = marks.value_range(&data.left).into_iter().flat_map(|(low, high)| [low, high]);
    let fitted = fits.iter().flat_map(|fit| [fit.from.1, fit.to.1]);
    match range(fitted.chain(drawn)).unwrap_or((0.0, 1.0)) {
        (0.0, 0.0) => (0.0, 1.0),
        (low, high) => chart.kind.0.value_scale(low, high),
    }
}

/// The key axis from end to end, and the part of it that has data.
pub(super) fn keys(chart: &Chart, data: &Data, marks: &dyn Marks) -> ((f64, f64), (f64, f64)) {
    let whole = |range: (f64, f64)| (range, range);
    if let Keys::Names(names) = &data.keys {
        return whole((-0.5, names.len().max(1) as f64 - 0.5));
    }
    let left = marks.key_range(&data.left).into_iter().flat_map(|(low, high)| [low, high]);
    let right = data.right.iter().flat_map(|run| run.points.iter().map(|point| point.0));
    let share = chart.kind.0.key_margin();
    match (range(left.chain(right)), &data.keys) {
        (Some((low, high)), Keys::Moments) if low == high => {
            let unit = if matches!(chart.keys, Column::Date(_)) { time::DAY as f64 } else { 60.0 };
            whole((low - unit, high + unit))
        }
        (Some((low, high)), _) => {
            let (low, high) = usable(low, high);
            ((low - (high - low) * share, high + (high - low) * share), (low, high))
        }
        (None, _) => whole((0.0, 1.0)),
    }
}
