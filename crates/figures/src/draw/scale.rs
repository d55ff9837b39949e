//! The axes of a chart, with as many ticks as their labels leave room for.

use super::axis::Axis;
use crate::data::Keys;
use crate::plot::Plot;
use crate::ticks::number::{Grid, usable};
use crate::ticks::{Tick, time};
use crate::{Column, NumberFormat, Scale, ValueFormat, font};

/// The sine of the angle of slanted labels.
pub(super) const SLANT: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// Slanted labels are no longer than this many font sizes, and take no more than this share of the height.
const SLANTED_LENGTH: f64 = 13.0;
const SLANTED_SHARE: f64 = 0.22;

/// The left axis, `height` points high, with room for values written over the marks; and its grid, unless ratios are seen.
pub(super) fn vertical(plot: &Plot, height: f64, size: f64, room_above: f64) -> (Axis, Option<Grid>) {
    let (low, high) = plot.left;
    let measure = &plot.chart.y_axis;
    let share = (room_above / height).min(0.3);
    let room = |is_free: bool| if is_free { share / (1.0 - share) } else { 0.0 };
    let ends = (room(low < 0.0 && measure.low.is_none()), room(high > 0.0 && measure.high.is_none()));
    let (low, high) = measure.scale.wider((low, high), ends.0, ends.1);
    let most = ((height / (size * 3.2)) as usize).clamp(2, 8);
    let format = plot.chart.format_of_values();
    if measure.scale != Scale::Linear {
        return (Axis::of_ratios(measure.scale, (low, high), most, format, plot.chart.locale), None);
    }
    let least = format.map_or(0.0, NumberFormat::least_step).max(plot.chart.kind.0.least_value_step());
    let grid = Grid::new(low, high, most, least);
    let format = format.cloned().unwrap_or_else(|| grid.format(true).in_locale(plot.chart.locale));
    (Axis::of(low, high, &grid, &format), Some(grid))
}

/// The right axis, with its ticks at the heights of the left ones.
pub(super) fn right(plot: &Plot, left: &Axis, grid: Option<&Grid>) -> Option<Axis> {
    let (low, high) = plot.right?;
    let data = usable(low, high);
    let format = plot.chart.y2_format.as_ref();
    let least = format.map_or(0.0, NumberFormat::least_step);
    let usual = |grid: &Grid| grid.format(true).in_locale(plot.chart.locale);
    let write = |low, high, grid: &Grid| Axis::of(low, high, grid, &format.cloned().unwrap_or_else(|| usual(grid)));
    // A line along the very edge would look cut off.
    let data = (data.0, data.1 + (data.1 - data.0) * 0.03);
    match grid.and_then(|grid| grid.beside(left.low, left.high, data, least)) {
        Some((low, high, grid)) => Some(write(low, high, &grid)),
        None => Some(write(data.0, data.1, &Grid::new(data.0, data.1, left.ticks.len().max(2), least))),
    }
}

/// The bottom axis of horizontal bars, `width` points wide, with room for `written` values beyond the bars' ends.
pub(super) fn values_along(plot: &Plot, width: f64, size: f64, written: &[(f64, f64)]) -> Axis {
    let measure = &plot.chart.x_axis;
    let scale = measure.scale;
    let ends = plot.left;
    let (mut low, mut high) = (scale.place(ends.0), scale.place(ends.1));
    // Twice, because room at one end moves the other.
    for _ in 0..2 {
        let span = high - low;
        for (value, room) in written.iter().filter(|(value, _)| scale.has(*value)) {
            let share = (room / width).min(0.4);
            let (is_right, value) = (*value >= 0.0, scale.place(*value));
            if is_right {
                high = high.max(low + (value - low) / (1.0 - share));
            } else {
                low = low.min(high - (high - value) / (1.0 - share));
            }
        }
        if high - low <= span {
            break;
        }
    }
    let low = if measure.low.is_some() || low == scale.place(ends.0) { ends.0 } else { scale.value(low) };
    let high = if measure.high.is_some() || high == scale.place(ends.1) { ends.1 } else { scale.value(high) };
    numbers_along(plot, (low, high), width, size, plot.chart.format_of_values(), true)
}

/// The bottom axis, `width` points wide, of a chart `height` points high.
pub(super) fn horizontal(plot: &Plot, width: f64, height: f64, size: f64) -> Axis {
    let (low, high) = plot.keys;
    let format = plot.chart.x_format.as_ref();
    match &plot.data.keys {
        Keys::Names(_) => names_along(&plot.key_names(), (low, high), (width, height), size),
        Keys::Moments => {
            let empty = Axis { low, high, ticks: Vec::new(), slanted: false, scale: Scale::Linear };
            // A column of days has no hours to tell.
            let least = if matches!(plot.chart.keys, Column::Date(_)) { time::DAY } else { 1 };
            let format = format.and_then(ValueFormat::date);
            let fit = |ticks: &[Tick]| empty.fits(ticks, size, width);
            let mut ticks = time::ticks(plot.filled, least, format, fit);
            if plot.chart.kind.0.stands_at_keys() {
                let keys = plot.data.positions();
                let is_key = |tick: &Tick| keys.binary_search_by(|key| key.total_cmp(&tick.at)).is_ok();
                // A label beside a bar is read as its name.
                if !ticks.iter().all(is_key) {
                    ticks = time::ticks_at(&keys, format, fit);
                }
            }
            for text in ticks.iter_mut().flat_map(|tick| [&mut tick.text, &mut tick.below]) {
                *text = plot.chart.locale.date(std::mem::take(text));
            }
            Axis { ticks, ..empty }
        }
        Keys::Numbers => {
            // What may be years has no separators.
            let years = low >= 1000.0 && high < 3000.0;
            numbers_along(plot, (low, high), width, size, format.and_then(ValueFormat::number), !years)
        }
    }
}

fn numbers_along(
    plot: &Plot,
    (low, high): (f64, f64),
    width: f64,
    size: f64,
    format: Option<&NumberFormat>,
    separators: bool,
) -> Axis {
    let (scale, locale) = (plot.chart.x_axis.scale, plot.chart.locale);
    let usual = |grid: &Grid| grid.format(separators).in_locale(locale);
    let least = format.map_or(0.0, NumberFormat::least_step);
    let mut most = ((width / (size * 6.5)) as usize).clamp(2, 11);
    loop {
        let axis = match scale {
            Scale::Linear => {
                let grid = Grid::new(low, high, most, least);
                Axis::of(low, high, &grid, &format.cloned().unwrap_or_else(|| usual(&grid)))
            }
            _ => Axis::of_ratios(scale, (low, high), most, format, locale),
        };
        if most <= 2 || axis.fits(&axis.ticks, size, width) {
            return axis;
        }
        most -= 1;
    }
}

fn names_along(names: &[String], (low, high): (f64, f64), (width, height): (f64, f64), size: f64) -> Axis {
    let longest = (size * SLANTED_LENGTH).min(height * SLANTED_SHARE / SLANT);
    let slot = width / names.len().max(1) as f64;
    let tick = |(place, text): (usize, String)| Tick { at: place as f64, text, below: String::new() };
    let mut axis = Axis { low, high, ticks: Vec::new(), slanted: false, scale: Scale::Linear };
    let firsts = firsts(names);
    if firsts.len() < names.len() {
        // Each stands for several names: as many as keep apart.
        let every =
            |every: usize| firsts.iter().step_by(every).map(|place| tick((*place, names[*place].clone()))).collect();
        let all: Vec<Vec<Tick>> = (1..=firsts.len()).map(every).collect();
        axis.ticks = all.into_iter().find(|ticks| axis.fits(ticks, size, width)).unwrap_or_default();
        return axis;
    }
    // Whole, else in two lines, else slanted, else slanted and only every so many.
    let flat: Vec<Tick> = names.iter().cloned().enumerate().map(tick).collect();
    if names.iter().all(|name| font::width(name, size, false) <= slot - size * 0.5) {
        axis.ticks = flat;
        return axis;
    }
    let two_lines = |(place, name): (usize, &String)| {
        let lines = font::wrap(name, size, false, slot - size * 0.5, 3);
        let whole = lines.len() <= 2 && !lines.iter().any(|line| line.ends_with('…'));
        let mut lines = lines.into_iter();
        let mut next = || lines.next().unwrap_or_default();
        whole.then(|| Tick { at: place as f64, text: next(), below: next() })
    };
    if let Some(ticks) = names.iter().enumerate().map(two_lines).collect() {
        axis.ticks = ticks;
        return axis;
    }
    let every = (size * 1.25 / slot).ceil().max(1.0) as usize;
    let (places, shown): (Vec<usize>, Vec<&str>) = names.iter().map(String::as_str).enumerate().step_by(every).unzip();
    axis.ticks = places.into_iter().zip(font::shorten_all(&shown, size, false, longest)).map(tick).collect();
    let flat_again = axis.fits(&axis.ticks, size, width);
    axis.slanted = !flat_again;
    axis
}

/// The places of names that read otherwise than the one before: the format of days may be coarser than they are.
fn firsts(names: &[String]) -> Vec<usize> {
    (0..names.len()).filter(|place| place.checked_sub(1).is_none_or(|before| names[before] != names[*place])).collect()
}

/// A vertical axis of names within `room` points, in two lines where the bars are thick enough.
pub(super) fn names_down(names: &[String], (low, high): (f64, f64), height: f64, size: f64, room: f64) -> Axis {
    let slot = height / names.len().max(1) as f64;
    let firsts = firsts(names);
    // Where each stands for several names, those that touch are left out later.
    let every = if firsts.len() < names.len() { 1 } else { (size * 1.15 / slot).ceil().max(1.0) as usize };
    let most = if slot >= size * 2.6 { 2 } else { 1 };
    let wrapped = |name: &str| font::wrap(name, size, false, room, most);
    // Lines that are broken at spaces are never full.
    let all_room = if most > 1 { room * 1.6 } else { room };
    let apart = |name: &str, alike: usize| wrapped(&font::around(name, alike, size, false, all_room));
    let (places, shown): (Vec<usize>, Vec<&str>) =
        firsts.iter().step_by(every).map(|place| (*place, names[*place].as_str())).unzip();
    let tick = |(place, lines): (usize, Vec<String>)| {
        let mut lines = lines.into_iter();
        let mut next = || lines.next().unwrap_or_default();
        Tick { at: place as f64, text: next(), below: next() }
    };
    let ticks = places.into_iter().zip(font::told_apart(&shown, wrapped, apart)).map(tick).collect();
    Axis { low, high, ticks, slanted: false, scale: Scale::Linear }
}
