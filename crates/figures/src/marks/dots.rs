//! Dots.

use std::collections::HashMap;

use plotters::prelude::{Circle, EmptyElement, PointSeries, Rectangle};
use plotters::style::{Color, RGBAColor};

use super::{Marks, Symbol};
use crate::data::Run;
use crate::draw::look::Look;
use crate::draw::plane::{Drawn, Plane};

/// A dot a point.
#[derive(Debug)]
pub(crate) struct Dots;

impl Marks for Dots {
    fn symbol(&self, run: &Run) -> Symbol {
        Symbol::Dot(run.color)
    }

    fn draw(&self, runs: &[Run], plane: &Plane, look: &Look) -> Drawn {
        let count = points_of(runs);
        runs.iter().try_for_each(|run| dots(plane, look, run, count))
    }
}

/// Full circles.
pub(super) fn disks(plane: &Plane, points: Vec<(f64, f64)>, radius: i32, color: RGBAColor) -> Drawn {
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

/// How many points there are to see: the size of dots goes by them all, for a colour of few is no larger than the others.
pub(super) fn points_of(runs: &[Run]) -> usize {
    runs.iter().map(|run| run.points.len()).sum()
}

/// A cloud: the more points all of a chart's runs have, the smaller and fainter they are. Points are spread over a few layers, so that where many
/// lie upon each other the colour deepens, and in each place only as many are drawn as still make a difference.
pub(super) fn dots(plane: &Plane, look: &Look, run: &Run, count: usize) -> Drawn {
    // Places are as large as that many units of the canvas.
    let (radius, opacity, cell) = match count {
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
    let mark = if count > MOST_ROUND { specks } else { disks };
    for layer in layers {
        mark(plane, layer, look.units(radius), color)?;
        plane.present()?;
    }
    Ok(())
}
