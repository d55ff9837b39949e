//! Scatter plots.

use crate::Chart;
use crate::data::{Data, KeyScale, Stat};
use crate::kind::ChartKind;
use crate::marks::Marks;
use crate::marks::dots::Dots;
use crate::range::padded;

pub(super) struct Scatter;

impl ChartKind for Scatter {
    fn name(&self) -> &'static str {
        "scatter"
    }

    fn summary(&self) -> &'static str {
        "one dot a row"
    }

    fn takes(&self) -> &'static [&'static str] {
        &["color", "marks", "error", "low", "high", "x_scale", "y_scale", "x_min", "x_max", "y_min", "y_max"]
    }

    fn data(&self, chart: &Chart) -> Data {
        Data::new(chart, KeyScale::Continuous, Stat::Identity)
    }

    fn marks(&self, _: &Chart, _: &Data) -> Box<dyn Marks> {
        Box::new(Dots)
    }

    fn right_marks(&self) -> Box<dyn Marks> {
        Box::new(Dots)
    }

    fn is_cloud(&self) -> bool {
        true
    }

    fn value_scale(&self, low: f64, high: f64) -> (f64, f64) {
        let (bottom, top) = padded((low, high), 0.05);
        // What is never negative gets no negative ticks.
        (if low >= 0.0 { bottom.max(0.0) } else { bottom }, if high <= 0.0 { top.min(0.0) } else { top })
    }

    fn key_margin(&self) -> f64 {
        0.025
    }
}
