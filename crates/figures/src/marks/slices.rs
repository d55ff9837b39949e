//! Slices of a circle.

use plotters::prelude::{EmptyElement, PathElement, Polygon, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{Marks, Symbol, Tip};
use crate::canvas::units;
use crate::data::Run;
use crate::draw::look::Look;
use crate::draw::plane::{Drawn, Plane, Sheet};
use crate::font::{self, CAP_HEIGHT};
use crate::{Locale, NumberFormat};

/// A slice a run, from the top clockwise.
#[derive(Debug)]
pub(crate) struct Slices {
    /// The radius of the hole, as a share of the whole.
    pub hole: f64,
    /// The language of the shares.
    pub locale: Locale,
    /// Whether shares are written rather than values.
    pub shares: bool,
}

/// The width of the line between slices, in points at full scale.
const HAIR: f64 = 1.4;
/// How many times as wide as that line a slice must be to be set off by it.
const WIDE_SLICE: f64 = 3.0;

/// A circle in the unit of the plane's axes.
struct Circle<'a> {
    plane: &'a Plane<'a>,
    /// In units of the canvas.
    radius: f64,
}

impl<'a> Circle<'a> {
    fn new(plane: &'a Plane<'a>) -> Self {
        let (x, y) = (plane.get_x_axis_pixel_range(), plane.get_y_axis_pixel_range());
        Circle { plane, radius: f64::from((x.end - x.start).abs().min((y.end - y.start).abs())) / 2.0 * 0.96 }
    }

    /// The place at a share of the way round, and of the radius.
    fn at(&self, turn: f64, share: f64) -> (f64, f64) {
        let (x, y) = (self.plane.get_x_range(), self.plane.get_y_range());
        let (across, up) = (self.plane.get_x_axis_pixel_range(), self.plane.get_y_axis_pixel_range());
        let (sin, cos) = (turn * std::f64::consts::TAU).sin_cos();
        let unit =
            |range: &std::ops::Range<f64>, pixels: i32| (range.end - range.start) / f64::from(pixels.abs().max(1));
        let radius = self.radius * share;
        (
            (x.start + x.end) / 2.0 + sin * radius * unit(&x, across.end - across.start),
            (y.start + y.end) / 2.0 + cos * radius * unit(&y, up.end - up.start),
        )
    }

    fn arc(&self, from: f64, to: f64, share: f64) -> Vec<(f64, f64)> {
        let steps = ((to - from) * 360.0).ceil().max(1.0) as usize;
        (0..=steps).map(|step| self.at(from + (to - from) * step as f64 / steps as f64, share)).collect()
    }
}

/// Each run's value, and where its slice begins and ends, as shares of the way round.
fn turns(runs: &[Run]) -> Vec<(f64, f64, f64)> {
    let value = |run: &Run| run.points.iter().map(|point| point.1).filter(|value| value.is_finite()).sum::<f64>();
    let total: f64 = runs.iter().map(value).sum();
    let mut from = 0.0;
    let mut turn = |run: &Run| {
        let share = if total > 0.0 { value(run) / total } else { 0.0 };
        let start = from;
        from += share;
        (value(run), start, from)
    };
    runs.iter().map(&mut turn).collect()
}

impl Marks for Slices {
    fn symbol(&self, run: &Run) -> Symbol {
        Symbol::Patch(run.color)
    }

    fn tips(&self, runs: &[Run], plane: &Plane) -> Vec<Tip> {
        let circle = Circle::new(plane);
        let turns = turns(runs).into_iter().enumerate().filter(|(_, (_, from, to))| to > from);
        let tip = |(place, (value, from, to)): (usize, (f64, f64, f64))| Tip {
            run: Some(place),
            keys: None,
            values: vec![("", value)],
            shape: self.outline(&circle, from, to).iter().map(|corner| plane.map_coordinate(corner)).collect(),
        };
        turns.map(tip).collect()
    }

    fn draw(&self, runs: &[Run], plane: &Plane, look: &Look) -> Drawn {
        let circle = Circle::new(plane);
        let turns = turns(runs);
        for (run, (_, from, to)) in runs.iter().zip(&turns).filter(|(_, (_, from, to))| to > from) {
            plane.draw(&Polygon::new(self.outline(&circle, *from, *to), look.run(run.color)))?;
        }
        plane.present()?;
        let hair = look.line(look.colors.background, HAIR);
        // Between slices that are themselves hardly wider, it would hide them.
        let is_wide = |(_, from, to): &(f64, f64, f64)| {
            (to - from) * std::f64::consts::TAU * circle.radius > look.units(WIDE_SLICE * HAIR).into()
        };
        let seen: Vec<_> = turns.iter().filter(|(_, from, to)| to > from).collect();
        for (place, slice) in seen.iter().enumerate().filter(|_| seen.len() > 1) {
            let before = seen[(place + seen.len() - 1) % seen.len()];
            if is_wide(slice) && is_wide(before) {
                plane.draw(&PathElement::new([circle.at(slice.1, self.hole), circle.at(slice.1, 1.0)], hair))?;
            }
        }
        plane.present()?;
        if self.shares {
            let share = NumberFormat::parse(".0%").unwrap_or_else(|_| NumberFormat::plain(2)).in_locale(self.locale);
            return self.label(runs, plane, look, |_, part| share.format(part));
        }
        Ok(())
    }

    fn write(&self, runs: &[Run], _: &Sheet, plane: &Plane, look: &Look, format: &NumberFormat) -> Drawn {
        self.label(runs, plane, look, |value, _| format.format(value))
    }
}

impl Slices {
    fn outline(&self, circle: &Circle, from: f64, to: f64) -> Vec<(f64, f64)> {
        let inner = circle.arc(from, to, self.hole).into_iter().rev();
        circle.arc(from, to, 1.0).into_iter().chain(inner).collect()
    }

    /// Writes into each slice that has the room what `text` makes of its value and its share.
    fn label(&self, runs: &[Run], plane: &Plane, look: &Look, text: impl Fn(f64, f64) -> String) -> Drawn {
        let (circle, size) = (Circle::new(plane), look.value());
        let height = units(size * CAP_HEIGHT);
        let middle = if self.hole > 0.0 { (1.0 + self.hole) / 2.0 } else { 0.68 };
        for (run, (value, from, to)) in runs.iter().zip(turns(runs)) {
            let text = text(value, to - from);
            let width = units(font::width(&text, size, false));
            // Half the way round or more has room for any text that the ring is wide enough for.
            let chord = 2.0 * circle.radius * middle * ((to - from).min(0.5) * std::f64::consts::PI).sin();
            let needed = f64::from(width).hypot(f64::from(height)) * 1.05;
            let depth = circle.radius * (1.0 - self.hole.max(0.3));
            if chord >= needed && depth >= f64::from(width) {
                let color = look.on(look.run(run.color));
                let style = look.plain(size, HPos::Left).pos(Pos::new(HPos::Left, VPos::Top)).color(&color);
                let text = Text::new(text, (-width / 2, -height / 2), style);
                plane.draw(&(EmptyElement::at(circle.at((from + to) / 2.0, middle)) + text))?;
            }
        }
        Ok(())
    }
}
