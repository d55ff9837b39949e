//! Histograms.

use crate::Chart;
use crate::bins::Bins;
use crate::data::{Data, KeyScale, Run, Stat};
use crate::kind::{ChartKind, Columns};
use crate::marks::Marks;
use crate::marks::bars::{Bar, Bars};

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

    fn data(&self, chart: &Chart) -> Data {
        Data::new(chart, KeyScale::Measured, Stat::Bin)
    }

    fn marks(&self, _: &Chart, data: &Data) -> Box<dyn Marks> {
        Box::new(Bars { runs: counts(&data.left), horizontal: false, adjacent: true })
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

fn counts(runs: &[Run]) -> Vec<Vec<Bar>> {
    let all: Vec<f64> = runs.iter().flat_map(|run| run.points.iter().map(|point| point.0)).collect();
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
    runs.iter().map(bars).collect()
}
