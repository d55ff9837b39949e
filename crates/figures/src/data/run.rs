//! What is drawn in one colour.

use super::keys::{MISSING, distinct, drawable, name_of};
use crate::{Agg, Series, Spread, Warning};

/// What is drawn in one colour.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Run {
    pub name: String,
    /// Position and value; a NaN value is a gap.
    pub points: Vec<(f64, f64)>,
    /// Its place in the palette; none for those beyond what colours can tell apart.
    pub color: Option<usize>,
    /// Position, and from where to where the value there may lie.
    pub spread: Vec<(f64, f64, f64)>,
    /// What the legend calls it, together with others of its colour.
    pub shared_name: Option<String>,
    /// Whether it is the rest of many groups, of which there are several values of one key.
    pub is_rest: bool,
}

/// More groups than this no reader tells apart; the smaller ones share a grey.
const MOST_GROUPS: usize = 8;

impl Run {
    /// A run of points in a colour.
    pub fn new(name: String, points: Vec<(f64, f64)>, color: Option<usize>) -> Run {
        Run { name, points, color, spread: Vec::new(), shared_name: None, is_rest: false }
    }

    /// What the legend calls it.
    pub fn legend_name(&self) -> &str {
        self.shared_name.as_deref().unwrap_or(&self.name)
    }

    /// Sorts the points by their positions.
    pub fn sort(&mut self) {
        self.points.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.spread.sort_by(|a, b| a.0.total_cmp(&b.0));
    }

    /// Makes one point of the sorted points of each position. Without an aggregate, the first of several stays; a rest is
    /// asked for, and is a sum.
    pub fn merge(&mut self, agg: Option<Agg>) {
        let agg = agg.or(self.is_rest.then_some(Agg::Sum));
        let one = |same: &[(f64, f64)]| {
            let mut values = same.iter().map(|point| point.1).filter(|value| value.is_finite());
            let value = match agg {
                Some(agg) => agg.of(values),
                None => values.next().unwrap_or(f64::NAN),
            };
            (same[0].0, value)
        };
        self.points = self.points.chunk_by(|a, b| a.0 == b.0).map(one).collect();
    }

    /// The sorted points that share their position with others: those of each position.
    pub fn repeated(&self) -> impl Iterator<Item = &[(f64, f64)]> {
        self.points
            .chunk_by(|a, b| a.0 == b.0)
            .filter(|same| same.iter().filter(|point| point.1.is_finite()).count() > 1)
    }

    /// Whether a position of the sorted points has more than one value.
    pub fn has_several_values(&self) -> bool {
        self.repeated().any(has_several_values)
    }

    /// Whether a value is below zero.
    pub fn is_negative(&self) -> bool {
        self.points.iter().any(|(_, y)| *y < 0.0)
    }

    fn weight(&self) -> f64 {
        self.points.iter().map(|(_, y)| y.abs()).filter(|y| y.is_finite()).sum()
    }
}

/// Whether the values of these points differ.
pub(super) fn has_several_values(same: &[(f64, f64)]) -> bool {
    let mut values = same.iter().map(|point| point.1).filter(|value| value.is_finite());
    let first = values.next();
    values.any(|value| Some(value) != first)
}

/// A number as it is drawn.
pub(super) fn value(number: f64) -> f64 {
    // Below this, differences vanish when they are squared; what is drawn is zero either way.
    match number {
        number if !drawable(number) => f64::NAN,
        number if number.abs() < 1e-99 => 0.0,
        number => number,
    }
}

/// The series as they are, in colours from `first_color` on.
pub(super) fn plain(places: &[f64], series: &[Series], first_color: usize) -> Vec<Run> {
    let run = |(place, series): (usize, &Series)| {
        let rows = places.iter().zip(&series.values).filter(|(x, _)| x.is_finite());
        let points = rows.map(|(x, y)| (*x, value(*y))).collect();
        Run::new(series.name.clone(), points, Some(first_color + place))
    };
    series.iter().enumerate().map(run).collect()
}

/// The runs of an axis, and how many groups share a grey.
pub(super) struct Grouped {
    pub runs: Vec<Run>,
    groups: usize,
    grey: usize,
}

impl Grouped {
    /// That there are more groups than colours.
    pub fn grey(&self, pooled: bool) -> Option<Warning> {
        let Grouped { groups, grey, .. } = *self;
        (grey > 0).then_some(Warning::Grey { groups, grey, pooled })
    }
}

/// From where to where the values of the rows that `belongs` names may lie.
fn spread(places: &[f64], spread: Option<&Spread>, belongs: impl Fn(usize) -> bool) -> Vec<(f64, f64, f64)> {
    let Some(spread) = spread else { return Vec::new() };
    let rows = places.iter().zip(spread.low.iter().zip(&spread.high)).enumerate();
    let known = rows.filter(|(row, (x, _))| x.is_finite() && belongs(*row));
    let ends = known.map(|(_, (x, (low, high)))| (*x, value(*low), value(*high)));
    ends.filter(|(_, low, high)| low.is_finite() && high.is_finite()).collect()
}

/// The series as they are, or one run for each group of each series. Of many groups the smaller ones share a grey, and are
/// made one if they are to be pooled.
pub(super) fn grouped(
    groups: Option<&[Option<String>]>,
    places: &[f64],
    series: &[Series],
    spreads: Option<&Spread>,
    pool: bool,
) -> Grouped {
    let Some(groups) = groups else {
        let mut runs = plain(places, series, 0);
        if let Some(first) = runs.first_mut() {
            first.spread = spread(places, spreads, |_| true);
        }
        return Grouped { runs, groups: 0, grey: 0 };
    };
    let (names, group_of_row) = distinct(groups.iter().map(|name| Some(name_of(name))));
    let mut runs: Vec<Run> = Vec::new();
    for each in series {
        let mut points: Vec<Vec<(f64, f64)>> = vec![Vec::new(); names.len()];
        for ((group, x), y) in group_of_row.iter().zip(places).zip(&each.values) {
            if x.is_finite() {
                points[*group as usize].push((*x, value(*y)));
            }
        }
        for (place, (group, points)) in names.iter().zip(points).enumerate() {
            let name = if series.len() > 1 { format!("{}, {group}", each.name) } else { group.clone() };
            let mut run = Run::new(name, points, None);
            // Only the first series has a spread.
            if runs.len() < names.len() {
                run.spread = spread(places, spreads, |row| group_of_row[row] as usize == place);
            }
            runs.push(run);
        }
    }
    let groups = runs.len();
    let missing = names.iter().position(|name| name == MISSING);
    let grey = color_largest(&mut runs, |place| Some(place % names.len()) == missing, pool);
    Grouped { runs, groups, grey }
}

/// Gives the largest runs their colours, in order of appearance; the others stay grey, share a name in the legend, and are made
/// one if they are to be pooled. What has no group is grey too, under its own name. Returns how many others there are.
fn color_largest(runs: &mut Vec<Run>, is_missing: impl Fn(usize) -> bool, pool: bool) -> usize {
    let mut order: Vec<usize> = (0..runs.len()).filter(|place| !is_missing(*place)).collect();
    if order.len() > MOST_GROUPS {
        order.sort_by(|a, b| runs[*b].weight().total_cmp(&runs[*a].weight()));
        order.truncate(MOST_GROUPS - 1);
        order.sort_unstable();
    }
    for (color, run) in order.iter().enumerate() {
        runs[*run].color = Some(color);
    }
    let numbered = runs.drain(..).enumerate();
    let (named, others): (Vec<_>, Vec<_>) =
        numbered.partition(|(place, run)| run.color.is_some() || is_missing(*place));
    let count = others.len();
    let name = format!("{count} others");
    let (named, others) = (named.into_iter().map(|(_, run)| run), others.into_iter().map(|(_, run)| run));
    if pool && count > 0 {
        let points = others.flat_map(|run| run.points).collect();
        runs.extend(named.chain([Run { is_rest: true, ..Run::new(name, points, None) }]));
    } else {
        // Grey ones are drawn first, below the coloured ones.
        runs.extend(others.map(|run| Run { shared_name: Some(name.clone()), ..run }).chain(named));
    }
    count
}
