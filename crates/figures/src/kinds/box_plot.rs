//! Box plots.

use crate::data::{Data, KeyScale, Stat};
use crate::kind::{ChartKind, Columns};
use crate::marks::Marks;
use crate::marks::observations::{Observations, Shape};
use crate::{Chart, Column};

pub(super) struct BoxPlot;

impl ChartKind for BoxPlot {
    fn name(&self) -> &'static str {
        "box"
    }

    fn summary(&self) -> &'static str {
        "the median and the middle half of the values of a key, whiskers to the farthest within 1.5 times that half, dots beyond"
    }

    fn columns(&self) -> Columns {
        Columns::Plain
    }

    fn takes(&self) -> &'static [&'static str] {
        &["color", "marks", "y_scale", "y_min", "y_max"]
    }

    fn data(&self, chart: &Chart) -> Data {
        let mut data = Data::new(chart, KeyScale::Names, Stat::Observe);
        if !matches!(chart.keys, Column::Category(_)) {
            data.order_measured();
        }
        data
    }

    fn marks(&self, _: &Chart, data: &Data) -> Box<dyn Marks> {
        Box::new(Observations::new(Shape::Box, data))
    }
}
