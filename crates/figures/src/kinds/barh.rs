//! Horizontal bars.

use crate::data::{Data, KeyScale, Stat};
use crate::kind::{ChartKind, Columns};
use crate::marks::Marks;
use crate::marks::bars::Bars;
use crate::{Chart, Column, Sort};

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

    fn takes(&self) -> &'static [&'static str] {
        &["color", "marks", "agg", "sort", "others", "stack", "error", "low", "high", "x_scale", "x_min", "x_max"]
    }

    fn data(&self, chart: &Chart) -> Data {
        let mut data = Data::new(chart, KeyScale::Names, Stat::Merge);
        // Days are written so that their order is that of their names.
        let are_days = matches!(chart.keys, Column::Date(_) | Column::DateTime(_));
        let usual = if are_days && chart.top.is_none() { Sort::Name } else { Sort::ValueDescending };
        data.order(chart.sort.unwrap_or(usual), chart.top);
        data
    }

    fn marks(&self, chart: &Chart, data: &Data) -> Box<dyn Marks> {
        Box::new(Bars { horizontal: true, ..Bars::new(chart, data) })
    }

    fn is_horizontal(&self) -> bool {
        true
    }
}
