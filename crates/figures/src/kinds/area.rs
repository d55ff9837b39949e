//! Areas.

use crate::data::{Data, KeyScale, Run, Stat};
use crate::kind::ChartKind;
use crate::marks::Marks;
use crate::marks::bands::Bands;
use crate::{Chart, Warning};

pub(super) struct Area;

impl ChartKind for Area {
    fn name(&self) -> &'static str {
        "area"
    }

    fn summary(&self) -> &'static str {
        "filled lines from zero, stacked where there are several series"
    }

    fn data(&self, chart: &Chart) -> Data {
        let mut data = Data::new(chart, KeyScale::Continuous, Stat::Sum);
        if data.left.len() > 1 && data.left.iter().any(Run::is_negative) {
            data.warnings.push(Warning::Overlaid);
        }
        data
    }

    fn marks(&self, _: &Chart, data: &Data) -> Box<dyn Marks> {
        Box::new(Bands::stacked(&data.left))
    }
}
