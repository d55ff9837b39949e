//! Upright bars.

use crate::data::{Data, KeyScale, Stat};
use crate::kind::ChartKind;
use crate::marks::Marks;
use crate::marks::bars::Bars;
use crate::{Chart, Sort};

pub(super) struct Bar;

impl ChartKind for Bar {
    fn name(&self) -> &'static str {
        "bar"
    }

    fn summary(&self) -> &'static str {
        "upright bars from zero, side by side where a key has several"
    }

    fn takes(&self) -> &'static [&'static str] {
        &["color", "marks", "agg", "sort", "others", "stack", "error", "low", "high", "y_scale", "y_min", "y_max"]
    }

    fn data(&self, chart: &Chart) -> Data {
        // What is sorted by its values cannot lie where its keys are measured.
        let by_value = matches!(chart.sort, Some(Sort::Value | Sort::ValueDescending));
        let scale = if by_value { KeyScale::Names } else { KeyScale::Bands };
        let mut data = Data::new(chart, scale, Stat::Merge);
        // Names that are all shown stay in their order.
        let is_cut = chart.top.is_some_and(|top| top < data.keys.names().len());
        let usual = if is_cut { Sort::ValueDescending } else { Sort::Table };
        data.order(chart.sort.unwrap_or(usual), chart.top);
        data
    }

    fn marks(&self, chart: &Chart, data: &Data) -> Box<dyn Marks> {
        Box::new(Bars::new(chart, data))
    }

    fn stands_at_keys(&self) -> bool {
        true
    }

    fn key_margin(&self) -> f64 {
        0.012
    }
}
