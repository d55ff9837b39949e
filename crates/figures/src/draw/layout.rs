//! Where everything stands: measured first, drawn after.

use super::axis::{self, Axis, SLANT};
use super::head;
use super::look::Look;
use crate::plot::{Plot, Shape};
use crate::{AxisFormat, Kind, NumberFormat, font};

/// A rectangle of the drawing, in points from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Area {
    pub fn width(&self) -> f64 {
        (self.right - self.left).max(1.0)
    }

    pub fn height(&self) -> f64 {
        (self.bottom - self.top).max(1.0)
    }
}

/// The places of a chart's parts.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// All that the chart may use.
    pub area: Area,
    /// The rectangle between the axes.
    pub frame: Area,
    /// Along the bottom: keys, or the values of horizontal bars.
    pub bottom: Axis,
    /// Along the left: values, or the names of horizontal bars.
    pub left: Axis,
    pub right: Option<Axis>,
}

impl Layout {
    /// The layout whose frame keeps `sides` points free to its left and right.
    pub fn new(plot: &Plot, look: &Look, area: Area, sides: (f64, f64)) -> Layout {
        let mut frame = Area { left: area.left + sides.0, right: area.right - sides.1, ..area };
        frame.top += head::height(plot, look, area, frame);
        if plot.chart.kind == Kind::BarH {
            let bottom = axis::values_along(plot, frame.width(), look.tick(), &written(plot, look));
            frame.bottom -= foot(plot, look, &bottom);
            let room = area.width() * MOST_NAMES;
            let left = axis::names_down(plot, frame.height(), look.tick(), room);
            return Layout { area, frame, bottom, left, right: None };
        }
        let bottom = axis::horizontal(plot, frame.width(), area.height(), look.tick());
        frame.bottom -= foot(plot, look, &bottom);
        let room_above = if plot.chart.values { look.value() * 1.6 } else { 0.0 };
        let (left, grid) = axis::vertical(plot, frame.height(), look.tick(), room_above);
        let right = axis::right(plot, &left, &grid);
        Layout { area, frame, bottom, left, right }
    }

    /// The room that this layout's labels take to the left and to the right of the frame.
    fn needed_sides(&self, plot: &Plot, look: &Look) -> (f64, f64) {
        let size = look.tick();
        let gap = look.size(TICK_GAP);
        let name = |given: bool| if given { look.label() * LABEL_ROOM } else { 0.0 };
        let mut left = self.left.label_width(size) + gap + name(left_label(plot).is_some());
        let mut right = look.size(4.0);
        if let Some(axis) = &self.right {
            right = axis.label_width(size) + gap + name(plot.chart.y2_label.is_some());
        }
        // Labels of the bottom axis may stand out at either end.
        for tick in &self.bottom.ticks {
            let width = font::width(&tick.text, size, false).max(font::width(&tick.below, size, false));
            let from_left = self.bottom.share(tick.at) * self.frame.width();
            if self.bottom.slanted {
                left = left.max(width * SLANT + size * 0.5 - from_left);
            } else {
                left = left.max(width / 2.0 - from_left);
                right = right.max(width / 2.0 - (self.frame.width() - from_left));
            }
        }
        let most = self.area.width() * MOST_SIDE;
        (left.min(most), right.min(most))
    }
}

/// Names of horizontal bars take at most this share of the width.
const MOST_NAMES: f64 = 0.36;

/// No side takes more than this share of the width, whatever its labels want.
const MOST_SIDE: f64 = 0.42;

/// The room that all charts need to the left and to the right of their frames, which share both edges: one time axis
/// stands exactly above the next.
pub(super) fn common_sides(charts: &[(Plot, Area)], look: &Look) -> (f64, f64) {
    let needed = |sides: (f64, f64)| {
        let drawn = charts.iter().filter(|(plot, _)| !plot.is_empty());
        let each = drawn.map(|(plot, area)| Layout::new(plot, look, *area, sides).needed_sides(plot, look));
        each.fold((0.0, 0.0), |(left, right): (f64, f64), side| (left.max(side.0), right.max(side.1)))
    };
    // What the labels need depends on the frame, and the frame on what they need. The first answer replaces a guess;
    // from then on the room only grows, until it suffices.
    let mut sides = needed((look.size(60.0), look.size(20.0)));
    for _ in 0..8 {
        let (left, right) = needed(sides);
        if left <= sides.0 && right <= sides.1 {
            break;
        }
        sides = (left.max(sides.0), right.max(sides.1));
    }
    sides
}

/// Between an axis and its labels, in points at full scale.
pub(super) const TICK_GAP: f64 = 8.0;

/// The room of an axis' name, in font sizes.
const LABEL_ROOM: f64 = 1.7;

/// The name of the left axis.
pub(super) fn left_label(plot: &Plot) -> Option<String> {
    match (&plot.chart.y_label, plot.chart.kind) {
        (None, Kind::Hist) => Some("Count".to_owned()),
        (label, _) => label.clone(),
    }
}

/// The room that labels and name of the bottom axis need.
fn foot(plot: &Plot, look: &Look, bottom: &Axis) -> f64 {
    let size = look.tick();
    let labels = if bottom.slanted {
        bottom.label_width(size) * SLANT + size
    } else if bottom.ticks.iter().any(|tick| !tick.below.is_empty()) {
        size * 2.2
    } else {
        size
    };
    let name = if plot.chart.x_label.is_some() { look.label() * LABEL_ROOM } else { 0.0 };
    look.size(TICK_GAP) + labels + name
}

/// The format of the values written at the marks.
pub(super) fn value_format(plot: &Plot) -> NumberFormat {
    let chart = plot.chart;
    if let (Kind::BarH, Some(AxisFormat::Number(format))) = (chart.kind, &chart.x_format) {
        return format.clone();
    }
    if let Some(format) = &chart.y_format {
        return format.clone();
    }
    let (low, high) = plot.left;
    let whole = match &plot.shape {
        Shape::Bars(runs) => runs.iter().flatten().all(|bar| bar.value.fract() == 0.0),
        _ => plot.data.left.iter().flat_map(|run| &run.points).all(|(_, y)| !y.is_finite() || y.fract() == 0.0),
    };
    let size = low.abs().max(high.abs());
    match size {
        size if size >= 1e12 => NumberFormat::exponent(2),
        size if whole || size >= 1000.0 => NumberFormat::plain(0),
        size if size >= 10.0 => NumberFormat::plain(1),
        size if size >= 1e-3 => NumberFormat::plain((2.0 - size.log10().floor()).max(0.0) as usize),
        _ => NumberFormat::exponent(2),
    }
}

/// The values written at the ends of horizontal bars, and the room that each needs there.
fn written(plot: &Plot, look: &Look) -> Vec<(f64, f64)> {
    let Shape::Bars(runs) = &plot.shape else { return Vec::new() };
    if !plot.chart.values {
        return Vec::new();
    }
    let format = value_format(plot);
    let room = |value: f64| font::width(&format.format(value), look.value(), false) + look.size(TICK_GAP) * 1.5;
    runs.iter().flatten().map(|bar| (bar.value, room(bar.value))).collect()
}
