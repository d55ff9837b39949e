//! Filled bands.

use plotters::prelude::{AreaSeries, Polygon};
use plotters::style::Color;

use super::dots::disks;
use super::lines::trace;
use super::{Marks, Symbol, Tip, written};
use crate::NumberFormat;
use crate::canvas::Pen;
use crate::data::Run;
use crate::draw::look::Look;
use crate::draw::plane::{Drawn, Plane, Sheet};
use crate::range::range;

/// Bands, one list of heights a run.
#[derive(Debug)]
pub(crate) struct Bands {
    runs: Vec<Vec<Layer>>,
    /// Whether they may hide each other.
    overlaid: bool,
}

/// The height of a band at a key; NaN heights are gaps.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Layer {
    at: f64,
    low: f64,
    high: f64,
}

impl Bands {
    /// Bands upon each other, in the order of their runs.
    pub fn stacked(runs: &[Run]) -> Bands {
        Bands { runs: stacked(runs), overlaid: false }
    }

    /// Bands from zero, over each other.
    pub fn overlaid(runs: &[Run]) -> Bands {
        Bands { runs: overlaid(runs), overlaid: true }
    }

    /// Curves over zero, over each other.
    pub fn curves(runs: Vec<Vec<(f64, f64)>>) -> Bands {
        let layer = |(at, high): (f64, f64)| Layer { at, low: 0.0, high };
        Bands { runs: runs.into_iter().map(|run| run.into_iter().map(layer).collect()).collect(), overlaid: true }
    }
}

impl Marks for Bands {
    fn values<'a>(&'a self, _: &'a [Run]) -> Box<dyn Iterator<Item = f64> + 'a> {
        Box::new(self.runs.iter().flatten().map(|layer| layer.high - layer.low))
    }

    fn key_range(&self, _: &[Run]) -> Option<(f64, f64)> {
        range(self.runs.iter().flatten().map(|layer| layer.at))
    }

    fn value_range(&self, _: &[Run]) -> Option<(f64, f64)> {
        range(self.runs.iter().flatten().flat_map(|layer| [layer.low, layer.high]).chain([0.0]))
    }

    fn stand_on_zero(&self) -> bool {
        true
    }

    fn are_joined(&self) -> bool {
        true
    }

    fn symbol(&self, run: &Run) -> Symbol {
        Symbol::Patch(run.color)
    }

    fn tips(&self, _: &[Run], plane: &Plane) -> Vec<Tip> {
        let of_run = |(place, layers): (usize, &Vec<Layer>)| -> Vec<Tip> {
            let known = layers.iter().filter(|layer| layer.high.is_finite());
            known.map(|layer| Tip::dot(plane, place, (layer.at, layer.high), layer.high - layer.low)).collect()
        };
        self.runs.iter().enumerate().flat_map(of_run).collect()
    }

    fn draw(&self, runs: &[Run], plane: &Plane, look: &Look) -> Drawn {
        let several = self.runs.len() > 1;
        let fill = if several && !self.overlaid { 0.75 } else { 0.3 };
        let pen = look.pen(if several && !self.overlaid { 1.0 } else { 1.8 }, &[]);
        runs.iter().zip(&self.runs).try_for_each(|(run, layers)| bands(plane, look, run, layers, (fill, pen)))
    }

    fn write(&self, _: &[Run], sheet: &Sheet, plane: &Plane, look: &Look, format: &NumberFormat) -> Drawn {
        // The height written is the run's own, not that of the stack below it.
        let points = self.runs.iter().flatten().map(|layer| (layer.at, layer.high, layer.high - layer.low));
        written::above(points, sheet, plane, look, format)
    }
}

/// Bands upon each other. A single run keeps its gaps; where something is negative a sum of heights means nothing, and
/// the runs lie over each other instead.
fn stacked(runs: &[Run]) -> Vec<Vec<Layer>> {
    if runs.len() < 2 || runs.iter().any(Run::is_negative) {
        return overlaid(runs);
    }
    let mut keys: Vec<f64> = runs.iter().flat_map(|run| run.points.iter().map(|point| point.0)).collect();
    keys.sort_by(f64::total_cmp);
    keys.dedup();
    let mut heights = vec![0.0; keys.len()];
    let mut layers = Vec::with_capacity(runs.len());
    for run in runs {
        let mut points = run.points.iter().peekable();
        let mut layer = Vec::with_capacity(keys.len());
        for (key, height) in keys.iter().zip(&mut heights) {
            let value = points.next_if(|(x, _)| x == key).map_or(0.0, |(_, y)| if y.is_finite() { *y } else { 0.0 });
            layer.push(Layer { at: *key, low: *height, high: *height + value });
            *height += value;
        }
        layers.push(layer);
    }
    layers
}

fn overlaid(runs: &[Run]) -> Vec<Vec<Layer>> {
    let layer = |(at, y): &(f64, f64)| Layer { at: *at, low: 0.0, high: *y };
    runs.iter().map(|run| run.points.iter().map(layer).collect()).collect()
}

fn bands(plane: &Plane, look: &Look, run: &Run, layers: &[Layer], (fill, pen): (f64, Pen)) -> Drawn {
    let color = look.run(run.color);
    let fill = color.mix(fill);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn run(points: &[(f64, f64)]) -> Run {
        Run::new(String::new(), points.to_vec(), None)
    }

    #[test]
    fn bands_are_stacked_and_a_missing_value_is_no_height() {
        let layers = stacked(&[run(&[(0.0, 1.0), (1.0, 2.0)]), run(&[(1.0, 5.0), (2.0, f64::NAN)])]);
        let heights: Vec<(f64, f64)> = layers[1].iter().map(|layer| (layer.low, layer.high)).collect();
        assert_eq!(heights, [(1.0, 1.0), (2.0, 7.0), (0.0, 0.0)]);
    }

    #[test]
    fn negative_bands_are_not_stacked() {
        let layers = stacked(&[run(&[(0.0, -1.0)]), run(&[(0.0, 5.0)])]);
        assert_eq!((layers[0][0].high, layers[1][0].low), (-1.0, 0.0));
    }
}
