//! Bars from zero.

use plotters::prelude::{EmptyElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBAColor};

use super::{Marks, Symbol};
use crate::canvas::{points, units};
use crate::data::{Data, Keys, Run};
use crate::draw::look::{Look, TICK_GAP};
use crate::draw::plane::{Drawn, Plane, Sheet};
use crate::font::{self, CAP_HEIGHT};
use crate::range::range;
use crate::ticks::time;
use crate::{Chart, Column, NumberFormat};

/// Bars, one list a run.
#[derive(Debug)]
pub(crate) struct Bars {
    pub runs: Vec<Vec<Bar>>,
    /// Whether they lie rather than stand.
    pub horizontal: bool,
    /// Whether they touch: a hair lies between them then, and runs are drawn over each other.
    pub adjacent: bool,
}

/// A rectangle between two keys, from zero to a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bar {
    pub from: f64,
    pub to: f64,
    pub value: f64,
}

/// How much of the room for a key its bars take.
const BAR_SHARE: f64 = 0.76;

/// The least width of a bar in points at full scale: thinner ones would fade away.
const LEAST_BAR: f64 = 0.4;

impl Bars {
    /// The bars of one key side by side.
    pub fn side_by_side(chart: &Chart, data: &Data) -> Bars {
        let room = match data.keys {
            Keys::Names(_) => 1.0,
            Keys::Numbers | Keys::Moments => closest(chart, data),
        };
        let width = room * BAR_SHARE / data.left.len().max(1) as f64;
        let bars = |(place, run): (usize, &Run)| {
            let bar = |(x, y): &(f64, f64)| {
                let from = x - room * BAR_SHARE / 2.0 + width * place as f64;
                Bar { from, to: from + width, value: *y }
            };
            run.points.iter().filter(|(_, y)| y.is_finite()).map(bar).collect()
        };
        let runs = data.left.iter().enumerate().map(bars).collect();
        Bars { runs, horizontal: false, adjacent: false }
    }

    fn columns(&self, plane: &Plane, look: &Look, bars: &[Bar], color: RGBAColor) -> Drawn {
        let (keys, pixels) = (plane.get_x_range(), plane.get_x_axis_pixel_range());
        let in_a_point = (keys.end - keys.start) / points(pixels.end - pixels.start);
        for bar in bars {
            let corners = if self.horizontal {
                [(0.0, bar.from), (bar.value, bar.to)]
            } else {
                [(bar.from, 0.0), (bar.to.max(bar.from + look.size(LEAST_BAR) * in_a_point), bar.value)]
            };
            let mut rectangle = Rectangle::new(corners, color.filled());
            if self.adjacent {
                let gap = look.units(0.5).unsigned_abs();
                rectangle.set_margin(0, 0, gap, gap);
            }
            plane.draw(&rectangle)?;
        }
        plane.present()
    }

    /// Whether the room between the bars holds the values of all.
    fn have_room(&self, plane: &Plane, look: &Look, format: &NumberFormat) -> bool {
        let breadth = |bar: &Bar| match self.horizontal {
            true => plane.map_coordinate(&(0.0, bar.to)).1 - plane.map_coordinate(&(0.0, bar.from)).1,
            false => plane.map_coordinate(&(bar.to, 0.0)).0 - plane.map_coordinate(&(bar.from, 0.0)).0,
        };
        // A lone run of upright bars may write into the gaps between them.
        let share = if self.runs.len() == 1 && !self.horizontal { 1.25 } else { 1.0 };
        let size = look.value();
        let needed = |bar: &Bar| match self.horizontal {
            true => units(size * 0.8),
            false => units(font::width(&format.format(bar.value), size, false)),
        };
        self.runs.iter().flatten().all(|bar| f64::from(needed(bar)) <= f64::from(breadth(bar)) * share)
    }

    /// Whether bars hide each other in part.
    fn are_overlaid(&self) -> bool {
        self.adjacent && self.runs.len() > 1
    }
}

impl Marks for Bars {
    fn values<'a>(&'a self, _: &'a [Run]) -> Box<dyn Iterator<Item = f64> + 'a> {
        Box::new(self.runs.iter().flatten().map(|bar| bar.value))
    }

    fn value_range(&self, runs: &[Run]) -> Option<(f64, f64)> {
        range(self.values(runs).chain([0.0]))
    }

    fn key_range(&self, _: &[Run]) -> Option<(f64, f64)> {
        range(self.runs.iter().flatten().flat_map(|bar| [bar.from, bar.to]))
    }

    fn stand_on_zero(&self) -> bool {
        true
    }

    fn have_key_grid(&self) -> bool {
        false
    }

    fn symbol(&self, run: &Run) -> Symbol {
        Symbol::Patch(run.color)
    }

    fn draw(&self, runs: &[Run], plane: &Plane, look: &Look) -> Drawn {
        let opacity = if self.are_overlaid() { 0.6 } else { 1.0 };
        let mut pairs = runs.iter().zip(&self.runs);
        pairs.try_for_each(|(run, bars)| self.columns(plane, look, bars, look.run(run.color).mix(opacity)))
    }

    fn write(&self, _: &[Run], _: &Sheet, plane: &Plane, look: &Look, format: &NumberFormat) -> Drawn {
        if self.are_overlaid() || !self.have_room(plane, look, format) {
            return Ok(());
        }
        let size = look.value();
        let (height, pad) = (units(size * CAP_HEIGHT), units(size * 0.15));
        let beside = look.units(TICK_GAP * 0.7);
        let above = look.units(TICK_GAP * 0.56);
        for bar in self.runs.iter().flatten() {
            let text = format.format(bar.value);
            let width = units(font::width(&text, size, false));
            let middle = (bar.from + bar.to) / 2.0;
            // The upper left corner of the text's box, from the middle of the bar's end.
            let (end, left, top) = match (self.horizontal, bar.value < 0.0) {
                (true, false) => ((bar.value, middle), beside, -height / 2),
                (true, true) => ((bar.value, middle), -beside - width, -height / 2),
                (false, false) => ((middle, bar.value), -width / 2, -above - height),
                (false, true) => ((middle, bar.value), -width / 2, above),
            };
            // A patch of background, so that no grid line runs through the digits.
            let patch = [(left - pad, top - pad), (left + width + pad, top + height + pad)];
            let style = look.plain(size, HPos::Left).pos(Pos::new(HPos::Left, VPos::Top));
            let patch = Rectangle::new(patch, look.colors.background.filled());
            plane.draw(&(EmptyElement::at(end) + patch + Text::new(text, (left, top), style)))?;
        }
        Ok(())
    }
}

/// The least distance between two keys: what one bar may take.
fn closest(chart: &Chart, data: &Data) -> f64 {
    let mut keys: Vec<f64> = data.left.iter().flat_map(|run| run.points.iter().map(|point| point.0)).collect();
    keys.sort_by(f64::total_cmp);
    keys.dedup();
    let alone = if matches!(chart.keys, Column::Date(_)) { time::DAY as f64 } else { 60.0 };
    keys.windows(2).map(|pair| pair[1] - pair[0]).reduce(f64::min).unwrap_or(alone)
}
