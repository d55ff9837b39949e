//! From columns to points: keys become positions, groups become runs of their own.

mod keys;
mod run;

use std::collections::HashMap;

use crate::kind::Columns;
use crate::{AxisFormat, Chart, Repeats, Series, Warning};
pub(crate) use keys::{KeyScale, Keys};
pub(crate) use run::Run;

/// A chart's data, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Data {
    pub keys: Keys,
    pub left: Vec<Run>,
    pub right: Vec<Run>,
    /// What may mislead in it.
    pub warnings: Vec<Warning>,
    /// Whether names were put into the order of their values.
    pub ranked: bool,
}

/// What becomes of the rows of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stat {
    /// Each is a point of its own.
    Identity,
    /// Their values are added up.
    Sum,
    /// The keys themselves are what is counted; series are not looked at.
    Bin,
}

impl Data {
    pub fn new(chart: &Chart, scale: KeyScale, stat: Stat) -> Data {
        let number_format = chart.x_format.as_ref().and_then(AxisFormat::number);
        let (keys, places) = keys::places(&chart.keys, scale, number_format);
        let mut warnings: Vec<Warning> = without_key(&places).into_iter().collect();
        let empty = |left| Data { keys, left, right: Vec::new(), warnings: Vec::new(), ranked: false };
        let keep_apart = stat == Stat::Identity;
        if stat == Stat::Bin {
            let values = Series { name: String::new(), values: places.clone() };
            let left = run::grouped(chart.group.as_deref(), &places, std::slice::from_ref(&values), keep_apart);
            warnings.extend(left.grey(keep_apart));
            return Data { warnings, ..empty(left.runs) };
        }
        let kind = chart.kind.0;
        let right = if chart.kind.columns() == Columns::KeysAndValues { &chart.y2[..] } else { &[] };
        let told = |at: &usize| if *at < chart.series.len() { !kind.shows_gaps() } else { kind.is_cloud() };
        let each = chart.series.iter().chain(right).enumerate().filter(|(at, _)| told(at));
        warnings.extend(each.filter_map(|(at, series)| without_value(at, series, &places)));

        let left = run::grouped(chart.group.as_deref(), &places, &chart.series, keep_apart);
        warnings.extend(left.grey(keep_apart));
        let mut data = empty(left.runs);
        data.left.iter_mut().for_each(Run::sort);
        data.right = run::plain(&places, right, data.left.len());
        if !kind.is_cloud() {
            data.right.iter_mut().for_each(Run::sort);
            warnings.extend(data.repeats(&data.right, false).map(Warning::Unjoined));
        }
        if stat == Stat::Sum {
            warnings.extend(data.repeats(&data.left, true).map(Warning::Added));
            data.left.iter_mut().for_each(Run::add_up);
        } else if !kind.is_cloud() {
            warnings.extend(data.repeats(&data.left, false).map(Warning::Unjoined));
        }
        Data { warnings, ..data }
    }

    /// The points that share their position with others of their run; if they are not added up, those of several values.
    fn repeats(&self, runs: &[Run], added: bool) -> Option<Repeats> {
        // That what has no colour of its own is added up is told beside.
        let runs = runs.iter().filter(|run| !added || run.color.is_some());
        let same: Vec<&[(f64, f64)]> =
            runs.flat_map(Run::repeated).filter(|same| added || run::has_several_values(same)).collect();
        let first = same.first()?.first()?;
        let rows = same.iter().flat_map(|same| same.iter()).filter(|point| point.1.is_finite()).count();
        Some(Repeats { rows, keys: same.len(), example: self.keys.text(first.0) })
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        !self.left.iter().chain(&self.right).any(|run| run.points.iter().any(|(_, y)| y.is_finite()))
    }

    /// Sorts named keys, the largest first, and keeps the first `top`.
    pub fn rank(&mut self, top: Option<usize>) {
        let Keys::Names(names) = &self.keys else { return };
        let mut totals: Vec<f64> = vec![f64::NEG_INFINITY; names.len()];
        for (x, y) in self.left.iter().flat_map(|run| &run.points).filter(|(_, y)| y.is_finite()) {
            let total = &mut totals[*x as usize];
            *total = if total.is_finite() { *total + y } else { *y };
        }
        // Bars without a value come last, and are the first that `top` leaves out.
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by(|a, b| totals[*b].total_cmp(&totals[*a]));
        self.ranked = !order.is_sorted();
        order.truncate(top.unwrap_or(usize::MAX).max(1));
        self.arrange(&order);
    }

    /// Sorts named keys by their names: days, which are written so that this is their order.
    pub fn sort_by_name(&mut self) {
        let names = self.keys.names();
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by(|a, b| names[*a].cmp(&names[*b]));
        self.arrange(&order);
    }

    /// Lays named keys in that order; those that it leaves out go.
    fn arrange(&mut self, order: &[usize]) {
        let Keys::Names(names) = &self.keys else { return };
        let places: HashMap<usize, usize> = order.iter().enumerate().map(|(place, old)| (*old, place)).collect();
        self.keys = Keys::Names(order.iter().map(|old| names[*old].clone()).collect());
        for run in self.left.iter_mut().chain(&mut self.right) {
            run.points.retain_mut(|(x, _)| match places.get(&(*x as usize)) {
                Some(place) => {
                    *x = *place as f64;
                    true
                }
                None => false,
            });
            run.sort();
        }
    }
}

/// That rows have no key.
fn without_key(places: &[f64]) -> Option<Warning> {
    let rows = places.iter().filter(|place| !place.is_finite()).count();
    (rows > 0).then_some(Warning::WithoutKey { rows })
}

/// That rows with a key have no value.
fn without_value(series: usize, of: &Series, places: &[f64]) -> Option<Warning> {
    let is_missing = |(place, value): &(&f64, &f64)| place.is_finite() && !keys::drawable(**value);
    let rows = places.iter().zip(&of.values).filter(is_missing).count();
    (rows > 0).then_some(Warning::WithoutValue { series, rows })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Column, Kind};

    fn read(chart: &Chart) -> Data {
        chart.kind.0.data(chart)
    }

    fn kind(name: &str) -> Kind {
        Kind::named(name).unwrap()
    }

    fn names(texts: &[&str]) -> Column {
        Column::Category(texts.iter().map(|text| Some((*text).to_owned())).collect())
    }

    #[test]
    fn horizontal_bars_are_added_up_ranked_and_cut() {
        let mut chart = Chart::new(
            kind("barh"),
            names(&["a", "b", "c", "a", "d"]),
            vec![Series::new("v", vec![1.0, 5.0, f64::NAN, 6.0, 2.0])],
        );
        chart.top = Some(3);
        let data = read(&chart);
        assert_eq!(data.keys, Keys::Names(vec!["a".into(), "b".into(), "d".into()]));
        assert_eq!(data.left[0].points, [(0.0, 7.0), (1.0, 5.0), (2.0, 2.0)]);
    }

    #[test]
    fn lines_are_drawn_in_the_order_of_their_keys_with_gaps() {
        let keys = Column::Date(vec![Some(2), None, Some(0), Some(1)]);
        let data = read(&Chart::new(kind("line"), keys, vec![Series::new("v", vec![3.0, 9.0, 1.0, f64::INFINITY])]));
        let points = &data.left[0].points;
        assert_eq!((points[0], points[2]), ((0.0, 1.0), (2.0 * 86_400.0, 3.0)));
        assert!(points[1].1.is_nan() && points.len() == 3);
    }

    #[test]
    fn groups_beyond_the_palette_share_a_grey() {
        let groups: Vec<Option<String>> = (0..40).map(|row| Some(format!("g{}", row % 20))).collect();
        let values = (0..40).map(|row| f64::from(row % 20)).collect();
        let keys = Column::Number((0..40).map(f64::from).collect());
        let mut chart = Chart::new(kind("area"), keys, vec![Series::new("v", values)]);
        chart.group = Some(groups);
        let data = read(&chart);
        let named: Vec<&str> = data.left.iter().map(|run| run.name.as_str()).collect();
        assert_eq!(named, ["g13", "g14", "g15", "g16", "g17", "g18", "g19", "13 others"]);
        assert_eq!(data.left.last().map(|run| (run.color, run.points.len())), Some((None, 26)));
        chart.kind = kind("line");
        assert_eq!(read(&chart).left.len(), 20);
    }
}
