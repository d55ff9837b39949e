//! Densities.

use crate::data::{Data, KeyScale, Run, Stat};
use crate::density::Density;
use crate::kind::{ChartKind, Columns};
use crate::marks::Marks;
use crate::marks::bands::Bands;
use crate::{Chart, Warning};

pub(super) struct DensityPlot;

impl ChartKind for DensityPlot {
    fn name(&self) -> &'static str {
        "density"
    }

    fn summary(&self) -> &'static str {
        "how densely values lie: a curve whose area is 1"
    }

    fn columns(&self) -> Columns {
        Columns::Distribution
    }

    fn takes(&self) -> &'static [&'static str] {
        &["color", "marks", "x_min", "x_max", "y_min", "y_max"]
    }

    fn data(&self, chart: &Chart) -> Data {
        let mut data = Data::new(chart, KeyScale::Measured, Stat::Bin);
        if data.left.iter().any(|run| !run.points.is_empty() && density(run).is_none()) {
            data.warnings.push(Warning::WithoutSpread);
        }
        // Axes without any curve would say that nothing is dense.
        if data.left.iter().all(|run| density(run).is_none()) {
            data.left.clear();
        }
        data
    }

    fn marks(&self, _: &Chart, data: &Data) -> Box<dyn Marks> {
        let curve = |run: &Run| {
            let around = |density: Density| {
                // There the kernel of the outermost value is a hundredth of its height.
                let beyond = density.bandwidth * 3.0;
                density.curve(density.range.0 - beyond, density.range.1 + beyond, 200)
            };
            density(run).map_or_else(Vec::new, around)
        };
        Box::new(Bands::curves(data.left.iter().map(curve).collect()))
    }

    fn value_label(&self) -> Option<&'static str> {
        Some("Density")
    }
}

fn density(run: &Run) -> Option<Density> {
    let values: Vec<f64> = run.points.iter().map(|point| point.0).collect();
    Density::of(&values)
}
