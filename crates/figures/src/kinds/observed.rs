//! Box plots, violins and strips: the values of each key as they are observed.

use crate::data::{Data, KeyScale, Stat};
use crate::kind::{ChartKind, Columns};
use crate::marks::Marks;
use crate::marks::observations::{Observations, Shape};
use crate::{Chart, Column};

/// Each value of a key counts for itself.
pub(super) struct Observed {
    name: &'static str,
    summary: &'static str,
    shape: Shape,
}

pub(super) const BOX: Observed = Observed {
    name: "box",
    summary: "the median and the middle half of the values of a key, whiskers to the farthest within 1.5 times that half, dots beyond",
    shape: Shape::Box,
};

pub(super) const VIOLIN: Observed = Observed {
    name: "violin",
    summary: "how densely the values of a key lie, with their median and middle half",
    shape: Shape::Violin,
};

pub(super) const STRIP: Observed =
    Observed { name: "strip", summary: "a dot for each value of a key", shape: Shape::Strip };

impl ChartKind for Observed {
    fn name(&self) -> &'static str {
        self.name
    }

    fn summary(&self) -> &'static str {
        self.summary
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
        Box::new(Observations::new(self.shape, data))
    }
}
