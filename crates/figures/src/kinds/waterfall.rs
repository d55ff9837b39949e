//! Waterfalls.

use crate::data::{Data, KeyScale, Keys, Run, Stat};
use crate::kind::{ChartKind, Columns};
use crate::marks::Marks;
use crate::marks::bars::{Arrangement, Bar, Bars};
use crate::{Chart, Column};

pub(super) struct Waterfall;

impl ChartKind for Waterfall {
    fn name(&self) -> &'static str {
        "waterfall"
    }

    fn summary(&self) -> &'static str {
        "what each key adds to the sum of those before, and the total"
    }

    fn columns(&self) -> Columns {
        Columns::Plain
    }

    fn takes(&self) -> &'static [&'static str] {
        &["agg", "sort", "marks", "y_min", "y_max"]
    }

    fn data(&self, chart: &Chart) -> Data {
        let mut data = Data::new(chart, KeyScale::Names, Stat::Merge);
        match chart.sort {
            Some(sort) => data.order(sort, None),
            None if !matches!(chart.keys, Column::Category(_)) => data.order_measured(),
            None => {}
        }
        data.ranked = false;
        let points = data.left.first().map_or_else(Vec::new, |run| run.points.clone());
        let known: Vec<(f64, f64)> = points.into_iter().filter(|(_, y)| y.is_finite()).collect();
        let total: f64 = known.iter().map(|point| point.1).sum();
        let (down, up): (Vec<_>, Vec<_>) = known.into_iter().partition(|(_, y)| *y < 0.0);
        let last = data.keys.names().len() as f64;
        let is_empty = up.is_empty() && down.is_empty();
        let total = if is_empty { Vec::new() } else { vec![(last, total)] };
        if let (Keys::Names(names), false) = (&mut data.keys, is_empty) {
            names.push("Total".to_owned());
        }
        let runs = [("Increase", up, 2), ("Decrease", down, 1), ("Total", total, 0)];
        let runs = runs.into_iter().filter(|(_, points, _)| !points.is_empty());
        data.left = runs.map(|(name, points, color)| Run::new(name.to_owned(), points, Some(color))).collect();
        data
    }

    fn marks(&self, _: &Chart, data: &Data) -> Box<dyn Marks> {
        let last = data.keys.names().len().saturating_sub(1) as f64;
        let mut changes: Vec<(f64, f64)> = data.left.iter().flat_map(|run| run.points.iter().copied()).collect();
        changes.sort_by(|a, b| a.0.total_cmp(&b.0));
        let bar = |(x, y): &(f64, f64)| {
            let before: f64 = changes.iter().filter(|change| change.0 < *x).map(|change| change.1).sum();
            let base = if *x == last { 0.0 } else { before };
            Bar { from: x - 0.38, to: x + 0.38, base, end: base + y }
        };
        let runs = data.left.iter().map(|run| run.points.iter().map(bar).collect()).collect();
        Box::new(Bars { runs, horizontal: false, adjacent: false, arrangement: Arrangement::Beside, width: 0.0 })
    }
}
