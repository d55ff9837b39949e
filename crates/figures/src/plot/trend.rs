//! Fitted lines and correlation.

use crate::data::{Data, Keys};
use crate::range::range;
use crate::{Chart, Columns, linear_fit};

/// A fitted line from the first key to the last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fit {
    pub from: (f64, f64),
    pub to: (f64, f64),
    /// That of its series; none if it is the only one.
    pub color: Option<usize>,
}

/// More fitted lines than this are a tangle: one through all points takes their place.
const MOST_FITS: usize = 4;

pub(super) fn fits(chart: &Chart, data: &Data) -> Vec<Fit> {
    if chart.trend.is_none() || chart.kind.columns() != Columns::KeysAndValues {
        return Vec::new();
    }
    let all = || data.left.iter().flat_map(|run| run.points.iter().copied());
    match data.left.len() {
        1 => fit(all(), None).into_iter().collect(),
        2..=MOST_FITS => data.left.iter().filter_map(|run| fit(run.points.iter().copied(), run.color)).collect(),
        _ => fit(all(), None).into_iter().collect(),
    }
}

fn fit(points: impl Iterator<Item = (f64, f64)>, color: Option<usize>) -> Option<Fit> {
    let (xs, ys): (Vec<f64>, Vec<f64>) = points.filter(|(_, y)| y.is_finite()).unzip();
    let (slope, intercept, _) = linear_fit(&xs, &ys)?;
    let (first, last) = range(xs.into_iter())?;
    let at = |x: f64| (x, intercept + slope * x);
    let fit = Fit { from: at(first), to: at(last), color };
    (fit.from.1.is_finite() && fit.to.1.is_finite()).then_some(fit)
}

/// Pearson's r of the first series on either axis, or of keys and values where there is only one axis.
pub(super) fn correlation(chart: &Chart, data: &Data) -> Option<f64> {
    let (_, _, r) = match (chart.series.first(), chart.y2.first()) {
        _ if chart.kind.columns() != Columns::KeysAndValues => None,
        (Some(left), Some(right)) if !chart.kind.0.is_cloud() => linear_fit(&right.values, &left.values),
        _ if matches!(data.keys, Keys::Names(_)) => None,
        _ => {
            let points = data.left.iter().flat_map(|run| run.points.iter().copied());
            let (xs, ys): (Vec<f64>, Vec<f64>) = points.unzip();
            linear_fit(&xs, &ys)
        }
    }?;
    r.is_finite().then_some(r)
}
