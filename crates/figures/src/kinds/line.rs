//! Lines.

use crate::Chart;
use crate::data::{Data, KeyScale, Stat};
use crate::kind::ChartKind;
use crate::marks::Marks;
use crate::marks::lines::Lines;
use crate::range::{from_zero_where_near, padded};

pub(super) struct Line;

impl ChartKind for Line {
    fn name(&self) -> &'static str {
        "line"
    }

    fn summary(&self) -> &'static str {
        "points joined in the order of their keys; a missing value is a gap, several values of one key are dots"
    }

    fn takes(&self) -> &'static [&'static str] {
        &[
            "color", "marks", "agg", "step", "error", "low", "high", "x_scale", "y_scale", "x_min", "x_max", "y_min",
            "y_max",
        ]
    }

    fn data(&self, chart: &Chart) -> Data {
        Data::new(chart, KeyScale::Continuous, Stat::Identity)
    }

    fn marks(&self, chart: &Chart, _: &Data) -> Box<dyn Marks> {
        Box::new(Lines { opacity: 1.0, step: chart.step })
    }

    fn value_scale(&self, low: f64, high: f64) -> (f64, f64) {
        padded(from_zero_where_near(low, high), 0.05)
    }

    fn key_margin(&self) -> f64 {
        0.012
    }

    fn has_bands(&self) -> bool {
        true
    }

    fn shows_gaps(&self) -> bool {
        true
    }

    fn tells_trend_ends(&self) -> bool {
        true
    }
}
