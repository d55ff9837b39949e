//! Donuts.

use super::pie::slices;
use crate::Chart;
use crate::data::Data;
use crate::kind::{ChartKind, Columns};
use crate::marks::Marks;
use crate::marks::slices::Slices;

pub(super) struct Donut;

impl ChartKind for Donut {
    fn name(&self) -> &'static str {
        "donut"
    }

    fn summary(&self) -> &'static str {
        "slices of a ring, the largest first"
    }

    fn columns(&self) -> Columns {
        Columns::Plain
    }

    fn takes(&self) -> &'static [&'static str] {
        &["agg", "sort", "others"]
    }

    fn data(&self, chart: &Chart) -> Data {
        slices(chart)
    }

    fn marks(&self, chart: &Chart, _: &Data) -> Box<dyn Marks> {
        Box::new(Slices { hole: 0.58, locale: chart.locale, shares: !chart.values })
    }

    fn has_axes(&self) -> bool {
        false
    }
}
