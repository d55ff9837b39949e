//! Values written above points.

use plotters::prelude::Rectangle;
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, TextStyle};

use crate::NumberFormat;
use crate::canvas::units;
use crate::draw::look::Look;
use crate::draw::plane::{Drawn, Plane, Sheet};
use crate::font::{self, CAP_HEIGHT};

/// More numbers than this in a picture are a table.
const MOST_WRITTEN: usize = 60;

/// Values above points, each a key, a height and a value; those that would touch one already written are left out.
pub(super) fn above(
    points: impl Iterator<Item = (f64, f64, f64)>,
    sheet: &Sheet,
    plane: &Plane,
    look: &Look,
    format: &NumberFormat,
) -> Drawn {
    let size = look.value();
    let style: TextStyle = look.plain(size, HPos::Center);
    let frame = plane.get_x_axis_pixel_range();
    let (keys, values) = (plane.get_x_range(), plane.get_y_range());
    let is_inside = |(x, height, _): &(f64, f64, f64)| {
        (keys.start..=keys.end).contains(x) && (values.start..=values.end).contains(height)
    };
    let (gap, line) = (units(size * 0.4), units(size * 1.1));
    let mut taken: Vec<(i32, i32, i32)> = Vec::new();
    for (x, height, value) in points.filter(is_inside) {
        let text = format.format(value);
        let half = units(font::width(&text, size, false) / 2.0);
        if half * 2 > frame.end - frame.start {
            continue;
        }
        let (x, y) = plane.map_coordinate(&(x, height));
        let x = x.min(frame.end - half).max(frame.start + half);
        let y = y - look.units(7.0);
        let touches = |(other_x, other_y, other_half): &(i32, i32, i32)| {
            (x - other_x).abs() < half + other_half + gap && (y - other_y).abs() < line
        };
        if !taken.iter().any(touches) {
            // What goes through the digits is dimmed.
            let (pad, height) = (units(size * 0.15), units(size * CAP_HEIGHT));
            let patch = [(x - half - pad, y - height - pad), (x + half + pad, y + pad)];
            sheet.draw(&Rectangle::new(patch, look.colors.background.mix(0.8).filled()))?;
            sheet.draw_text(&text, &style, (x, y))?;
            taken.push((x, y, half));
        }
        if taken.len() >= MOST_WRITTEN {
            break;
        }
    }
    Ok(())
}
