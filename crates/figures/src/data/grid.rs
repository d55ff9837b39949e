//! Cells: a row a group, whatever their number.

use super::keys::{self, KeyScale, Keys};
use super::run::Run;
use super::{Data, without_key, without_value};
use crate::{Chart, Column};

impl Data {
    /// The groups of a chart as rows, each with a value a key.
    pub fn grid(chart: &Chart) -> Data {
        let (keys, places) = keys::places(&chart.keys, KeyScale::Names);
        let missing = vec![None; places.len()];
        let groups = chart.group.as_ref().unwrap_or(&missing);
        let (names, rows) = keys::distinct(groups.iter().map(|name| Some(keys::name_of(name))));
        let mut data = Data::of_rows(chart, keys, &places, (names, &rows));
        // Numbers and days lie in their order, not in that of the table.
        let is_measured = !matches!(chart.keys, Column::Category(_));
        if is_measured {
            data.order_measured();
        }
        if data.left.iter().all(|run| run.name.parse::<f64>().is_ok()) {
            let number = |run: &Run| run.name.parse().unwrap_or(f64::NAN);
            data.left.sort_by(|a, b| number(a).total_cmp(&number(b)));
        }
        data
    }

    /// Rows of these names; of each place, the row that it is in.
    pub fn of_rows(chart: &Chart, keys: Keys, places: &[f64], (names, rows): (Vec<String>, &[f64])) -> Data {
        let mut left: Vec<Run> = names.into_iter().map(|name| Run::new(name, Vec::new(), None)).collect();
        let values = chart.series.first().map_or(&[][..], |series| &series.values);
        for ((x, row), y) in
            places.iter().zip(rows).zip(values).filter(|((x, row), _)| x.is_finite() && row.is_finite())
        {
            left[*row as usize].points.push((*x, super::run::value(*y)));
        }
        let told = chart.series.first().into_iter().flat_map(|series| without_value(0, series, places));
        let warnings = without_key(&chart.keys, places).chain(told).collect();
        let mut data = Data { keys, left, right: Vec::new(), unmerged: None, warnings, ranked: false };
        data.left.iter_mut().for_each(Run::sort);
        if chart.agg.is_none() {
            data.unmerged = data.repeats(&data.left, true);
        }
        data.left.iter_mut().for_each(|run| run.merge(chart.agg));
        data
    }

    /// Lays names that are numbers or days in their order.
    pub fn order_measured(&mut self) {
        let names = self.keys.names();
        let number = |place: &usize| names[*place].parse::<f64>().ok();
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by(|a, b| match (number(a), number(b)) {
            (Some(one), Some(other)) => one.total_cmp(&other),
            _ => names[*a].cmp(&names[*b]),
        });
        self.arrange(&order);
    }
}
