//! What stands for data in a chart: a kind of mark a file, which kinds of charts share.

pub(crate) mod bands;
pub(crate) mod bars;
pub(crate) mod cells;
pub(crate) mod dots;
pub(crate) mod lines;
pub(crate) mod observations;
pub(crate) mod slices;
pub(crate) mod spread;
mod written;

use std::fmt::Debug;

use crate::NumberFormat;
use crate::canvas::Place;
use crate::data::Run;
use crate::draw::look::Look;
use crate::draw::plane::{Drawn, Plane, Sheet};
use crate::range::range;

/// The marks of all runs on one axis. Those that are laid out before they are drawn, such as bars, hold their layout, and
/// take from the runs only the colours.
pub(crate) trait Marks: Debug {
    /// What is written at the marks. NaN is a gap.
    fn values<'a>(&'a self, runs: &'a [Run]) -> Box<dyn Iterator<Item = f64> + 'a> {
        Box::new(runs.iter().flat_map(|run| run.points.iter().map(|point| point.1)))
    }

    /// What is written beyond the ends of the marks, each with its end.
    fn written(&self, runs: &[Run]) -> Vec<(f64, f64)> {
        self.values(runs).map(|value| (value, value)).collect()
    }

    /// The least and the largest value that must lie on the value axis.
    fn value_range(&self, runs: &[Run]) -> Option<(f64, f64)> {
        range(self.values(runs))
    }

    /// The least and the largest key that must lie on the key axis.
    fn key_range(&self, runs: &[Run]) -> Option<(f64, f64)> {
        range(runs.iter().flat_map(|run| run.points.iter().map(|point| point.0)))
    }

    /// Whether the marks stand on zero, where the axis line then is.
    fn stand_on_zero(&self) -> bool {
        false
    }

    /// Whether lines join their points.
    fn are_joined(&self) -> bool {
        false
    }

    /// Whether lines of the grid lead from the keys to the marks. They would only repeat the sides of bars.
    fn have_key_grid(&self) -> bool {
        true
    }

    /// The least and the largest value, where colours tell them.
    fn ramp(&self) -> Option<(f64, f64)> {
        None
    }

    /// Lets the colours tell values of this range, where they tell some.
    fn set_ramp(&mut self, _range: (f64, f64)) {}

    /// How far the mark of a run stands from its key.
    fn shift(&self, _run: usize) -> f64 {
        0.0
    }

    /// What the legend shows for a run.
    fn symbol(&self, run: &Run) -> Symbol;

    /// Draws the marks.
    fn draw(&self, runs: &[Run], plane: &Plane, look: &Look) -> Drawn;

    /// What they tell when they are pointed at.
    fn tips(&self, runs: &[Run], plane: &Plane) -> Vec<Tip> {
        let of_run = |(place, run): (usize, &Run)| -> Vec<Tip> {
            let points = run.points.iter().filter(|(_, y)| y.is_finite());
            points.map(|point| Tip::dot(plane, place, *point, point.1)).collect()
        };
        runs.iter().enumerate().flat_map(of_run).collect()
    }

    /// Writes the values at the marks, where there is room.
    fn write(&self, runs: &[Run], sheet: &Sheet, plane: &Plane, look: &Look, format: &NumberFormat) -> Drawn {
        let points = runs.iter().flat_map(|run| run.points.iter().map(|(x, y)| (*x, *y, *y)));
        written::above(points, sheet, plane, look, format)
    }
}

/// What a mark tells when it is pointed at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tip {
    /// Its run; none where its key says it all.
    pub run: Option<usize>,
    /// Its key, or from which to which it reaches; none where its run says it all.
    pub keys: Option<(f64, f64)>,
    /// Its values, each with what it is, if it is not just the value.
    pub values: Vec<(&'static str, f64)>,
    /// Its corners, or its only place.
    pub shape: Vec<Place>,
}

impl Tip {
    /// Of a point.
    fn dot(plane: &Plane, run: usize, (key, height): (f64, f64), value: f64) -> Tip {
        let shape = vec![plane.map_coordinate(&(key, height))];
        Tip { run: Some(run), keys: Some((key, key)), values: vec![("", value)], shape }
    }
}

/// The four corners of a rectangle between two of them.
fn rectangle(plane: &Plane, [one, other]: [(f64, f64); 2]) -> Vec<Place> {
    [one, (other.0, one.1), other, (one.0, other.1)].iter().map(|corner| plane.map_coordinate(corner)).collect()
}

/// What a legend shows beside a name. Colours are places in the palette; none is grey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Symbol {
    Line(Option<usize>),
    Dot(Option<usize>),
    Patch(Option<usize>),
    /// A fitted line, dashed or solid, over one series or several.
    Fit {
        dashed: bool,
        single: bool,
    },
    /// The colours of values from the least to the largest.
    Ramp {
        /// Whether zero has a colour of its own in the middle.
        diverging: bool,
    },
    /// A line to compare with, one of several.
    Reference(usize),
    /// A band to compare with.
    Band,
}

/// How many runs stand side by side at a key: one where no key has values of more than one.
pub(crate) fn side_by_side(runs: &[Run]) -> usize {
    let keys = |run: &Run| -> Vec<u64> {
        let known = run.points.iter().filter(|(_, value)| value.is_finite());
        let mut keys: Vec<u64> = known.map(|(key, _)| key.to_bits()).collect();
        keys.dedup();
        keys
    };
    let mut all: Vec<u64> = runs.iter().flat_map(keys).collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    if all.len() == count { 1 } else { runs.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_share_the_room_of_a_key_only_where_they_meet() {
        let run = |keys: &[(f64, f64)]| Run::new(String::new(), keys.to_vec(), None);
        assert_eq!(side_by_side(&[run(&[(0.0, 5.0), (0.0, 6.0), (2.0, 1.0)]), run(&[(1.0, 5.0)])]), 1);
        assert_eq!(side_by_side(&[run(&[(0.0, 5.0), (1.0, f64::NAN)]), run(&[(1.0, 5.0)])]), 1);
        assert_eq!(side_by_side(&[run(&[(0.0, 5.0), (1.0, 3.0)]), run(&[(1.0, 5.0)]), run(&[])]), 3);
        assert_eq!(side_by_side(&[]), 1);
    }
}
