//! Labels of axes that have room: what would touch another one, or leave the chart, is left out.

use super::axis::Axis;
use super::layout::{LABEL_ROOM, Layout};
use super::look::{Look, TICK_GAP};
use crate::font::{self, CAP_HEIGHT};
use crate::plot::Plot;
use crate::ticks::Tick;

/// Between two labels, in font sizes: along an axis, and from line to line.
const APART: f64 = 0.4;
const LINE: f64 = 1.1;
/// A frame that is lower has no labels beside it, in font sizes.
const LEAST_HEIGHT: f64 = 1.2;

impl Layout {
    /// The layout without labels that have no room. Only charts that are too small for their axes lose some.
    pub fn legible(mut self, plot: &Plot, look: &Look) -> Layout {
        let (frame, area, size) = (self.frame, self.area, look.tick());
        let gap = look.size(TICK_GAP);
        let name = |is_named: bool| if is_named { look.label() * LABEL_ROOM } else { 0.0 };
        let rooms = [
            frame.left - area.left - gap - name(plot.left_label().is_some()),
            area.right - frame.right - gap - name(plot.chart.y2_label.is_some()),
        ];
        let down = Down { top: frame.top, height: frame.height(), ends: (area.top, area.bottom), size };
        down.keep(&mut self.left, rooms[0], plot.counts_down());
        if let Some(right) = &mut self.right {
            down.keep(right, rooms[1], false);
        }
        if frame.bottom - frame.top < size * LEAST_HEIGHT {
            // Title, legend and names have taken all of a chart that is too low for them.
            self.left.ticks.iter_mut().for_each(clear);
            self.right.iter_mut().flat_map(|right| &mut right.ticks).for_each(clear);
        }
        if frame.bottom + gap + size * CAP_HEIGHT > area.bottom {
            self.bottom.ticks.iter_mut().for_each(clear);
        } else if !self.bottom.slanted {
            let ends = (area.left - frame.left, area.right - frame.left);
            keep_along(&mut self.bottom, frame.width(), ends, size);
        }
        self
    }
}

/// Where the labels of a vertical axis may stand.
struct Down {
    top: f64,
    height: f64,
    ends: (f64, f64),
    size: f64,
}

impl Down {
    /// Leaves out what touches the label before it or is wider than the room. Names are shortened instead; they go from the top.
    fn keep(&self, axis: &mut Axis, room: f64, are_names: bool) {
        let shares: Vec<f64> = axis.ticks.iter().map(|tick| axis.share(tick.at)).collect();
        let mut last: Option<(f64, f64)> = None;
        for (tick, share) in axis.ticks.iter_mut().zip(shares) {
            for text in [&mut tick.text, &mut tick.below] {
                if font::width(text, self.size, false) > room + 0.5 {
                    *text = if are_names { font::shorten(text, self.size, false, room) } else { String::new() };
                }
            }
            let middle = self.top + self.height * if are_names { share } else { 1.0 - share };
            let half = self.size * LINE / 2.0 * if tick.below.is_empty() { 1.0 } else { 2.0 };
            let (from, to) = (middle - half, middle + half);
            let touches = last.is_some_and(|(above, below)| from < below - 0.5 && to > above + 0.5);
            if touches || from < self.ends.0 - half || to > self.ends.1 + half / 2.0 {
                clear(tick);
            } else if !tick.text.is_empty() {
                last = Some((from, to));
            }
        }
    }
}

/// Leaves out labels along the bottom that touch the one before, or do not end within `ends`, which like the places of the
/// ticks are counted from the frame's left edge.
fn keep_along(axis: &mut Axis, width: f64, ends: (f64, f64), size: f64) {
    let places: Vec<f64> = axis.ticks.iter().map(|tick| axis.share(tick.at) * width).collect();
    let mut last = f64::NEG_INFINITY;
    for (tick, place) in axis.ticks.iter_mut().zip(places) {
        let half = font::widest([tick.text.as_str(), tick.below.as_str()], size) / 2.0;
        if half == 0.0 {
            continue;
        }
        if place - half < last + size * APART || place - half < ends.0 - 0.5 || place + half > ends.1 + 0.5 {
            clear(tick);
        } else {
            last = place + half;
        }
    }
}

fn clear(tick: &mut Tick) {
    tick.text.clear();
    tick.below.clear();
}
