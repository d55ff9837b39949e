//! Histograms.

use crate::bins::Bins;
use crate::data::{Data, KeyScale, Run, Stat};
use crate::kind::{ChartKind, Columns};
use crate::marks::Marks;
use crate::marks::bars::{Arrangement, Bar, Bars};
use crate::{Chart, Stack};

pub(super) struct Hist;

impl ChartKind for Hist {
    fn name(&self) -> &'static str {
        "hist"
    }

    fn summary(&self) -> &'static str {
        "how often values occur, in bins of equal width"
    }

    fn columns(&self) -> Columns {
        Columns::Distribution
    }

    fn takes(&self) -> &'static [&'static str] {
        &["color", "marks", "bins", "stack", "others", "y_scale", "y_min", "y_max"]
    }

    fn data(&self, chart: &Chart) -> Data {
        Data::new(chart, KeyScale::Measured, Stat::Bin)
    }

    fn marks(&self, chart: &Chart, data: &Data) -> Box<dyn Marks> {
        let is_stacked = matches!(chart.stack, Some(Stack::Sum | Stack::Share));
        let arrangement = if is_stacked { Arrangement::Stacked } else { Arrangement::Overlaid };
        let runs = bars(&data.left, chart.bins, is_stacked);
        Box::new(Bars { runs, horizontal: false, adjacent: true, arrangement, width: 0.0 })
    }

    fn least_value_step(&self) -> f64 {
        1.0
    }

    fn value_label(&self) -> Option<&'static str> {
        Some("Count")
    }

    fn key_margin(&self) -> f64 {
        0.012
    }
}

/// How many values of each run lie in each bin, upon each other if they are stacked.
fn bars(runs: &[Run], bins: Option<usize>, stacked: bool) -> Vec<Vec<Bar>> {
    let all: Vec<f64> = runs.iter().flat_map(|run| run.points.iter().map(|point| point.0)).collect();
    let Some(bins) = Bins::of(&all, bins) else { return Vec::new() };
    let edge = |place: usize| bins.first + bins.width * place as f64;
    let mut bases = vec![0.0; bins.count];
    let mut bars = |run: &Run| {
        let counts = bins.tally(run.points.iter().map(|point| point.0));
        let bar = |(place, count): (usize, &f64)| {
            let base = bases[place];
            bases[place] += if stacked { *count } else { 0.0 };
            Bar { from: edge(place), to: edge(place + 1), base, end: base + count }
        };
        counts.iter().enumerate().map(bar).collect()
    };
    runs.iter().map(&mut bars).collect()
}
