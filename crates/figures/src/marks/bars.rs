//! Bars from zero.

use std::collections::HashMap;

use plotters::prelude::{EmptyElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBAColor};

use super::lines::trace;
use super::{Marks, Symbol, Tip, rectangle, side_by_side};
use crate::canvas::{Place, points, units};
use crate::data::{Data, Keys, Run};
use crate::draw::look::{Look, TICK_GAP};
use crate::draw::plane::{Drawn, Plane, Sheet};
use crate::font::{self, CAP_HEIGHT};
use crate::range::range;
use crate::ticks::time;
use crate::{Chart, Column, NumberFormat, Stack};

/// Bars, one list a run.
#[derive(Debug)]
pub(crate) struct Bars {
    pub runs: Vec<Vec<Bar>>,
    /// Whether they lie rather than stand.
    pub horizontal: bool,
    /// Whether they touch: a hair lies between them then.
    pub adjacent: bool,
    /// How runs share the room of a key.
    pub arrangement: Arrangement,
    /// How wide one is, where they are side by side.
    pub width: f64,
}

/// How the bars of several runs share the room of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrangement {
    /// Side by side.
    Beside,
    /// Upon each other.
    Stacked,
    /// Over each other.
    Overlaid,
}

/// A rectangle between two keys, from a base to an end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bar {
    pub from: f64,
    pub to: f64,
    pub base: f64,
    pub end: f64,
}

impl Bar {
    /// What it stands for.
    pub fn value(&self) -> f64 {
        self.end - self.base
    }
}

/// How much of the room for a key its bars take.
const BAR_SHARE: f64 = 0.76;

/// The least width of a bar in points at full scale: thinner ones would fade away.
const LEAST_BAR: f64 = 0.4;

impl Bars {
    /// The bars of one key side by side, or upon each other.
    pub fn new(chart: &Chart, data: &Data) -> Bars {
        let room = match data.keys {
            Keys::Names(_) => 1.0,
            Keys::Numbers | Keys::Moments => closest(chart, data),
        };
        let count = side_by_side(&data.left);
        let width = room * BAR_SHARE / count as f64;
        let bars = |(place, run): (usize, &Run)| {
            let bar = |(x, y): &(f64, f64)| {
                let from = x - room * BAR_SHARE / 2.0 + width * (place % count) as f64;
                Bar { from, to: from + width, base: 0.0, end: *y }
            };
            run.points.iter().filter(|(_, y)| y.is_finite()).map(bar).collect()
        };
        let (runs, arrangement) = match chart.stack {
            Some(Stack::Sum | Stack::Share) => (stacked(&data.left, room), Arrangement::Stacked),
            Some(Stack::No) | None => (data.left.iter().enumerate().map(bars).collect(), Arrangement::Beside),
        };
        Bars { runs, horizontal: false, adjacent: false, arrangement, width }
    }

    fn columns(&self, plane: &Plane, look: &Look, bars: &[Bar], color: RGBAColor) -> Drawn {
        let (keys, pixels) = (plane.get_x_range(), plane.get_x_axis_pixel_range());
        let in_a_point = (keys.end - keys.start) / points(pixels.end - pixels.start);
        for bar in bars {
            let corners = if self.horizontal {
                [(bar.base, bar.from), (bar.end, bar.to)]
            } else {
                [(bar.from, bar.base), (bar.to.max(bar.from + look.size(LEAST_BAR) * in_a_point), bar.end)]
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
        // A lone run of upright bars may write into the gaps between them, if there are any.
        let share = match self.runs.len() == 1 && !self.horizontal {
            true if self.adjacent => 0.95,
            true => 1.25,
            false => 1.0,
        };
        let size = look.value();
        let needed = |bar: &Bar| match self.horizontal {
            true => units(size * 0.8),
            false => units(font::width(&format.format(bar.value()), size, false)),
        };
        self.runs.iter().flatten().all(|bar| f64::from(needed(bar)) <= f64::from(breadth(bar)) * share)
    }

    /// The bars, each with the place beyond which nothing is drawn of it: its end, or that of what its value may be.
    fn with_ends<'a>(&'a self, runs: &'a [Run]) -> impl Iterator<Item = (&'a Bar, f64)> {
        let of_run = |(run, bars): (&'a Run, &'a Vec<Bar>)| {
            let mut keys = run.points.iter().filter(|(_, y)| y.is_finite()).map(|point| point.0);
            bars.iter().map(move |bar| {
                let spread = keys.next().and_then(|key| run.spread.iter().find(|(at, _, _)| *at == key));
                let end = match spread {
                    Some((_, low, _)) if bar.value() < 0.0 => bar.end.min(*low),
                    Some((_, _, high)) => bar.end.max(*high),
                    None => bar.end,
                };
                (bar, end)
            })
        };
        runs.iter().zip(&self.runs).flat_map(of_run)
    }

    /// Whether bars hide each other in part.
    fn are_overlaid(&self) -> bool {
        self.arrangement == Arrangement::Overlaid && self.runs.len() > 1
    }

    /// Writes the values in the middle of what is seen of their bars, where that is large enough.
    fn write_inside(&self, runs: &[Run], sheet: &Sheet, plane: &Plane, look: &Look, format: &NumberFormat) -> Drawn {
        let size = look.value();
        let height = units(size * CAP_HEIGHT);
        for (run, bars) in runs.iter().zip(&self.runs) {
            let color = look.on(look.run(run.color));
            let style = look.plain(size, HPos::Left).pos(Pos::new(HPos::Left, VPos::Top)).color(&color);
            for bar in bars {
                let [one, other] = self.seen(plane, bar);
                let text = format.format(bar.value());
                let width = units(font::width(&text, size, false));
                if width < (one.0 - other.0).abs() && height * 3 / 2 < (one.1 - other.1).abs() {
                    let (x, y) = ((one.0 + other.0) / 2, (one.1 + other.1) / 2);
                    sheet.draw_text(&text, &style, (x - width / 2, y - height / 2))?;
                }
            }
        }
        Ok(())
    }

    /// Opposite corners of the part of a bar that lies on both axes.
    fn seen(&self, plane: &Plane, bar: &Bar) -> [Place; 2] {
        let (across, down) = (plane.get_x_axis_pixel_range(), plane.get_y_axis_pixel_range());
        [(bar.from, bar.base), (bar.to, bar.end)].map(|(key, value)| {
            let (x, y) = plane.map_coordinate(&if self.horizontal { (value, key) } else { (key, value) });
            (x.clamp(across.start, across.end), y.clamp(down.start.min(down.end), down.start.max(down.end)))
        })
    }
}

impl Marks for Bars {
    fn values<'a>(&'a self, _: &'a [Run]) -> Box<dyn Iterator<Item = f64> + 'a> {
        Box::new(self.runs.iter().flatten().map(Bar::value))
    }

    fn written(&self, runs: &[Run]) -> Vec<(f64, f64)> {
        self.with_ends(runs).map(|(bar, end)| (bar.value(), end)).collect()
    }

    fn value_range(&self, _: &[Run]) -> Option<(f64, f64)> {
        range(self.runs.iter().flatten().flat_map(|bar| [bar.base, bar.end]).chain([0.0]))
    }

    fn key_range(&self, _: &[Run]) -> Option<(f64, f64)> {
        range(self.runs.iter().flatten().flat_map(|bar| [bar.from, bar.to]))
    }

    fn stand_on_zero(&self) -> bool {
        true
    }

    fn shift(&self, run: usize) -> f64 {
        if self.arrangement == Arrangement::Beside {
            (run as f64 + 0.5) * self.width - self.width * self.runs.len() as f64 / 2.0
        } else {
            0.0
        }
    }

    fn have_key_grid(&self) -> bool {
        false
    }

    fn symbol(&self, run: &Run) -> Symbol {
        Symbol::Patch(run.color)
    }

    fn tips(&self, runs: &[Run], plane: &Plane) -> Vec<Tip> {
        let mut tips = Vec::new();
        for (place, (run, bars)) in runs.iter().zip(&self.runs).enumerate() {
            let mut keys = run.points.iter().filter(|(_, y)| y.is_finite()).map(|point| (point.0, point.0));
            for bar in bars {
                // Bins have no key but their edges.
                let keys = if self.adjacent { Some((bar.from, bar.to)) } else { keys.next() };
                let corners = [(bar.from, bar.base), (bar.to, bar.end)];
                let corners = if self.horizontal { corners.map(|(key, value)| (value, key)) } else { corners };
                let shape = rectangle(plane, corners);
                tips.push(Tip { run: Some(place), keys, values: vec![("", bar.value())], shape });
            }
        }
        tips
    }

    fn draw(&self, runs: &[Run], plane: &Plane, look: &Look) -> Drawn {
        let opacity = if self.are_overlaid() { 0.4 } else { 1.0 };
        for (run, bars) in runs.iter().zip(&self.runs) {
            self.columns(plane, look, bars, look.run(run.color).mix(opacity))?;
        }
        if self.are_overlaid() {
            runs.iter().zip(&self.runs).try_for_each(|(run, bars)| outline(plane, look, run, bars))?;
        }
        Ok(())
    }

    fn write(&self, runs: &[Run], sheet: &Sheet, plane: &Plane, look: &Look, format: &NumberFormat) -> Drawn {
        if self.arrangement == Arrangement::Stacked && self.runs.len() > 1 {
            return self.write_inside(runs, sheet, plane, look, format);
        }
        if self.are_overlaid() || !self.have_room(plane, look, format) {
            return Ok(());
        }
        let size = look.value();
        let (height, pad) = (units(size * CAP_HEIGHT), units(size * 0.15));
        let beside = look.units(TICK_GAP * 0.7);
        let above = look.units(TICK_GAP * 0.56);
        for (bar, end) in self.with_ends(runs).filter(|(bar, end)| is_inside(plane, self.horizontal, bar, *end)) {
            let text = format.format(bar.value());
            let width = units(font::width(&text, size, false));
            let middle = (bar.from + bar.to) / 2.0;
            // The upper left corner of the text's box, from the middle of the bar's end.
            let (end, left, top) = match (self.horizontal, bar.value() < 0.0) {
                (true, false) => ((end, middle), beside, -height / 2),
                (true, true) => ((end, middle), -beside - width, -height / 2),
                (false, false) => ((middle, end), -width / 2, -above - height),
                (false, true) => ((middle, end), -width / 2, above),
            };
            // Where an axis has a given end, there may be no room beyond a bar's.
            let (from, frame) = (plane.map_coordinate(&end).0 + left, plane.get_x_axis_pixel_range());
            if self.horizontal && (from + pad < frame.start || from + width > frame.end + pad) {
                continue;
            }
            let (down, below) = (plane.get_y_axis_pixel_range(), plane.map_coordinate(&end).1 + top + height);
            if !self.horizontal && below > down.start.max(down.end) {
                continue;
            }
            // A patch of background, so that no grid line runs through the digits.
            let patch = [(left - pad, top - pad), (left + width + pad, top + height + pad)];
            let style = look.plain(size, HPos::Left).pos(Pos::new(HPos::Left, VPos::Top));
            let patch = Rectangle::new(patch, look.colors.background.filled());
            plane.draw(&(EmptyElement::at(end) + patch + Text::new(text, (left, top), style)))?;
        }
        Ok(())
    }
}

/// The line along the ends of bars that touch: it tells what hides them from what they hide.
fn outline(plane: &Plane, look: &Look, run: &Run, bars: &[Bar]) -> Drawn {
    let tops = bars.iter().flat_map(|bar| [(bar.from, bar.end), (bar.to, bar.end)]);
    let first = bars.first().map(|bar| (bar.from, bar.base));
    let last = bars.last().map(|bar| (bar.to, bar.base));
    let points: Vec<(f64, f64)> = first.into_iter().chain(tops).chain(last).collect();
    trace(plane, points, look.run(run.color).to_rgba(), look.pen(1.6, look.dash(run.color)))?;
    plane.present()
}

/// Whether an end of a bar is on its axis, and its middle on that of the keys.
fn is_inside(plane: &Plane, horizontal: bool, bar: &Bar, end: f64) -> bool {
    let (x, y) = (plane.get_x_range(), plane.get_y_range());
    let (values, keys) = if horizontal { (x, y) } else { (y, x) };
    let middle = (bar.from + bar.to) / 2.0;
    (values.start..=values.end).contains(&end) && (keys.start..=keys.end).contains(&middle)
}

/// Bars of each key upon each other, those below zero downwards.
fn stacked(runs: &[Run], room: f64) -> Vec<Vec<Bar>> {
    let mut ends: HashMap<u64, (f64, f64)> = HashMap::new();
    let mut bar = |(x, y): &(f64, f64)| {
        let (below, above) = ends.entry(x.to_bits()).or_default();
        let end = if *y < 0.0 { below } else { above };
        let base = *end;
        *end += y;
        Bar { from: x - room * BAR_SHARE / 2.0, to: x + room * BAR_SHARE / 2.0, base, end: *end }
    };
    let mut bars = |run: &Run| run.points.iter().filter(|(_, y)| y.is_finite()).map(&mut bar).collect();
    runs.iter().map(&mut bars).collect()
}

/// The least distance between two keys: what one bar may take.
fn closest(chart: &Chart, data: &Data) -> f64 {
    let mut keys: Vec<f64> = data.left.iter().flat_map(|run| run.points.iter().map(|point| point.0)).collect();
    keys.sort_by(f64::total_cmp);
    keys.dedup();
    let alone = if matches!(chart.keys, Column::Date(_)) { time::DAY as f64 } else { 60.0 };
    keys.windows(2).map(|pair| pair[1] - pair[0]).reduce(f64::min).unwrap_or(alone)
}
