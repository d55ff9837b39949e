//! Horizontal bars.

use crate::data::{Data, KeyScale, Stat};
use crate::kind::{ChartKind, Columns};
use crate::marks::Marks;
use crate::marks::bars::Bars;
use crate::{Chart, Column};

pub(super) struct BarH;

impl ChartKind for BarH {
    fn name(&self) -> &'static str {
        "barh"
    }

    fn summary(&self) -> &'static str {
        "horizontal bars, the largest on top; days in their order, unless `top` is given"
    }

    fn columns(&self) -> Columns {
        Columns::ValuesByCategory
    }

    fn data(&self, chart: &Chart) -> Data {
        let mut data = Data::new(chart, KeyScale::Names, Stat::Sum);
        let are_days = matches!(chart.keys, Column::Date(_) | Column::DateTime(_));
        if are_days && chart.top.is_none() {
            data.sort_by_name();
        } else {
            data.rank(chart.top);
        }
        data
    }

    fn marks(&self, chart: &Chart, data: &Data) -> Box<dyn Marks> {
        Box::new(Bars { horizontal: true, ..Bars::side_by_side(chart, data) })
    }

    fn is_horizontal(&self) -> bool {
        true
    }
}
