//! What is drawn in one colour.

use super::keys::{distinct, drawable, name_of};
use crate::{Series, Warning};

/// What is drawn in one colour.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Run {
    pub name: String,
    /// Position and value; a NaN value is a gap.
    pub points: Vec<(f64, f64)>,
    /// Its place in the palette; none for those beyond what colours can tell apart.
    pub color: Option<usize>,
}

/// More groups than this no reader tells apart; the smaller ones share a grey.
const MOST_GROUPS: usize = 8;

impl Run {
    /// Sorts the points by their positions.
    pub fn sort(&mut self) {
        self.points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }

    /// Makes one point of the sorted points of each position, by adding up.
    pub fn add_up(&mut self) {
        self.points.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same && later.1.is_finite() {
                kept.1 = if kept.1.is_finite() { kept.1 + later.1 } else { later.1 };
            }
            same
        });
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

fn value(number: f64) -> f64 {
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
        Run { name: series.name.clone(), points, color: Some(first_color + place) }
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
    pub fn grey(&self, kept_apart: bool) -> Option<Warning> {
        let Grouped { groups, grey, .. } = *self;
        (grey > 0).then_some(Warning::Grey { groups, grey, added: !kept_apart })
    }
}

/// The series as they are, or one run for each group of each series. Of many groups the smaller ones share a grey, and are
/// made one unless they are to be kept apart.
pub(super) fn grouped(
    groups: Option<&[Option<String>]>,
    places: &[f64],
    series: &[Series],
    keep_apart: bool,
) -> Grouped {
    let Some(groups) = groups else { return Grouped { runs: plain(places, series, 0), groups: 0, grey: 0 } };
    let (names, group_of_row) = distinct(groups.iter().map(|name| Some(name_of(name))));
    let mut runs: Vec<Run> = Vec::new();
    for each in series {
        let mut points: Vec<Vec<(f64, f64)>> = vec![Vec::new(); names.len()];
        for ((group, x), y) in group_of_row.iter().zip(places).zip(&each.values) {
            if x.is_finite() {
                points[*group as usize].push((*x, value(*y)));
            }
        }
        for (group, points) in names.iter().zip(points) {
            let name = if series.len() > 1 { format!("{}, {group}", each.name) } else { group.clone() };
            runs.push(Run { name, points, color: None });
        }
    }
    let groups = runs.len();
    let grey = color_largest(&mut runs, keep_apart);
    Grouped { runs, groups, grey }
}

/// Gives the largest runs their colours, in order of appearance; the others stay grey, and where marks are laid beside
/// or upon each other they are made one. Returns how many stay grey.
fn color_largest(runs: &mut Vec<Run>, keep_apart: bool) -> usize {
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
    count
}
