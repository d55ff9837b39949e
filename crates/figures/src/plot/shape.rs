//! The shapes that stand for the data, in the units of the axes.

use super::bins::Bins;
use crate::data::{Data, Keys, Run};
use crate::ticks::time;
use crate::{Chart, Column, Kind};

/// What is drawn on the left axis, one list a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// The points of the data themselves: lines and scatters.
    Points,
    /// Rectangles from zero.
    Bars(Vec<Vec<Bar>>),
    /// Filled bands.
    Layers(Vec<Vec<Layer>>),
}

/// A rectangle between two keys, from zero to a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bar {
    pub from: f64,
    pub to: f64,
    pub value: f64,
}

/// The height of a band at a key; NaN heights are gaps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Layer {
    pub at: f64,
    pub low: f64,
    pub high: f64,
}

/// How much of the room for a key its bars take.
const BAR_SHARE: f64 = 0.76;

impl Shape {
    pub fn new(chart: &Chart, data: &Data) -> Shape {
        match chart.kind {
            Kind::Line | Kind::Scatter => Shape::Points,
            Kind::Bar | Kind::BarH => Shape::Bars(side_by_side(chart, data)),
            Kind::Hist => Shape::Bars(histogram(data)),
            Kind::Area => Shape::Layers(stacked(&data.left)),
        }
    }
}

fn side_by_side(chart: &Chart, data: &Data) -> Vec<Vec<Bar>> {
    let room = match data.keys {
        Keys::Names(_) => 1.0,
        Keys::Numbers | Keys::Moments => closest(chart, data),
    };
    let width = room * BAR_SHARE / data.left.len().max(1) as f64;
    let bars = |(place, run): (usize, &Run)| {
        let bar = |(x, y): &(f64, f64)| {
            let from = x - room * BAR_SHARE / 2.0 + width * place as f64;
            Bar { from, to: from + width, value: *y }
        };
        run.points.iter().filter(|(_, y)| y.is_finite()).map(bar).collect()
    };
    data.left.iter().enumerate().map(bars).collect()
}

/// The least distance between two keys: what one bar may take.
fn closest(chart: &Chart, data: &Data) -> f64 {
    let mut keys: Vec<f64> = data.left.iter().flat_map(|run| run.points.iter().map(|point| point.0)).collect();
    keys.sort_by(f64::total_cmp);
    keys.dedup();
    let alone = if matches!(chart.keys, Column::Date(_)) { time::DAY as f64 } else { 60.0 };
    keys.windows(2).map(|pair| pair[1] - pair[0]).reduce(f64::min).unwrap_or(alone)
}

fn histogram(data: &Data) -> Vec<Vec<Bar>> {
    let all: Vec<f64> = data.left.iter().flat_map(|run| run.points.iter().map(|point| point.0)).collect();
    let Some(bins) = Bins::of(&all) else { return Vec::new() };
    let edge = |place: usize| bins.first + bins.width * place as f64;
    let bars = |run: &Run| {
        let counts = bins.tally(run.points.iter().map(|point| point.0));
        counts
            .iter()
            .enumerate()
            .map(|(place, count)| Bar { from: edge(place), to: edge(place + 1), value: *count })
            .collect()
    };
    data.left.iter().map(bars).collect()
}

/// Bands upon each other. A single run keeps its gaps; where something is negative a sum of heights means nothing, and
/// the runs lie over each other instead.
fn stacked(runs: &[Run]) -> Vec<Vec<Layer>> {
    let negative = runs.iter().any(|run| run.points.iter().any(|(_, y)| *y < 0.0));
    if runs.len() < 2 || negative {
        let layer = |(at, y): &(f64, f64)| Layer { at: *at, low: 0.0, high: *y };
        return runs.iter().map(|run| run.points.iter().map(layer).collect()).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    fn run(points: &[(f64, f64)]) -> Run {
        Run { name: String::new(), points: points.to_vec(), color: None }
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
