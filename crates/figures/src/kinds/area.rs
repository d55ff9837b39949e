//! Areas.

use crate::Chart;
use crate::data::{Data, KeyScale, Stat};
use crate::kind::ChartKind;
use crate::marks::Marks;
use crate::marks::bands::Bands;

pub(super) struct Area;

impl ChartKind for Area {
    fn name(&self) -> &'static str {
        "area"
    }

    fn summary(&self) -> &'static str {
        "filled lines from zero, stacked where there are several series"
    }

    fn data(&self, chart: &Chart) -> Data {
        Data::new(chart, KeyScale::Continuous, Stat::Sum)
    }

    fn marks(&self, _: &Chart, data: &Data) -> Box<dyn Marks> {
        Box::new(Bands::stacked(&data.left))
    }
}
