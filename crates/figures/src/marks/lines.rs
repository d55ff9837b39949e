//! Lines through points.

use plotters::prelude::LineSeries;
use plotters::style::{Color, RGBAColor};

use super::dots::{disks, dots, points_of};
use super::{Marks, Symbol};
use crate::canvas::Pen;
use crate::data::Run;
use crate::draw::elements::Dashed;
use crate::draw::look::Look;
use crate::draw::plane::{Drawn, Plane};

/// A line a run.
#[derive(Debug)]
pub(crate) struct Lines {
    /// From 0 to 1: what lies over other marks lets them be seen.
    pub opacity: f64,
    /// Whether they keep their height until the next key.
    pub step: bool,
}

impl Marks for Lines {
    fn are_joined(&self) -> bool {
        true
    }

    fn symbol(&self, run: &Run) -> Symbol {
        if run.has_several_values() { Symbol::Dot(run.color) } else { Symbol::Line(run.color) }
    }

    fn draw(&self, runs: &[Run], plane: &Plane, look: &Look) -> Drawn {
        // Lines of one axis are equally wide.
        let longest = runs.iter().map(|run| run.points.len()).max().unwrap_or(0);
        runs.iter().try_for_each(|run| {
            // A line through several values of one key would go up and down without a meaning.
            if run.has_several_values() {
                return dots(plane, look, run, points_of(runs));
            }
            line(plane, look, run, self, longest)
        })
    }
}

/// Up to so many points a line shows each of them as a dot.
const MOST_DOTTED: usize = 40;

fn line(plane: &Plane, look: &Look, run: &Run, lines: &Lines, longest: usize) -> Drawn {
    let width = match longest {
        0..=120 => 2.2,
        121..=1000 => 1.7,
        _ => 1.0,
    };
    let color = look.stroke(run.color);
    let pen = look.pen(width, look.dash(run.color));
    let all = longest <= MOST_DOTTED && !lines.step;
    let mut dotted = Vec::new();
    for stretch in run.points.split(|(_, y)| !y.is_finite()) {
        // A point without a neighbour is no line, and is seen only as a dot.
        if all || stretch.len() == 1 {
            dotted.extend_from_slice(stretch);
        }
        if stretch.len() > 1 {
            let points = if lines.step { stepped(stretch) } else { stretch.to_vec() };
            trace(plane, points, color.mix(lines.opacity), pen)?;
        }
    }
    plane.present()?;
    disks(plane, dotted, look.units(width * 1.5), color.to_rgba())
}

/// The points with a corner before each: the height stays until the next key.
fn stepped(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let corners = points.windows(2).flat_map(|pair| [(pair[1].0, pair[0].1), pair[1]]);
    points.first().copied().into_iter().chain(corners).collect()
}

/// A line through the points, solid or dashed.
pub(crate) fn trace(plane: &Plane, points: Vec<(f64, f64)>, color: RGBAColor, pen: Pen) -> Drawn {
    if pen.dash.is_empty() {
        LineSeries::new(points, color.stroke_width(pen.width)).try_for_each(|part| plane.draw(&part))
    } else {
        plane.draw(&Dashed { points, color, pen })
    }
}
