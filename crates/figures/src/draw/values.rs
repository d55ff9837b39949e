//! Values written at the marks, where there is room.

use plotters::prelude::{EmptyElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, TextStyle};

use super::layout::{Layout, TICK_GAP, value_format};
use super::look::Look;
use super::{Drawn, Plane, Sheet, plane};
use crate::canvas::units;
use crate::font::{self, CAP_HEIGHT};
use crate::plot::{Bar, Plot, Shape};
use crate::{Kind, NumberFormat};

/// Writes the values, if the chart wants them.
pub(super) fn draw(sheet: &Sheet, plot: &Plot, look: &Look, layout: &Layout) -> Drawn {
    if !plot.chart.values {
        return Ok(());
    }
    let plane = plane::left(sheet, layout, plot.chart.kind);
    let format = value_format(plot);
    match &plot.shape {
        Shape::Bars(runs) => at_bars(&plane, plot.chart.kind, look, runs, &format),
        Shape::Points | Shape::Layers(_) => at_points(sheet, &plane, plot, look, &format),
    }
}

/// Values at the ends of bars, if the room between the bars holds all of them.
fn at_bars(plane: &Plane, kind: Kind, look: &Look, runs: &[Vec<Bar>], format: &NumberFormat) -> Drawn {
    let down = kind == Kind::BarH;
    let breadth = |bar: &Bar| match down {
        true => plane.map_coordinate(&(0.0, bar.to)).1 - plane.map_coordinate(&(0.0, bar.from)).1,
        false => plane.map_coordinate(&(bar.to, 0.0)).0 - plane.map_coordinate(&(bar.from, 0.0)).0,
    };
    // A lone run of upright bars may write into the gaps between them.
    let room = |bar: &Bar| f64::from(breadth(bar)) * if runs.len() == 1 && !down { 1.25 } else { 1.0 };
    let size = look.value();
    let width = |bar: &Bar| units(font::width(&format.format(bar.value), size, false));
    let needed = |bar: &Bar| if down { units(size * 0.8) } else { width(bar) };
    let overlaid = kind == Kind::Hist && runs.len() > 1;
    if overlaid || runs.iter().flatten().any(|bar| f64::from(needed(bar)) > room(bar)) {
        return Ok(());
    }
    let (height, pad) = (units(size * CAP_HEIGHT), units(size * 0.15));
    let beside = look.units(TICK_GAP * 0.7);
    let above = look.units(TICK_GAP * 0.56);
    for bar in runs.iter().flatten() {
        let (middle, width, below_zero) = ((bar.from + bar.to) / 2.0, width(bar), bar.value < 0.0);
        // The upper left corner of the text's box, from the middle of the bar's end.
        let (end, left, top) = match (down, below_zero) {
            (true, false) => ((bar.value, middle), beside, -height / 2),
            (true, true) => ((bar.value, middle), -beside - width, -height / 2),
            (false, false) => ((middle, bar.value), -width / 2, -above - height),
            (false, true) => ((middle, bar.value), -width / 2, above),
        };
        // A patch of background, so that no grid line runs through the digits.
        let patch = [(left - pad, top - pad), (left + width + pad, top + height + pad)];
        let style = look.plain(size, HPos::Left).pos(Pos::new(HPos::Left, VPos::Top));
        let text = Text::new(format.format(bar.value), (left, top), style);
        plane.draw(&(EmptyElement::at(end) + Rectangle::new(patch, look.colors.background.filled()) + text))?;
    }
    Ok(())
}

/// More numbers than this in a picture are a table.
const MOST_WRITTEN: usize = 60;

/// Values above points, skipping those that would touch one already written.
fn at_points(sheet: &Sheet, plane: &Plane, plot: &Plot, look: &Look, format: &NumberFormat) -> Drawn {
    let size = look.value();
    let style: TextStyle = look.plain(size, HPos::Center);
    let tops: Vec<(f64, f64, f64)> = match &plot.shape {
        Shape::Layers(runs) => {
            // The height written is the run's own, not that of the stack below it.
            runs.iter().flatten().map(|layer| (layer.at, layer.high, layer.high - layer.low)).collect()
        }
        _ => plot.data.left.iter().flat_map(|run| run.points.iter().map(|(x, y)| (*x, *y, *y))).collect(),
    };
    let frame = plane.get_x_axis_pixel_range();
    let (gap, line) = (units(size * 0.4), units(size * 1.1));
    let mut taken: Vec<(i32, i32, i32)> = Vec::new();
    for (x, height, value) in tops.into_iter().filter(|(_, height, _)| height.is_finite()) {
        let text = format.format(value);
        let half = units(font::width(&text, size, false) / 2.0);
        let (x, y) = plane.map_coordinate(&(x, height));
        let x = x.min(frame.end - half).max(frame.start + half);
        let y = y - look.units(7.0);
        let touches = |(other_x, other_y, other_half): &(i32, i32, i32)| {
            (x - other_x).abs() < half + other_half + gap && (y - other_y).abs() < line
        };
        if !taken.iter().any(touches) {
            sheet.draw_text(&text, &style, (x, y))?;
            taken.push((x, y, half));
        }
        if taken.len() >= MOST_WRITTEN {
            break;
        }
    }
    Ok(())
}
