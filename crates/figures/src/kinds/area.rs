//! Areas.

use crate::data::{Data, KeyScale, Run, Stat};
use crate::kind::ChartKind;
use crate::marks::Marks;
use crate::marks::bands::Bands;
use crate::{Chart, Stack, Warning};

pub(super) struct Area;

impl ChartKind for Area {
    fn name(&self) -> &'static str {
        "area"
    }

    fn summary(&self) -> &'static str {
        "filled lines from zero, stacked where there are several series"
    }

    fn takes(&self) -> &'static [&'static str] {
        &["color", "marks", "agg", "others", "stack", "x_scale", "x_min", "x_max", "y_min", "y_max"]
    }

    fn data(&self, chart: &Chart) -> Data {
        let mut data = Data::new(chart, KeyScale::Continuous, Stat::Merge);
        if chart.stack != Some(Stack::No) && data.left.len() > 1 && data.left.iter().any(Run::is_negative) {
            data.warnings.push(Warning::Overlaid);
        }
        data
    }

    fn marks(&self, chart: &Chart, data: &Data) -> Box<dyn Marks> {
        Box::new(if chart.stack == Some(Stack::No) { Bands::overlaid(&data.left) } else { Bands::stacked(&data.left) })
    }
}
