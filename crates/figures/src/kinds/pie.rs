//! Pies and donuts.

use crate::data::{Data, KeyScale, Run, Stat};
use crate::kind::{ChartKind, Columns};
use crate::marks::Marks;
use crate::marks::slices::Slices;
use crate::{Chart, Sort, Warning};

/// Slices of a whole.
pub(super) struct Pie {
    name: &'static str,
    summary: &'static str,
    /// The part of the radius that is left free.
    hole: f64,
}

pub(super) const PIE: Pie = Pie { name: "pie", summary: "slices of a circle, the largest first", hole: 0.0 };

pub(super) const DONUT: Pie = Pie { name: "donut", summary: "slices of a ring, the largest first", hole: 0.58 };

impl ChartKind for Pie {
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
        &["agg", "sort", "others"]
    }

    fn data(&self, chart: &Chart) -> Data {
        slices(chart)
    }

    fn marks(&self, chart: &Chart, _: &Data) -> Box<dyn Marks> {
        Box::new(Slices { hole: self.hole, locale: chart.locale, shares: !chart.values })
    }

    fn has_axes(&self) -> bool {
        false
    }
}

/// More slices than this no colours tell apart.
const MOST_SLICES: usize = 8;

/// A run for each name, in the order of the slices.
fn slices(chart: &Chart) -> Data {
    let mut data = Data::new(chart, KeyScale::Names, Stat::Merge);
    let rest = if chart.others { None } else { chart.top };
    data.order(chart.sort.unwrap_or(Sort::ValueDescending), rest);
    data.ranked = false;
    let points = data.left.first().map_or_else(Vec::new, |run| run.points.clone());
    let below = points.iter().filter(|(_, y)| *y < 0.0).count();
    if below > 0 {
        data.warnings.push(Warning::NegativeShares { values: below });
    }
    let named = points.into_iter().filter(|(_, y)| *y > 0.0);
    let run = |(x, y): (f64, f64)| Run::new(data.keys.text(x), vec![(x, y)], None);
    let mut runs: Vec<Run> = named.map(run).collect();
    let most = if chart.others { chart.top.unwrap_or(MOST_SLICES - 1).max(1) } else { MOST_SLICES };
    let grey = runs.len().saturating_sub(most);
    let mut largest: Vec<usize> = (0..runs.len()).collect();
    largest.sort_by(|a, b| runs[*b].points[0].1.total_cmp(&runs[*a].points[0].1));
    largest.truncate(most);
    largest.sort_unstable();
    largest.iter().enumerate().for_each(|(color, place)| runs[*place].color = Some(color));
    if grey > 0 {
        data.warnings.push(Warning::Grey { groups: runs.len(), grey, pooled: chart.others });
    }
    if chart.others && grey > 0 {
        let sum = runs.iter().filter(|run| run.color.is_none()).map(|run| run.points[0].1).sum();
        runs.retain(|run| run.color.is_some());
        runs.push(Run { is_rest: true, ..Run::new(format!("{grey} others"), vec![(0.0, sum)], None) });
    }
    data.left = runs;
    data
}
