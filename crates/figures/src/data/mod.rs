//! From columns to points: keys become positions, groups become runs of their own.

mod grid;
mod keys;
mod run;

use std::collections::HashMap;

use crate::kind::Columns;
use crate::{Chart, Column, Repeats, Series, Sort, Stack, Warning};
pub(crate) use keys::{KeyScale, Keys, distinct, name_of, places, written};
pub(crate) use run::Run;

/// A chart's data, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Data {
    pub keys: Keys,
    pub left: Vec<Run>,
    pub right: Vec<Run>,
    /// Rows of one key that nothing makes one of.
    pub unmerged: Option<Repeats>,
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
    /// They become one point, by the chart's aggregate.
    Merge,
    /// Each is an observation of its key: there may be many, and their order means nothing.
    Observe,
    /// The keys themselves are what is counted; series are not looked at.
    Bin,
}

impl Data {
    /// Where along the key axis there is something, ascending, each once.
    pub fn positions(&self) -> Vec<f64> {
        let points = self.left.iter().chain(&self.right).flat_map(|run| &run.points);
        let mut positions: Vec<f64> = points.map(|point| point.0).filter(|place| place.is_finite()).collect();
        positions.sort_by(f64::total_cmp);
        positions.dedup();
        positions
    }

    pub fn new(chart: &Chart, scale: KeyScale, stat: Stat) -> Data {
        let named = keys::places(&chart.keys, scale);
        let (keys, places) = match &chart.group {
            Some(groups) => keys::in_order_of_groups(named, groups),
            None => named,
        };
        let warnings: Vec<Warning> = without_key(&chart.keys, &places).collect();
        let mut data = Data { keys, left: Vec::new(), right: Vec::new(), unmerged: None, warnings, ranked: false };
        // Of what lies over each other a rest would hide the others.
        let pool = chart.others && stat != Stat::Identity;
        let groups = chart.group.as_deref();
        if stat == Stat::Bin {
            let values = Series { name: String::new(), values: places.clone() };
            let left = run::grouped(groups, &places, std::slice::from_ref(&values), None, pool);
            data.warnings.extend(left.grey(pool));
            return Data { left: left.runs, ..data };
        }
        let kind = chart.kind.0;
        let right = if chart.kind.columns() == Columns::KeysAndValues { &chart.y2[..] } else { &[] };
        let shows_gaps = |at: usize| if at < chart.series.len() { kind.shows_gaps() } else { !kind.is_cloud() };
        for (at, series) in chart.series.iter().chain(right).enumerate() {
            let is_gap = |warning: &Warning| shows_gaps(at) && matches!(warning, Warning::WithoutValue { .. });
            data.warnings.extend(without_value(at, series, &places).filter(|warning| !is_gap(warning)));
        }

        let left = run::grouped(groups, &places, &chart.series, chart.spread.as_ref(), pool);
        data.warnings.extend(left.grey(pool));
        data.left = left.runs;
        data.left.iter_mut().for_each(Run::sort);
        data.right = run::plain(&places, right, data.left.len());
        if !kind.is_cloud() {
            data.right.iter_mut().for_each(Run::sort);
            let repeats = data.repeats(&data.right, false);
            data.warnings.extend(repeats.map(Warning::Unjoined));
        }
        data.merge(chart, stat);
        data.leave_out_unplaced(chart);
        data
    }

    /// Makes one point of those of one key, or tells that nothing does.
    fn merge(&mut self, chart: &Chart, stat: Stat) {
        let is_cloud = chart.kind.0.is_cloud();
        if stat == Stat::Merge || (stat == Stat::Identity && !is_cloud && chart.agg.is_some()) {
            if chart.agg.is_none() {
                self.unmerged = self.repeats(&self.left, true);
            }
            self.left.iter_mut().for_each(|run| run.merge(chart.agg));
            if chart.stack == Some(Stack::Share) {
                self.share();
            }
        } else if stat == Stat::Identity && !is_cloud {
            let repeats = self.repeats(&self.left, false);
            self.warnings.extend(repeats.map(Warning::Unjoined));
        }
    }

    /// Makes shares of all values of one key.
    fn share(&mut self) {
        let mut totals: HashMap<u64, f64> = HashMap::new();
        for (x, y) in self.left.iter().flat_map(|run| &run.points).filter(|(_, y)| y.is_finite()) {
            *totals.entry(x.to_bits()).or_default() += y.abs();
        }
        for (x, y) in self.left.iter_mut().flat_map(|run| &mut run.points) {
            let total = totals.get(&x.to_bits()).copied().unwrap_or(0.0);
            *y = if total > 0.0 { *y / total } else { f64::NAN };
        }
    }

    /// Makes gaps of what has no place on the scales of the axes.
    fn leave_out_unplaced(&mut self, chart: &Chart) {
        let (keys, values) = chart.measures();
        let (keys, values) = (keys.scale, values.scale);
        let measured = self.keys == Keys::Numbers;
        let mut out = 0;
        for (x, y) in self.left.iter_mut().flat_map(|run| &mut run.points).filter(|(_, y)| y.is_finite()) {
            if !values.has(*y) || (measured && !keys.has(*x)) {
                *y = f64::NAN;
                out += 1;
            }
        }
        if measured {
            for run in self.left.iter_mut().chain(&mut self.right) {
                run.points.retain(|(x, _)| keys.has(*x));
            }
        }
        for run in &mut self.left {
            run.spread.retain(|(x, low, _)| values.has(*low) && (!measured || keys.has(*x)));
        }
        if out > 0 {
            self.warnings.push(Warning::NotPositive { values: out });
        }
    }

    /// The points that share their position with others of their run; if they are not merged, those of several values.
    fn repeats(&self, runs: &[Run], merged: bool) -> Option<Repeats> {
        // That a rest is a sum is told beside.
        let runs = runs.iter().filter(|run| !run.is_rest);
        let same: Vec<&[(f64, f64)]> =
            runs.flat_map(Run::repeated).filter(|same| merged || run::has_several_values(same)).collect();
        let first = same.first()?.first()?;
        let rows = same.iter().flat_map(|same| same.iter()).filter(|point| point.1.is_finite()).count();
        Some(Repeats { rows, keys: same.len(), example: self.keys.text(first.0) })
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        !self.left.iter().chain(&self.right).any(|run| run.points.iter().any(|(_, y)| y.is_finite()))
    }

    /// Keeps the `top` largest named keys, and lays them in that order.
    pub fn order(&mut self, sort: Sort, top: Option<usize>) {
        let names = self.keys.names();
        if names.is_empty() {
            return;
        }
        let totals = self.totals();
        // Keys without a value come last, and are the first that `top` leaves out.
        let descending = |a: &usize, b: &usize| totals[*b].total_cmp(&totals[*a]);
        let mut order: Vec<usize> = (0..names.len()).collect();
        if let Some(top) = top.filter(|top| *top < names.len()) {
            order.sort_by(descending);
            order.truncate(top.max(1));
            order.sort_unstable();
        }
        match sort {
            Sort::Table => {}
            Sort::Name => order.sort_by(|a, b| names[*a].cmp(&names[*b])),
            Sort::ValueDescending => order.sort_by(descending),
            Sort::Value => {
                let known = |place: &usize| if totals[*place].is_finite() { totals[*place] } else { f64::INFINITY };
                order.sort_by(|a, b| known(a).total_cmp(&known(b)));
            }
        }
        self.ranked = sort == Sort::ValueDescending && !order.is_sorted();
        self.arrange(&order);
    }

    /// Lays names, and the runs with their colours, as another has them, of which this is a part.
    pub fn lay_out_as(&mut self, whole: &Data) {
        if let (Keys::Names(own), Keys::Names(names)) = (&self.keys, &whole.keys) {
            let places: HashMap<&String, f64> = names.iter().enumerate().map(|(at, name)| (name, at as f64)).collect();
            let places: Vec<Option<f64>> = own.iter().map(|name| places.get(name).copied()).collect();
            let moved = |x: &mut f64| match places.get(*x as usize).copied().flatten() {
                Some(place) => {
                    *x = place;
                    true
                }
                None => false,
            };
            for run in &mut self.left {
                run.points.retain_mut(|(x, _)| moved(x));
                run.spread.retain_mut(|(x, _, _)| moved(x));
                run.sort();
            }
            self.keys = whole.keys.clone();
        }
        let mut own = std::mem::take(&mut self.left);
        for run in &whole.left {
            // Those that the whole has no colours for are under one name there.
            let (same, others): (Vec<Run>, Vec<Run>) = own.into_iter().partition(|one| one.name == run.name);
            let mut empty = Run { is_rest: run.is_rest, ..Run::new(run.name.clone(), Vec::new(), run.color) };
            for one in same {
                empty.points.extend(one.points);
                empty.spread.extend(one.spread);
            }
            empty.sort();
            self.left.push(empty);
            own = others;
        }
        self.left.extend(own.into_iter().map(|run| Run { color: None, ..run }));
    }

    /// The sum of the values of each named key; negative infinity of none.
    fn totals(&self) -> Vec<f64> {
        let mut totals: Vec<f64> = vec![f64::NEG_INFINITY; self.keys.names().len()];
        for (x, y) in self.left.iter().flat_map(|run| &run.points).filter(|(_, y)| y.is_finite()) {
            let total = &mut totals[*x as usize];
            *total = if total.is_finite() { *total + y } else { *y };
        }
        totals
    }

    /// Lays named keys in that order; those that it leaves out go.
    fn arrange(&mut self, order: &[usize]) {
        let Keys::Names(names) = &self.keys else { return };
        let places: HashMap<usize, usize> = order.iter().enumerate().map(|(place, old)| (*old, place)).collect();
        self.keys = Keys::Names(order.iter().map(|old| names[*old].clone()).collect());
        for run in self.left.iter_mut().chain(&mut self.right) {
            let moved = |x: &mut f64| match places.get(&(*x as usize)) {
                Some(place) => {
                    *x = *place as f64;
                    true
                }
                None => false,
            };
            run.points.retain_mut(|(x, _)| moved(x));
            run.spread.retain_mut(|(x, _, _)| moved(x));
            run.sort();
        }
    }
}

/// That rows have no key, or one that is too large to be drawn.
fn without_key(keys: &Column, places: &[f64]) -> impl Iterator<Item = Warning> {
    let unplaced = places.iter().filter(|place| !place.is_finite()).count();
    let values = match keys {
        Column::Number(numbers) => {
            numbers.iter().zip(places).filter(|(number, place)| number.is_finite() && !place.is_finite()).count()
        }
        _ => 0,
    };
    let rows = unplaced - values;
    let missing = (rows > 0).then_some(Warning::WithoutKey { rows });
    missing.into_iter().chain((values > 0).then_some(Warning::KeysTooLarge { values }))
}

/// That rows with a key have no value, or one that is too large to be drawn.
fn without_value(series: usize, of: &Series, places: &[f64]) -> impl Iterator<Item = Warning> {
    let count = |is: fn(f64) -> bool| {
        places.iter().zip(&of.values).filter(|(place, value)| place.is_finite() && is(**value)).count()
    };
    let rows = count(|value| !value.is_finite());
    let values = count(|value| value.is_finite() && !keys::drawable(value));
    let missing = (rows > 0).then_some(Warning::WithoutValue { series, rows });
    missing.into_iter().chain((values > 0).then_some(Warning::TooLarge { series, values }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Agg, Kind};

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
        chart.agg = Some(Agg::Sum);
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
        chart.others = true;
        let data = read(&chart);
        let named: Vec<&str> = data.left.iter().map(|run| run.name.as_str()).collect();
        assert_eq!(named, ["g13", "g14", "g15", "g16", "g17", "g18", "g19", "13 others"]);
        assert_eq!(data.left.last().map(|run| (run.color, run.points.len())), Some((None, 26)));
        chart.kind = kind("line");
        assert_eq!(read(&chart).left.len(), 20);
    }
}
