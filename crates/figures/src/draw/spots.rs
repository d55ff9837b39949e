//! What the marks of a chart tell when they are pointed at.

use std::collections::HashSet;
use std::convert::Infallible;

use plotters::element::{Drawable, PointCollection};
use plotters_backend::{BackendCoord, DrawingErrorKind};

use super::layout::Layout;
use super::look::Look;
use super::plane::{Drawn, Plane, Sheet};
use crate::NumberFormat;
use crate::canvas::{Canvas, Place, Spot};
use crate::data::{Keys, Run};
use crate::marks::Tip;
use crate::plot::Plot;

/// Of more spots than this, only one is kept in each place that a pointer can tell from others.
const MOST_SPOTS: usize = 2000;
/// The size of such a place in points at full scale.
const PLACE: f64 = 5.0;

/// Adds what all marks of a chart tell to the canvas.
pub(super) fn add(sheet: &Sheet, plot: &Plot, look: &Look, layout: &Layout) -> Drawn {
    let left = layout.left_plane(sheet, plot);
    let format = plot.value_format_in_full();
    let told = Side { plot, runs: &plot.data.left, label: plot.value_label(), format };
    told.add(sheet, &left, look, plot.left_marks.tips(&plot.data.left, &left))?;
    if let Some(right) = layout.right_plane(sheet) {
        let format = plot.chart.y2_format.clone().map_or_else(NumberFormat::full, NumberFormat::in_full);
        let format = format.in_locale(plot.chart.locale);
        let told = Side { plot, runs: &plot.data.right, label: plot.chart.y2_label.as_deref(), format };
        told.add(sheet, &right, look, plot.right_marks.tips(&plot.data.right, &right))?;
    }
    Ok(())
}

/// The marks of an axis, and what they are called.
struct Side<'a> {
    plot: &'a Plot<'a>,
    runs: &'a [Run],
    /// What their values are.
    label: Option<&'a str>,
    format: NumberFormat,
}

impl Side<'_> {
    fn add(&self, sheet: &Sheet, plane: &Plane, look: &Look, tips: Vec<Tip>) -> Drawn {
        let (across, down) = (plane.get_x_axis_pixel_range(), plane.get_y_axis_pixel_range());
        let is_seen = |(x, y): &Place| {
            (across.start..=across.end).contains(x) && (down.start.min(down.end)..=down.start.max(down.end)).contains(y)
        };
        let cell = look.units(PLACE).max(1);
        let is_many = tips.len() > MOST_SPOTS;
        let mut taken = HashSet::new();
        for tip in tips {
            let is_free = |place: &Place| taken.insert((place.0 / cell, place.1 / cell));
            let kept = tip.shape.iter().any(is_seen) && (!is_many || tip.shape.first().is_some_and(is_free));
            if kept {
                sheet.draw(&Told { text: self.text(&tip), shape: tip.shape })?;
            }
        }
        Ok(())
    }

    /// The key, then a line for each value.
    fn text(&self, tip: &Tip) -> String {
        let plot = self.plot;
        let run = tip.run.and_then(|place| self.runs.get(place)).map(|run| run.name.as_str());
        let is_alone = self.plot.data.left.len() + self.plot.data.right.len() < 2;
        let name = run.filter(|name| !name.is_empty());
        let mut lines = Vec::new();
        match tip.keys {
            Some((from, to)) if from == to => lines.push(self.key(from)),
            Some((from, to)) => lines.push(format!("{} – {}", self.key(from), plot.key_label(to))),
            None => lines.extend(name.map(str::to_owned)),
        }
        let named = name.filter(|_| tip.keys.is_some() && !is_alone);
        for (what, value) in &tip.values {
            let value = self.format.format(*value);
            let label = if what.is_empty() { named.or(self.label) } else { Some(*what) };
            lines.push(label.map_or_else(|| value.clone(), |label| format!("{label}: {value}")));
        }
        if tip.values.len() > 1 {
            lines.extend(named.map(str::to_owned));
        }
        lines.join("\n")
    }

    /// A key with what it is, if it is a number.
    fn key(&self, at: f64) -> String {
        let key = self.plot.key_label(at);
        let label = self.plot.chart.x_label.as_ref().filter(|_| self.plot.data.keys == Keys::Numbers);
        label.map_or_else(|| key.clone(), |label| format!("{label}: {key}"))
    }
}

/// A spot on its way to the canvas.
struct Told {
    shape: Vec<Place>,
    text: String,
}

impl<'a> PointCollection<'a, BackendCoord> for &'a Told {
    type Point = &'a BackendCoord;
    type IntoIter = &'a [BackendCoord];

    fn point_iter(self) -> Self::IntoIter {
        &self.shape
    }
}

impl Drawable<Canvas> for Told {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        places: I,
        canvas: &mut Canvas,
        _: (u32, u32),
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        canvas.spots.push(Spot { shape: places.collect(), text: self.text.clone() });
        Ok(())
    }
}
