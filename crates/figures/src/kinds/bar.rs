//! Upright bars.

use crate::Chart;
use crate::data::{Data, KeyScale, Stat};
use crate::kind::ChartKind;
use crate::marks::Marks;
use crate::marks::bars::Bars;

pub(super) struct Bar;

impl ChartKind for Bar {
    fn name(&self) -> &'static str {
        "bar"
    }

    fn summary(&self) -> &'static str {
        "upright bars from zero, side by side where there are several series"
    }

    fn data(&self, chart: &Chart) -> Data {
        let mut data = Data::new(chart, KeyScale::Bands, Stat::Sum);
        // Names that are all shown stay in their order.
        if chart.top.is_some_and(|top| top < data.keys.names().len()) {
            data.rank(chart.top);
        }
        data
    }

    fn marks(&self, chart: &Chart, data: &Data) -> Box<dyn Marks> {
        Box::new(Bars::side_by_side(chart, data))
    }

    fn key_margin(&self) -> f64 {
        0.012
    }
}
