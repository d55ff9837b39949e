//! Cells whose colours are their values.

use plotters::prelude::{EmptyElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor};

use super::{Marks, Symbol, Tip, rectangle};
use crate::NumberFormat;
use crate::canvas::{points, units};
use crate::data::Run;
use crate::draw::look::Look;
use crate::draw::plane::{Drawn, Plane, Sheet};
use crate::font::{self, CAP_HEIGHT};
use crate::range::range;

/// The least width of a cell in points at full scale: narrower ones would fade away.
const LEAST_WIDTH: f64 = 0.4;

/// A cell a point: runs are rows from top to bottom.
#[derive(Debug)]
pub(crate) struct Cells {
    /// Half the width of a cell, in the unit of the keys.
    pub half: f64,
    /// The least and the largest value of all.
    pub range: (f64, f64),
    /// The key of a place and a row, where it is more than the place.
    pub key: Option<fn(f64, usize) -> f64>,
}

impl Cells {
    /// Cells of that width.
    pub fn new(runs: &[Run], half: f64) -> Cells {
        let values = runs.iter().flat_map(|run| run.points.iter().map(|point| point.1));
        Cells { half, range: range(values).unwrap_or((0.0, 1.0)), key: None }
    }

    fn color(&self, look: &Look, value: f64) -> RGBColor {
        let (low, high) = self.range;
        if is_diverging(self.range) {
            // Zero is the middle, and equal distances from it are equally strong.
            let most = high.max(-low);
            return look.ramp(true, (value / most + 1.0) / 2.0);
        }
        look.ramp(false, if high > low { (value - low) / (high - low) } else { 0.5 })
    }

    fn corners(&self, row: usize, at: f64) -> [(f64, f64); 2] {
        [(at - self.half, row as f64 - 0.5), (at + self.half, row as f64 + 0.5)]
    }
}

/// Whether values lie on both sides of zero, which then has a colour of its own.
pub(crate) fn is_diverging((low, high): (f64, f64)) -> bool {
    low < 0.0 && high > 0.0
}

impl Marks for Cells {
    fn key_range(&self, runs: &[Run]) -> Option<(f64, f64)> {
        range(runs.iter().flat_map(|run| run.points.iter().flat_map(|(x, _)| [x - self.half, x + self.half])))
    }

    fn ramp(&self) -> Option<(f64, f64)> {
        Some(self.range)
    }

    fn set_ramp(&mut self, range: (f64, f64)) {
        self.range = range;
    }

    fn symbol(&self, _: &Run) -> Symbol {
        Symbol::Ramp { diverging: is_diverging(self.range) }
    }

    fn tips(&self, runs: &[Run], plane: &Plane) -> Vec<Tip> {
        let mut tips = Vec::new();
        for (row, run) in runs.iter().enumerate() {
            for (at, value) in run.points.iter().filter(|(_, value)| value.is_finite()) {
                let (run, key) = match self.key {
                    Some(key) => (None, key(*at, row)),
                    None => (Some(row), *at),
                };
                let shape = rectangle(plane, self.corners(row, *at));
                tips.push(Tip { run, keys: Some((key, key)), values: vec![("", *value)], shape });
            }
        }
        tips
    }

    fn draw(&self, runs: &[Run], plane: &Plane, look: &Look) -> Drawn {
        let gap = look.units(0.6).unsigned_abs();
        let (keys, pixels) = (plane.get_x_range(), plane.get_x_axis_pixel_range());
        let in_a_point = (keys.end - keys.start) / points(pixels.end - pixels.start);
        for (row, run) in runs.iter().enumerate() {
            for (at, value) in run.points.iter().filter(|(_, value)| value.is_finite()) {
                let mut corners = self.corners(row, *at);
                corners[1].0 = corners[1].0.max(corners[0].0 + look.size(LEAST_WIDTH) * in_a_point);
                let mut cell = Rectangle::new(corners, self.color(look, *value).filled());
                let [one, other] = corners.map(|corner| plane.map_coordinate(&corner));
                let is_large = (other.0 - one.0).abs().min((other.1 - one.1).abs()) > 6 * gap as i32;
                if is_large {
                    cell.set_margin(gap, gap, gap, gap);
                }
                plane.draw(&cell)?;
            }
        }
        plane.present()
    }

    fn write(&self, runs: &[Run], _: &Sheet, plane: &Plane, look: &Look, format: &NumberFormat) -> Drawn {
        let size = look.value();
        let height = units(size * CAP_HEIGHT);
        for (row, run) in runs.iter().enumerate() {
            for (at, value) in run.points.iter().filter(|(_, value)| value.is_finite()) {
                let text = format.format(*value);
                let width = units(font::width(&text, size, false));
                let [one, other] = self.corners(row, *at).map(|corner| plane.map_coordinate(&corner));
                if width + height / 2 < (other.0 - one.0).abs() && height * 3 / 2 < (other.1 - one.1).abs() {
                    let color = look.on(self.color(look, *value));
                    let style = look.plain(size, HPos::Left).pos(Pos::new(HPos::Left, VPos::Top)).color(&color);
                    let text = Text::new(text, (-width / 2, -height / 2), style);
                    plane.draw(&(EmptyElement::at((*at, row as f64)) + text))?;
                }
            }
        }
        Ok(())
    }
}
