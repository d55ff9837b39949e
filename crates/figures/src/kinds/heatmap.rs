//! Heat maps.

use crate::Chart;
use crate::data::Data;
use crate::kind::{ChartKind, Columns};
use crate::marks::Marks;
use crate::marks::cells::Cells;

pub(super) struct Heatmap;

impl ChartKind for Heatmap {
    fn name(&self) -> &'static str {
        "heatmap"
    }

    fn summary(&self) -> &'static str {
        "a cell for each pair of names, whose colour is its value"
    }

    fn columns(&self) -> Columns {
        Columns::Grid
    }

    fn takes(&self) -> &'static [&'static str] {
        &["agg", "value", "value_format"]
    }

    fn data(&self, chart: &Chart) -> Data {
        Data::grid(chart)
    }

    fn marks(&self, _: &Chart, data: &Data) -> Box<dyn Marks> {
        Box::new(Cells::new(&data.left, 0.5))
    }

    fn has_rows(&self) -> bool {
        true
    }
}
