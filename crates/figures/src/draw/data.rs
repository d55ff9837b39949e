//! The data, what they are compared with, and what is written at them.

use plotters::prelude::Rectangle;
use plotters::style::Color;

use super::elements::Clip;
use super::layout::Layout;
use super::look::Look;
use super::plane::{Drawn, Plane, Sheet, place};
use super::{notes, spots};
use crate::marks::lines::trace;
use crate::marks::spread;
use crate::plot::Plot;
use crate::references::Line;
use crate::{Direction, Scale};

/// Draws the right axis over the left one, fitted lines over both, then the values.
pub(super) fn draw(sheet: &Sheet, plot: &Plot, look: &Look, layout: &Layout) -> Drawn {
    let left = layout.left_plane(sheet, plot);
    let is_limited = plot.chart.x_axis.is_limited() || plot.chart.y_axis.is_limited();
    if is_limited {
        let frame = layout.frame;
        sheet.draw(&Clip(Some([place(frame.left, frame.top), place(frame.right, frame.bottom)])))?;
    }
    marks(sheet, plot, look, layout, &left)?;
    if is_limited {
        sheet.draw(&Clip(None))?;
    }
    if plot.chart.values {
        plot.left_marks.write(&plot.data.left, sheet, &left, look, &plot.value_format())?;
    }
    notes::draw(sheet, plot, look, &left)?;
    if look.is_pointed_at { spots::add(sheet, plot, look, layout) } else { Ok(()) }
}

fn marks(sheet: &Sheet, plot: &Plot, look: &Look, layout: &Layout, left: &Plane) -> Drawn {
    for line in plot.references.lines.iter().filter(|line| line.to.is_some()) {
        let [one, other] = ends(line, left);
        left.draw(&Rectangle::new([one, other], look.band().filled()))?;
    }
    let (kind, runs) = (plot.chart.kind.0, &plot.data.left);
    if kind.has_bands() {
        spread::bands(runs, left, look)?;
    }
    plot.left_marks.draw(runs, left, look)?;
    if !kind.has_bands() {
        spread::whiskers(&*plot.left_marks, runs, left, look, plot.is_horizontal())?;
    }
    if let Some(right) = layout.right_plane(sheet) {
        plot.right_marks.draw(&plot.data.right, &right, look)?;
    }
    for fit in &plot.fits {
        let color = fit.color.map_or(look.colors.trend, |place| look.run(Some(place)));
        trace(left, fitted(plot, fit.from, fit.to), color.to_rgba(), look.fit_pen(!kind.is_cloud()))?;
    }
    for (place, line) in plot.references.lines.iter().enumerate().filter(|(_, line)| line.to.is_none()) {
        trace(left, ends(line, left).to_vec(), look.colors.text.to_rgba(), look.reference_pen(place))?;
    }
    left.present()
}

/// The points of a fitted line: it is no straight one where an axis shows ratios.
fn fitted(plot: &Plot, from: (f64, f64), to: (f64, f64)) -> Vec<(f64, f64)> {
    let (x, y) = (plot.chart.x_axis.scale, plot.chart.y_axis.scale);
    if (x, y) == (Scale::Linear, Scale::Linear) {
        return vec![from, to];
    }
    let at = |share: f64| {
        let key = x.value(x.place(from.0) + (x.place(to.0) - x.place(from.0)) * share);
        (key, from.1 + (to.1 - from.1) * (key - from.0) / (to.0 - from.0))
    };
    (0..=100).map(|step| at(f64::from(step) / 100.0)).filter(|point| y.has(point.1)).collect()
}

/// Opposite corners of a band, or the ends of a line: names take the room around them.
pub(super) fn ends(line: &Line, plane: &Plane) -> [(f64, f64); 2] {
    let (x, y) = (plane.get_x_range(), plane.get_y_range());
    let to = line.to.unwrap_or(line.from);
    match line.direction {
        Direction::X => [(line.from, y.start), (to, y.end)],
        Direction::Y => [(x.start, line.from), (x.end, to)],
    }
}
