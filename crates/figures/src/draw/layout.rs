//! Where everything stands: measured first, drawn after.

use super::area::Area;
use super::axis::Axis;
use super::head;
use super::look::{Look, TICK_GAP};
use super::plane::{Plane, Sheet, plane};
use super::scale::{self, SLANT};
use crate::plot::Plot;
use crate::{Scale, font};

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
        let room = area.width() * MOST_NAMES;
        let none = Axis { low: 0.0, high: 1.0, ticks: Vec::new(), slanted: false, scale: Scale::Linear };
        if !plot.chart.kind.0.has_axes() {
            return Layout { area, frame, bottom: none.clone(), left: none, right: None };
        }
        if plot.chart.kind.0.has_rows() {
            let bottom = scale::horizontal(plot, frame.width(), area.height(), look.tick());
            frame.bottom -= foot(plot, look, &bottom);
            let left = scale::names_down(&plot.row_names(), plot.left, frame.height(), look.tick(), room);
            return Layout { area, frame, bottom, left, right: None };
        }
        if plot.is_horizontal() {
            let bottom = scale::values_along(plot, frame.width(), look.tick(), &written(plot, look));
            frame.bottom -= foot(plot, look, &bottom);
            let left = scale::names_down(&plot.key_names(), plot.keys, frame.height(), look.tick(), room);
            return Layout { area, frame, bottom, left, right: None };
        }
        let bottom = scale::horizontal(plot, frame.width(), area.height(), look.tick());
        frame.bottom -= foot(plot, look, &bottom);
        let room_above = if plot.chart.values { look.value() * 1.6 } else { 0.0 };
        let (left, grid) = scale::vertical(plot, frame.height(), look.tick(), room_above);
        let right = scale::right(plot, &left, grid.as_ref());
        Layout { area, frame, bottom, left, right }
    }

    /// The rectangle between the axes with the bottom and the left axis. The names of horizontal bars count from the top.
    pub fn left_plane(&self, sheet: &Sheet, plot: &Plot) -> Plane<'_> {
        plane(sheet, self.frame, &self.bottom, &self.left, plot.counts_down())
    }

    /// The same rectangle with the bottom and the right axis.
    pub fn right_plane(&self, sheet: &Sheet) -> Option<Plane<'_>> {
        self.right.as_ref().map(|right| plane(sheet, self.frame, &self.bottom, right, false))
    }

    /// The room that this layout's labels take to the left and to the right of the frame.
    fn needed_sides(&self, plot: &Plot, look: &Look) -> (f64, f64) {
        if !plot.chart.kind.0.has_axes() {
            return (0.0, 0.0);
        }
        let size = look.tick();
        let gap = look.size(TICK_GAP);
        let name = |given: bool| if given { look.label() * LABEL_ROOM } else { 0.0 };
        let mut left = self.left.label_width(size) + gap + name(plot.left_label().is_some());
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

/// The room of an axis' name, in font sizes.
pub(super) const LABEL_ROOM: f64 = 1.7;

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
    let name = if plot.bottom_label().is_some() { look.label() * LABEL_ROOM } else { 0.0 };
    look.size(TICK_GAP) + labels + name
}

/// The values written at the ends of horizontal bars, and the room that each needs there.
fn written(plot: &Plot, look: &Look) -> Vec<(f64, f64)> {
    if !plot.chart.values {
        return Vec::new();
    }
    let format = plot.value_format();
    let room = |value: f64| font::width(&format.format(value), look.value(), false) + look.size(TICK_GAP) * 1.5;
    plot.left_marks.written(&plot.data.left).into_iter().map(|(value, end)| (end, room(value))).collect()
}
