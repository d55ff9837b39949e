//! Grid, ticks and names of the axes.

use plotters::coord::cartesian::MeshLine;
use plotters::prelude::PathElement;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, RGBColor, TextStyle};

use super::area::Area;
use super::axis::Axis;
use super::elements::Slanted;
use super::layout::Layout;
use super::look::{Look, TICK_GAP};
use super::plane::{Drawn, Plane, Sheet, place};
use crate::canvas::units;
use crate::data::Keys;
use crate::font::{self, CAP_HEIGHT};
use crate::plot::Plot;

const GRID_WIDTH: f64 = 0.8;

/// Draws all that lies below the data.
pub(super) fn draw(sheet: &Sheet, plot: &Plot, look: &Look, layout: &Layout) -> Drawn {
    if !plot.chart.kind.0.has_axes() {
        return Ok(());
    }
    let left = layout.left_plane(sheet, plot);
    if !plot.chart.kind.0.has_rows() {
        grid(&left, plot, look, layout)?;
    }
    let (left_color, right_color) = match plot.has_colored_axes() {
        true => (look.run(plot.data.left[0].color), look.run(plot.data.right[0].color)),
        false => (look.colors.text, look.colors.text),
    };
    let gap = look.size(TICK_GAP);
    let style = look.plain(look.tick(), HPos::Right).color(&left_color);
    beside(sheet, &left, &layout.left, units(layout.frame.left - gap), &style, look)?;
    if let (Some(axis), Some(right)) = (&layout.right, layout.right_plane(sheet)) {
        let style = look.plain(look.tick(), HPos::Left).color(&right_color);
        beside(sheet, &right, axis, units(layout.frame.right + gap), &style, look)?;
    }
    below(sheet, &left, look, layout)?;
    names(sheet, plot, look, layout, (left_color, right_color))
}

fn grid(plane: &Plane, plot: &Plot, look: &Look, layout: &Layout) -> Drawn {
    let bars_down = plot.is_horizontal();
    let columns = bars_down || (!matches!(plot.data.keys, Keys::Names(_)) && plot.left_marks.have_key_grid());
    let style = look.line(look.colors.grid, GRID_WIDTH);
    let mesh = |canvas: &mut _, line: MeshLine<&Axis, &Axis>| match line {
        MeshLine::XMesh(..) if columns => line.draw(canvas, &style),
        MeshLine::YMesh(..) if !bars_down => line.draw(canvas, &style),
        _ => Ok(()),
    };
    plane.draw_mesh(mesh, layout.left.ticks.len(), layout.bottom.ticks.len())?;
    // One axis line: at zero where bars and areas stand on it, else at the foot.
    let (x, y) = (plane.get_x_range(), plane.get_y_range());
    let ends = if bars_down {
        [(0.0, y.start), (0.0, y.end)]
    } else {
        let zero_inside = y.start <= 0.0 && y.end >= 0.0;
        let grounded = plot.left_marks.stand_on_zero() || y.start == 0.0;
        let foot = if zero_inside && grounded { 0.0 } else { y.start };
        [(x.start, foot), (x.end, foot)]
    };
    plane.draw(&PathElement::new(ends, look.line(look.colors.baseline, 1.0)))
}

/// Labels of a vertical axis at `x` units from the left, each centred at its tick.
fn beside(sheet: &Sheet, plane: &Plane, axis: &Axis, x: i32, style: &TextStyle, look: &Look) -> Drawn {
    let style = style.pos(Pos::new(style.pos.h_pos, VPos::Center));
    let half_line = units(look.tick() * 0.6);
    for tick in &axis.ticks {
        let (_, y) = plane.map_coordinate(&(axis_start(plane), tick.at));
        if tick.below.is_empty() {
            sheet.draw_text(&tick.text, &style, (x, y))?;
        } else {
            sheet.draw_text(&tick.text, &style, (x, y - half_line))?;
            sheet.draw_text(&tick.below, &style, (x, y + half_line))?;
        }
    }
    Ok(())
}

fn axis_start(plane: &Plane) -> f64 {
    plane.get_x_range().start
}

/// Labels of the bottom axis.
fn below(sheet: &Sheet, plane: &Plane, look: &Look, layout: &Layout) -> Drawn {
    let size = look.tick();
    let top = units(layout.frame.bottom + look.size(TICK_GAP));
    for tick in &layout.bottom.ticks {
        let (x, _) = plane.map_coordinate(&(tick.at, layout.left.low));
        if layout.bottom.slanted {
            let end = (x + units(size * 0.35), top + units(size * 0.45));
            sheet.draw(&Slanted { end, text: &tick.text, style: look.plain(size, HPos::Right) })?;
        } else {
            let style = look.plain(size, HPos::Center);
            sheet.draw_text(&tick.text, &style, (x, top + units(size * CAP_HEIGHT)))?;
            sheet.draw_text(&tick.below, &style, (x, top + units(size * (CAP_HEIGHT + 1.2))))?;
        }
    }
    Ok(())
}

/// Draws the names of axes that several charts share, and returns what they leave of the area.
pub(super) fn shared_names(sheet: &Sheet, plot: &Plot, look: &Look, area: Area) -> Drawn<Area> {
    let (size, room) = (look.label(), look.label() * 1.7);
    let mut inner = area;
    if plot.bottom_label().is_some() {
        inner.bottom -= room;
    }
    if plot.left_label().is_some() {
        inner.left += room;
    }
    let style = look.plain(size, HPos::Center);
    if let Some(label) = plot.bottom_label() {
        let label = font::shorten(label, size, false, inner.width());
        sheet.draw_text(&label, &style, place((inner.left + inner.right) / 2.0, area.bottom - size * 0.25))?;
    }
    if let Some(label) = plot.left_label() {
        let label = font::shorten(label, size, false, inner.height());
        let turned = style.transform(FontTransform::Rotate270);
        sheet.draw_text(&label, &turned, place(area.left + size * CAP_HEIGHT, (inner.top + inner.bottom) / 2.0))?;
    }
    Ok(inner)
}

fn names(sheet: &Sheet, plot: &Plot, look: &Look, layout: &Layout, colors: (RGBColor, RGBColor)) -> Drawn {
    let (frame, area, size) = (layout.frame, layout.area, look.label());
    let style = look.plain(size, HPos::Center);
    let shorten = |text: &str, room: f64| font::shorten(text, size, false, room);
    if let Some(label) = plot.bottom_label() {
        let label = shorten(label, area.width());
        // Below the middle of the frame, unless it is so long that it would leave the page there.
        let half = font::width(&label, size, false) / 2.0;
        let middle = ((frame.left + frame.right) / 2.0).min(area.right - half).max(area.left + half);
        sheet.draw_text(&label, &style, place(middle, area.bottom - size * 0.25))?;
    }
    let middle = (frame.top + frame.bottom) / 2.0;
    // A name longer than the frame reaches above it, where neither title nor legend are; below are the labels of the other
    // axis.
    let top = if plot.title.is_empty() && plot.legend.is_empty() { area.top } else { frame.top };
    let room = frame.bottom - top;
    let center = |text: &str| {
        if font::width(text, size, false) > frame.height() { (top + frame.bottom) / 2.0 } else { middle }
    };
    let turned =
        |turn: FontTransform, color: RGBColor| TextStyle { color: color.to_backend_color(), ..style.transform(turn) };
    if let Some(label) = plot.left_label() {
        let label = shorten(label, room);
        let style = turned(FontTransform::Rotate270, colors.0);
        sheet.draw_text(&label, &style, place(area.left + size * CAP_HEIGHT, center(&label)))?;
    }
    if let (Some(label), Some(_)) = (&plot.chart.y2_label, &layout.right) {
        let label = shorten(label, room);
        let style = turned(FontTransform::Rotate90, colors.1);
        sheet.draw_text(&label, &style, place(area.right - size * CAP_HEIGHT, center(&label)))?;
    }
    Ok(())
}
