//! What the axes span.

use super::trend::Fit;
use crate::data::{Data, Keys};
use crate::marks::Marks;
use crate::measure::Measure;
use crate::range::range;
use crate::references::References;
use crate::ticks::number::{LARGEST, usable};
use crate::ticks::time;
use crate::{Chart, Column, Scale, Stack};

/// The left axis from end to end.
pub(super) fn left(chart: &Chart, data: &Data, marks: &dyn Marks, fits: &[Fit], references: &References) -> (f64, f64) {
    if chart.kind.0.has_rows() {
        return (-0.5, data.left.len().max(1) as f64 - 0.5);
    }
    let (_, measure) = chart.measures();
    let scale = measure.scale;
    let drawn = marks.value_range(&data.left).into_iter().flat_map(|(low, high)| [low, high]);
    // The least bar that can be seen, where there is no zero to begin at.
    let least = range(marks.values(&data.left).filter(|value| scale == Scale::Log && *value > 0.0));
    let fitted = fits.iter().flat_map(|fit| [fit.from.1, fit.to.1]);
    let spread = data.left.iter().flat_map(|run| &run.spread).flat_map(|(_, low, high)| [*low, *high]);
    let all = fitted.chain(drawn).chain(least.map(|(low, _)| low)).chain(spread).chain(references.places(false));
    let whole = range(all.filter(|value| scale.has(*value)));
    let (low, high) = match (whole, scale) {
        (None, Scale::Log) => (1.0, 10.0),
        (None, _) => chart.kind.0.value_scale(0.0, 1.0),
        (Some((0.0, 0.0)), Scale::Linear) => (0.0, 1.0),
        (Some((low, high)), Scale::Linear) => chart.kind.0.value_scale(low, high),
        (Some((low, high)), Scale::Log) => {
            let (low, high) = if high > low * 1.001 { (low, high) } else { (low / 2.0, high * 2.0) };
            // Bars begin at a power of ten below the least of them, so that even that one has a height.
            let low = if marks.stand_on_zero() { 10f64.powf((low * 0.95).log10().floor()) } else { low };
            scale.wider((low, high), if marks.stand_on_zero() { 0.0 } else { 0.05 }, 0.05)
        }
        (Some((low, high)), Scale::Symlog) => {
            let (low, high) = usable(low, high);
            scale.wider((low, high), if low == 0.0 { 0.0 } else { 0.05 }, if high == 0.0 { 0.0 } else { 0.05 })
        }
    };
    // Shares end at the whole.
    let are_shares = chart.stack == Some(Stack::Share) && whole.is_some_and(|(_, most)| most <= 1.0 + 1e-9);
    let high = if are_shares { high.min(1.0) } else { high };
    limited(measure, (low, high), |position| position.number())
}

/// The ends, of which those that are given replace those of the data, unless the axis would be none.
fn limited(measure: &Measure, (low, high): (f64, f64), place: impl Fn(&crate::Position) -> Option<f64>) -> (f64, f64) {
    let given = |position: &Option<crate::Position>, usual: f64| {
        let is_sane = |end: &f64| end.abs() <= LARGEST && measure.scale.has(*end);
        position.as_ref().and_then(&place).filter(is_sane).unwrap_or(usual)
    };
    let ends = (given(&measure.low, low), given(&measure.high, high));
    let (from, to) = usable(ends.0, ends.1);
    if ends.0 < ends.1 && measure.scale.has(from) { (from, to) } else { (low, high) }
}

/// The key axis from end to end, and the part of it that has data.
pub(super) fn keys(chart: &Chart, data: &Data, marks: &dyn Marks, references: &References) -> ((f64, f64), (f64, f64)) {
    let whole = |range: (f64, f64)| (range, range);
    if let Keys::Names(names) = &data.keys {
        return whole((-0.5, names.len().max(1) as f64 - 0.5));
    }
    let (measure, _) = chart.measures();
    let left = marks.key_range(&data.left).into_iter().flat_map(|(low, high)| [low, high]);
    let right = data.right.iter().flat_map(|run| run.points.iter().map(|point| point.0));
    let share = chart.kind.0.key_margin();
    let (ends, filled) = match (range(left.chain(right).chain(references.places(true))), &data.keys) {
        (Some((low, high)), Keys::Moments) if low == high => {
            let unit = if matches!(chart.keys, Column::Date(_)) { time::DAY as f64 } else { 60.0 };
            whole((low - unit, high + unit))
        }
        // None of the data has a place.
        (Some((_, high)), Keys::Numbers) if !measure.scale.has(high) => whole((1.0, 10.0)),
        (Some((low, high)), Keys::Numbers) if measure.scale != Scale::Linear => {
            let (low, high) = usable(low, high);
            let low = if measure.scale.has(low) { low } else { high / 2.0 };
            (measure.scale.wider((low, high), share, share), (low, high))
        }
        (Some((low, high)), _) => {
            let (low, high) = usable(low, high);
            ((low - (high - low) * share, high + (high - low) * share), (low, high))
        }
        (None, _) if measure.scale == Scale::Log => whole((1.0, 10.0)),
        (None, _) => whole((0.0, 1.0)),
    };
    if !measure.is_limited() {
        return (ends, filled);
    }
    whole(limited(measure, ends, |position| data.keys.place(position)))
}
