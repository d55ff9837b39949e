//! From columns to points: keys become positions, groups become runs of their own.

use std::collections::HashMap;

use crate::ticks::number::LARGEST;
use crate::ticks::time;
use crate::{AxisFormat, Chart, Column, Kind, NumberFormat, Series};

/// What the positions along the key axis are.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Keys {
    Numbers,
    /// Seconds since 1970.
    Moments,
    /// Indices of these names.
    Names(Vec<String>),
}

/// What is drawn in one colour.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Run {
    pub name: String,
    /// Position and value; a NaN value is a gap.
    pub points: Vec<(f64, f64)>,
    /// Its place in the palette; none for those beyond what colours can tell apart.
    pub color: Option<usize>,
}

/// A chart's data, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Data {
    pub keys: Keys,
    pub left: Vec<Run>,
    pub right: Vec<Run>,
}

/// More groups than this no reader tells apart; the smaller ones share a grey.
const MOST_GROUPS: usize = 8;

impl Data {
    pub fn new(chart: &Chart) -> Data {
        let (keys, places) = places(chart);
        let mut data = if chart.kind == Kind::Hist {
            let values = Series { name: String::new(), values: places.clone() };
            Data { keys, left: runs(chart, &places, std::slice::from_ref(&values)), right: Vec::new() }
        } else {
            let mut left = runs(chart, &places, &chart.series);
            let right = if chart.kind == Kind::BarH { &[][..] } else { &chart.y2 };
            let mut right = plain_runs(&places, right, left.len());
            let added = matches!(chart.kind, Kind::Bar | Kind::BarH | Kind::Area);
            left.iter_mut().for_each(|run| run.in_order(added));
            if chart.kind != Kind::Scatter {
                right.iter_mut().for_each(|run| run.in_order(false));
            }
            Data { keys, left, right }
        };
        if matches!(chart.kind, Kind::Bar | Kind::BarH) {
            data.rank(chart.kind == Kind::BarH, chart.top);
        }
        data
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        !self.left.iter().chain(&self.right).any(|run| run.points.iter().any(|(_, y)| y.is_finite()))
    }

    /// Sorts named bars, the largest first, and keeps the first `top`.
    fn rank(&mut self, always: bool, top: Option<usize>) {
        let Keys::Names(names) = &self.keys else { return };
        if !always && top.is_none_or(|top| top >= names.len()) {
            return;
        }
        let mut totals: Vec<f64> = vec![f64::NEG_INFINITY; names.len()];
        for (x, y) in self.left.iter().flat_map(|run| &run.points).filter(|(_, y)| y.is_finite()) {
            let total = &mut totals[*x as usize];
            *total = if total.is_finite() { *total + y } else { *y };
        }
        // Bars without a value come last, and are the first that `top` leaves out.
        let mut order: Vec<usize> = (0..names.len()).collect();
        order.sort_by(|a, b| totals[*b].total_cmp(&totals[*a]));
        order.truncate(top.unwrap_or(usize::MAX).max(1));
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
            run.points.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
    }
}

impl Run {
    /// Sorts the points by their positions; where rows of one position are added, they become one point.
    fn in_order(&mut self, added: bool) {
        self.points.sort_by(|a, b| a.0.total_cmp(&b.0));
        if added {
            self.points.dedup_by(|later, kept| {
                let same = later.0 == kept.0;
                if same && later.1.is_finite() {
                    kept.1 = if kept.1.is_finite() { kept.1 + later.1 } else { later.1 };
                }
                same
            });
        }
    }

    fn weight(&self) -> f64 {
        self.points.iter().map(|(_, y)| y.abs()).filter(|y| y.is_finite()).sum()
    }
}

/// The position of every row: NaN where its key is missing.
fn places(chart: &Chart) -> (Keys, Vec<f64>) {
    let bars = matches!(chart.kind, Kind::Bar | Kind::BarH);
    match &chart.keys {
        Column::Category(names) if chart.kind == Kind::Hist => (Keys::Numbers, vec![f64::NAN; names.len()]),
        Column::Category(names) => {
            named(names.iter().map(|name| Some(name.as_deref().unwrap_or("(missing)").to_owned())))
        }
        Column::Number(numbers) if bars => {
            let format = match &chart.x_format {
                // The horizontal axis of horizontal bars shows values: its format is not that of the keys.
                Some(AxisFormat::Number(format)) if chart.kind == Kind::Bar => Some(format),
                _ => None,
            };
            named(numbers.iter().map(|number| drawable(*number).then(|| key_text(*number, format))))
        }
        Column::Number(numbers) => {
            (Keys::Numbers, numbers.iter().map(|n| if drawable(*n) { *n } else { f64::NAN }).collect())
        }
        Column::Date(_) | Column::DateTime(_) => {
            let moments = moments(&chart.keys);
            if chart.kind != Kind::BarH {
                return (Keys::Moments, moments);
            }
            let days = matches!(chart.keys, Column::Date(_));
            let text = |moment: &f64| {
                let moment = time::civil(*moment)?;
                Some(moment.strftime(if days { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M" }).to_string())
            };
            named(moments.iter().map(text))
        }
    }
}

fn moments(keys: &Column) -> Vec<f64> {
    let known = |seconds: f64| if time::civil(seconds).is_some() { seconds } else { f64::NAN };
    match keys {
        Column::Date(days) => {
            days.iter().map(|day| day.map_or(f64::NAN, |day| known(f64::from(day) * time::DAY as f64))).collect()
        }
        Column::DateTime(times) => {
            times.iter().map(|micros| micros.map_or(f64::NAN, |micros| known(micros as f64 / 1e6))).collect()
        }
        Column::Number(_) | Column::Category(_) => vec![f64::NAN; keys.len()],
    }
}

fn named(texts: impl Iterator<Item = Option<String>>) -> (Keys, Vec<f64>) {
    let mut names: Vec<String> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let place = |text: Option<String>| -> f64 {
        let Some(text) = text else { return f64::NAN };
        let place = *known.entry(text).or_insert_with_key(|text| {
            names.push(text.clone());
            names.len() - 1
        });
        place as f64
    };
    let places = texts.map(place).collect();
    (Keys::Names(names), places)
}

/// A number as the name of a bar.
fn key_text(number: f64, format: Option<&NumberFormat>) -> String {
    match format {
        Some(format) => format.format(number),
        None if number.fract() == 0.0 => NumberFormat::bare(0).format(number),
        None => number.to_string(),
    }
}

fn drawable(number: f64) -> bool {
    number.abs() <= LARGEST
}

fn value(number: f64) -> f64 {
    // Below this, differences vanish when they are squared; what is drawn is zero either way.
    match number {
        number if !drawable(number) => f64::NAN,
        number if number.abs() < 1e-99 => 0.0,
        number => number,
    }
}

fn plain_runs(places: &[f64], series: &[Series], first_color: usize) -> Vec<Run> {
    let run = |(place, series): (usize, &Series)| Run {
        name: series.name.clone(),
        points: points(places, &series.values, |_| true),
        color: Some(first_color + place),
    };
    series.iter().enumerate().map(run).collect()
}

fn points(places: &[f64], values: &[f64], keep: impl Fn(usize) -> bool) -> Vec<(f64, f64)> {
    let rows = places.iter().zip(values).enumerate();
    rows.filter(|(row, (x, _))| x.is_finite() && keep(*row)).map(|(_, (x, y))| (*x, value(*y))).collect()
}

/// The series as they are, or one run for each group of each series.
fn runs(chart: &Chart, places: &[f64], series: &[Series]) -> Vec<Run> {
    let Some(groups) = &chart.group else { return plain_runs(places, series, 0) };
    let (keys, group_of_row) = named(groups.iter().map(|name| Some(name.as_deref().unwrap_or("(missing)").to_owned())));
    let Keys::Names(names) = keys else { return Vec::new() };
    let mut runs: Vec<Run> = Vec::new();
    for series in series {
        let mut points: Vec<Vec<(f64, f64)>> = vec![Vec::new(); names.len()];
        for ((group, x), y) in group_of_row.iter().zip(places).zip(&series.values) {
            if x.is_finite() {
                points[*group as usize].push((*x, value(*y)));
            }
        }
        for (group, points) in names.iter().zip(points) {
            let name = if chart.series.len() > 1 { format!("{}, {group}", series.name) } else { group.clone() };
            runs.push(Run { name, points, color: None });
        }
    }
    color_largest(&mut runs, matches!(chart.kind, Kind::Line | Kind::Scatter));
    runs
}

/// Gives the largest runs their colours, in order of appearance; the others stay grey, and where marks are laid beside
/// or upon each other they are made one.
fn color_largest(runs: &mut Vec<Run>, keep_apart: bool) {
    let mut order: Vec<usize> = (0..runs.len()).collect();
    if runs.len() > MOST_GROUPS {
        order.sort_by(|a, b| runs[*b].weight().total_cmp(&runs[*a].weight()));
        order.truncate(MOST_GROUPS - 1);
        order.sort_unstable();
    }
    for (color, run) in order.iter().enumerate() {
        runs[*run].color = Some(color);
    }
    let (mut colored, grey): (Vec<Run>, Vec<Run>) = runs.drain(..).partition(|run| run.color.is_some());
    let count = grey.len();
    let name = format!("{count} others");
    if keep_apart {
        // Grey ones are drawn first, below the coloured ones.
        let grey = grey.into_iter().map(|run| Run { name: name.clone(), ..run });
        runs.extend(grey.chain(colored));
    } else {
        if count > 0 {
            let points = grey.into_iter().flat_map(|run| run.points).collect();
            colored.push(Run { name, points, color: None });
        }
        *runs = colored;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(texts: &[&str]) -> Column {
        Column::Category(texts.iter().map(|text| Some((*text).to_owned())).collect())
    }

    #[test]
    fn horizontal_bars_are_added_up_ranked_and_cut() {
        let mut chart = Chart::new(
            Kind::BarH,
            names(&["a", "b", "c", "a", "d"]),
            vec![Series::new("v", vec![1.0, 5.0, f64::NAN, 6.0, 2.0])],
        );
        chart.top = Some(3);
        let data = Data::new(&chart);
        assert_eq!(data.keys, Keys::Names(vec!["a".into(), "b".into(), "d".into()]));
        assert_eq!(data.left[0].points, [(0.0, 7.0), (1.0, 5.0), (2.0, 2.0)]);
    }

    #[test]
    fn lines_are_drawn_in_the_order_of_their_keys_with_gaps() {
        let keys = Column::Date(vec![Some(2), None, Some(0), Some(1)]);
        let data = Data::new(&Chart::new(Kind::Line, keys, vec![Series::new("v", vec![3.0, 9.0, 1.0, f64::INFINITY])]));
        let points = &data.left[0].points;
        assert_eq!((points[0], points[2]), ((0.0, 1.0), (2.0 * 86_400.0, 3.0)));
        assert!(points[1].1.is_nan() && points.len() == 3);
    }

    #[test]
    fn groups_beyond_the_palette_share_a_grey() {
        let groups: Vec<Option<String>> = (0..40).map(|row| Some(format!("g{}", row % 20))).collect();
        let values = (0..40).map(|row| f64::from(row % 20)).collect();
        let keys = Column::Number((0..40).map(f64::from).collect());
        let mut chart = Chart::new(Kind::Area, keys, vec![Series::new("v", values)]);
        chart.group = Some(groups);
        let data = Data::new(&chart);
        let named: Vec<&str> = data.left.iter().map(|run| run.name.as_str()).collect();
        assert_eq!(named, ["g13", "g14", "g15", "g16", "g17", "g18", "g19", "13 others"]);
        assert_eq!(data.left.last().map(|run| (run.color, run.points.len())), Some((None, 26)));
        chart.kind = Kind::Line;
        assert_eq!(Data::new(&chart).left.len(), 20);
    }
}
