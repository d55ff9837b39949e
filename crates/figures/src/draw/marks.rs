//! The data themselves: lines, dots, bars and bands.

use std::collections::HashMap;

use plotters::prelude::{AreaSeries, Circle, EmptyElement, LineSeries, PointSeries, Polygon, Rectangle};
use plotters::style::{Color, RGBAColor};

use super::elements::Dashed;
use super::layout::Layout;
use super::look::Look;
use super::{Drawn, Plane, Sheet, plane};
use crate::Kind;
use crate::canvas::{Pen, points};
use crate::data::Run;
use crate::plot::{Bar, Layer, Plot, Shape};

/// Draws the data, the right axis over the left one, fitted lines over both.
pub(super) fn draw(sheet: &Sheet, plot: &Plot, look: &Look, layout: &Layout) -> Drawn {
    let left = plane::left(sheet, layout, plot.chart.kind);
    let scatter = plot.chart.kind == Kind::Scatter;
    match &plot.shape {
        Shape::Points => {
            for run in &plot.data.left {
                if scatter { dots(&left, look, run)? } else { line(&left, look, run, 1.0)? }
            }
        }
        Shape::Bars(runs) => {
            let opacity = if plot.chart.kind == Kind::Hist && runs.len() > 1 { 0.6 } else { 1.0 };
            for (run, bars) in plot.data.left.iter().zip(runs) {
                columns(&left, plot.chart.kind, look, bars, look.run(run.color).mix(opacity))?;
            }
        }
        Shape::Layers(runs) => {
            for (run, layers) in plot.data.left.iter().zip(runs) {
                bands(&left, look, run, layers, runs.len() > 1)?;
            }
        }
    }
    if let Some(right) = plane::right(sheet, layout) {
        for run in &plot.data.right {
            // What lies over the left axis' data lets it be seen.
            if scatter { dots(&right, look, run)? } else { line(&right, look, run, 0.75)? }
        }
    }
    for fit in &plot.fits {
        let color = fit.color.map_or(look.colors.trend, |place| look.colors.series(place));
        trace(&left, vec![fit.from, fit.to], color.to_rgba(), fit_pen(look, !scatter))?;
    }
    Ok(())
}

/// The pen of a fitted line.
pub(super) fn fit_pen(look: &Look, dashed: bool) -> Pen {
    look.pen(2.2, if dashed { "7 4" } else { "" })
}

/// A line through the points, solid or dashed.
fn trace(plane: &Plane, points: Vec<(f64, f64)>, color: RGBAColor, pen: Pen) -> Drawn {
    if pen.dash.is_empty() {
        LineSeries::new(points, color.stroke_width(pen.width)).try_for_each(|part| plane.draw(&part))
    } else {
        plane.draw(&Dashed { points, color, pen })
    }
}

/// Up to so many points a line shows each of them as a dot.
const MOST_DOTTED: usize = 40;

fn line(plane: &Plane, look: &Look, run: &Run, opacity: f64) -> Drawn {
    let width = match run.points.len() {
        0..=120 => 2.2,
        121..=1000 => 1.7,
        _ => 1.0,
    };
    let color = look.run(run.color);
    let pen = look.pen(width, look.dash(run.color));
    let all = run.points.len() <= MOST_DOTTED;
    let mut dotted = Vec::new();
    for stretch in run.points.split(|(_, y)| !y.is_finite()) {
        // A point without a neighbour is no line, and is seen only as a dot.
        if all || stretch.len() == 1 {
            dotted.extend_from_slice(stretch);
        }
        if stretch.len() > 1 {
            trace(plane, stretch.to_vec(), color.mix(opacity), pen)?;
        }
    }
    plane.present()?;
    disks(plane, dotted, look.units(width * 1.5), color.to_rgba())
}

/// Full circles.
fn disks(plane: &Plane, points: Vec<(f64, f64)>, radius: i32, color: RGBAColor) -> Drawn {
    let disk = |at, radius, style| Circle::new(at, radius, style);
    PointSeries::of_element(points, radius, color.filled(), &disk).try_for_each(|disk| plane.draw(&disk))
}

/// Squares as wide as circles of that radius.
fn specks(plane: &Plane, points: Vec<(f64, f64)>, radius: i32, color: RGBAColor) -> Drawn {
    let speck =
        |at, radius: i32, style| EmptyElement::at(at) + Rectangle::new([(-radius, -radius), (radius, radius)], style);
    PointSeries::of_element(points, radius, color.filled(), &speck).try_for_each(|speck| plane.draw(&speck))
}

/// Beyond so many, dots are so small that their corners are not seen, and that drawing circles would take seconds.
const MOST_ROUND: usize = 20_000;

/// A cloud: the more points, the smaller and fainter they are. Points are spread over a few layers, so that where many
/// lie upon each other the colour deepens, and in each place only as many are drawn as still make a difference.
fn dots(plane: &Plane, look: &Look, run: &Run) -> Drawn {
    // Places are as large as that many units of the canvas.
    let (radius, opacity, cell) = match run.points.len() {
        0..=60 => (4.2, 0.85, 1),
        61..=500 => (3.6, 0.65, 1),
        501..=3000 => (2.6, 0.4, 10),
        3001..=20_000 => (1.8, 0.3, 40),
        _ => (1.1, 0.25, 60),
    };
    let most = (2.0 / opacity) as usize;
    let mut layers = vec![Vec::new(); most];
    let mut drawn: HashMap<(i32, i32), usize> = HashMap::new();
    for (number, point) in run.points.iter().filter(|(_, y)| y.is_finite()).enumerate() {
        let (x, y) = plane.map_coordinate(point);
        let here = drawn.entry(((x + cell / 2).div_euclid(cell), (y + cell / 2).div_euclid(cell))).or_default();
        if *here < most {
            // Neighbours go to different layers too: within one, what overlaps does not deepen.
            layers[(*here + number) % most].push(*point);
            *here += 1;
        }
    }
    let color = look.run(run.color).mix(opacity);
    let mark = if run.points.len() > MOST_ROUND { specks } else { disks };
    for layer in layers {
        mark(plane, layer, look.units(radius), color)?;
        plane.present()?;
    }
    Ok(())
}

/// The least width of a bar in points at full scale: thinner ones would fade away.
const LEAST_BAR: f64 = 0.4;

fn columns(plane: &Plane, kind: Kind, look: &Look, bars: &[Bar], color: RGBAColor) -> Drawn {
    let (keys, pixels) = (plane.get_x_range(), plane.get_x_axis_pixel_range());
    let in_a_point = (keys.end - keys.start) / points(pixels.end - pixels.start);
    for bar in bars {
        let corners = match kind {
            Kind::BarH => [(0.0, bar.from), (bar.value, bar.to)],
            _ => [(bar.from, 0.0), (bar.to.max(bar.from + look.size(LEAST_BAR) * in_a_point), bar.value)],
        };
        let mut rectangle = Rectangle::new(corners, color.filled());
        if kind == Kind::Hist {
            // A hair between the bins.
            let gap = look.units(0.5).unsigned_abs();
            rectangle.set_margin(0, 0, gap, gap);
        }
        plane.draw(&rectangle)?;
    }
    plane.present()
}

fn bands(plane: &Plane, look: &Look, run: &Run, layers: &[Layer], several: bool) -> Drawn {
    let color = look.run(run.color);
    let fill = color.mix(if several { 0.75 } else { 0.3 });
    let pen = look.pen(if several { 1.0 } else { 1.8 }, "");
    let mut lone = Vec::new();
    for stretch in layers.split(|layer| !layer.high.is_finite()) {
        let upper = stretch.iter().map(|layer| (layer.at, layer.high));
        if stretch.len() == 1 {
            lone.extend(upper);
        } else if stretch.iter().all(|layer| layer.low == 0.0) {
            let border = color.stroke_width(pen.width);
            AreaSeries::new(upper, 0.0, fill).border_style(border).try_for_each(|part| plane.draw(&part))?;
        } else {
            let lower = stretch.iter().rev().map(|layer| (layer.at, layer.low));
            plane.draw(&Polygon::new(upper.clone().chain(lower).collect::<Vec<_>>(), fill))?;
            trace(plane, upper.collect(), color.to_rgba(), pen)?;
        }
    }
    disks(plane, lone, look.units(3.0), color.to_rgba())
}
