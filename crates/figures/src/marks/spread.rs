//! How far values may be off: bands around lines, whiskers at other marks.

use plotters::prelude::{PathElement, Polygon};
use plotters::style::Color;

use super::Marks;
use crate::data::Run;
use crate::draw::look::Look;
use crate::draw::plane::{Drawn, Plane};

/// Bands from the lower ends to the upper ones.
pub(crate) fn bands(runs: &[Run], plane: &Plane, look: &Look) -> Drawn {
    for run in runs.iter().filter(|run| run.spread.len() > 1) {
        let upper = run.spread.iter().map(|(at, _, high)| (*at, *high));
        let lower = run.spread.iter().rev().map(|(at, low, _)| (*at, *low));
        plane.draw(&Polygon::new(upper.chain(lower).collect::<Vec<_>>(), look.run(run.color).mix(0.18)))?;
    }
    plane.present()
}

/// A line from the lower end to the upper one at each mark, with a stroke across each end.
pub(crate) fn whiskers(marks: &dyn Marks, runs: &[Run], plane: &Plane, look: &Look, horizontal: bool) -> Drawn {
    let style = look.line(look.colors.strong, 1.3);
    let (width, height) = (plane.get_x_axis_pixel_range(), plane.get_y_axis_pixel_range());
    let keys = if horizontal { plane.get_y_range() } else { plane.get_x_range() };
    let room = if horizontal { height.end - height.start } else { width.end - width.start };
    let half = (keys.end - keys.start) / f64::from(room.abs().max(1)) * f64::from(look.units(3.2));
    for (place, run) in runs.iter().enumerate() {
        for (at, low, high) in &run.spread {
            let at = at + marks.shift(place);
            let point = |key: f64, value: f64| if horizontal { (value, key) } else { (key, value) };
            plane.draw(&PathElement::new([point(at, *low), point(at, *high)], style))?;
            for end in [*low, *high] {
                plane.draw(&PathElement::new([point(at - half, end), point(at + half, end)], style))?;
            }
        }
    }
    plane.present()
}
