//! What a chart shows, in the units of its data: shapes, ranges, fitted lines, title and legend.

mod bins;
mod shape;
mod trend;

pub(crate) use shape::{Bar, Layer, Shape};
pub(crate) use trend::Fit;

use crate::data::{Data, Keys};
use crate::ticks::number::usable;
use crate::ticks::time;
use crate::{Chart, Column, Kind};

/// Everything that is known before the size of the picture is.
#[derive(Debug)]
pub(crate) struct Plot<'a> {
    pub chart: &'a Chart,
    pub data: Data,
    pub shape: Shape,
    pub fits: Vec<Fit>,
    pub title: String,
    pub legend: Vec<Entry>,
    /// The key axis from end to end.
    pub keys: (f64, f64),
    /// The part of it that has data: a month that has none yet gets no tick.
    pub filled: (f64, f64),
    /// The left axis (of horizontal bars the bottom one) from end to end, before room for written values is added.
    pub left: (f64, f64),
    /// The least and the largest value on the right axis, if there is one.
    pub right: Option<(f64, f64)>,
}

/// One entry of the legend.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub name: String,
    pub mark: Mark,
}

/// What a legend shows beside a name. Colours are places in the palette; none is grey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Line(Option<usize>),
    Dot(Option<usize>),
    Patch(Option<usize>),
    /// A fitted line, dashed or solid, over one series or several.
    Fit {
        dashed: bool,
        single: bool,
    },
}

impl<'a> Plot<'a> {
    pub fn new(chart: &'a Chart) -> Self {
        let data = Data::new(chart);
        let shape = Shape::new(chart, &data);
        let fits = trend::fits(chart, &data);
        let left = left_range(chart, &shape, &data, &fits);
        let right = range(data.right.iter().flat_map(|run| run.points.iter().map(|point| point.1)));
        let right = right.map(|(low, high)| from_zero_where_near(low, high));
        let (keys, filled) = key_ranges(chart, &shape, &data);
        Plot {
            keys,
            filled,
            left,
            right,
            title: title(chart, &data),
            legend: legend(chart, &data, &fits),
            chart,
            data,
            shape,
            fits,
        }
    }

    /// Whether nothing can be drawn but the title.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Whether the two value axes are told apart by the colours of their only series.
    pub fn has_colored_axes(&self) -> bool {
        self.data.left.len() == 1 && self.data.right.len() == 1
    }
}

/// The least and the largest finite number.
fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let wider = |range: Option<(f64, f64)>, value: f64| match range {
        Some((low, high)) => Some((low.min(value), high.max(value))),
        None => Some((value, value)),
    };
    values.filter(|value| value.is_finite()).fold(None, wider)
}

/// Lines that come near zero start there: the eye reads heights even where no bar is drawn.
fn from_zero_where_near(low: f64, high: f64) -> (f64, f64) {
    match (low, high) {
        (low, high) if low >= 0.0 && low < high * 0.4 => (0.0, high),
        (low, high) if high <= 0.0 && high > low * 0.4 => (low, 0.0),
        same => same,
    }
}

/// Adds some of the span to each end that is not zero.
fn padded((low, high): (f64, f64), share: f64) -> (f64, f64) {
    let (low, high) = usable(low, high);
    let room = (high - low) * share;
    (if low == 0.0 { low } else { low - room }, if high == 0.0 { high } else { high + room })
}

fn left_range(chart: &Chart, shape: &Shape, data: &Data, fits: &[Fit]) -> (f64, f64) {
    let drawn = match shape {
        Shape::Points => range(data.left.iter().flat_map(|run| run.points.iter().map(|point| point.1))),
        Shape::Bars(runs) => range(runs.iter().flatten().map(|bar| bar.value).chain([0.0])),
        Shape::Layers(layers) => range(layers.iter().flatten().flat_map(|layer| [layer.low, layer.high]).chain([0.0])),
    };
    let fitted = fits.iter().flat_map(|fit| [fit.from.1, fit.to.1]);
    let (low, high) = range(fitted.chain(drawn.into_iter().flat_map(|(low, high)| [low, high]))).unwrap_or((0.0, 1.0));
    match shape {
        _ if low == 0.0 && high == 0.0 => (0.0, 1.0),
        Shape::Points if chart.kind == Kind::Line => padded(from_zero_where_near(low, high), 0.05),
        Shape::Points => {
            let (bottom, top) = padded((low, high), 0.05);
            // What is never negative gets no negative ticks.
            (if low >= 0.0 { bottom.max(0.0) } else { bottom }, if high <= 0.0 { top.min(0.0) } else { top })
        }
        Shape::Bars(_) | Shape::Layers(_) => padded((low, high), 0.05),
    }
}

/// The key axis from end to end, and the part of it that has data.
fn key_ranges(chart: &Chart, shape: &Shape, data: &Data) -> ((f64, f64), (f64, f64)) {
    let whole = |range: (f64, f64)| (range, range);
    if let Keys::Names(names) = &data.keys {
        return whole((-0.5, names.len().max(1) as f64 - 0.5));
    }
    let points = data.left.iter().chain(&data.right).flat_map(|run| run.points.iter().map(|point| point.0));
    let found = match shape {
        Shape::Bars(runs) => range(
            runs.iter()
                .flatten()
                .flat_map(|bar| [bar.from, bar.to])
                .chain(data.right.iter().flat_map(|run| run.points.iter().map(|point| point.0))),
        ),
        Shape::Points | Shape::Layers(_) => range(points),
    };
    let share = match chart.kind {
        Kind::Line | Kind::Bar | Kind::Hist => 0.012,
        Kind::Scatter => 0.025,
        Kind::Area | Kind::BarH => 0.0,
    };
    match (found, &data.keys) {
        (Some((low, high)), Keys::Moments) if low == high => {
            let unit = if matches!(chart.keys, Column::Date(_)) { time::DAY as f64 } else { 60.0 };
            whole((low - unit, high + unit))
        }
        (Some((low, high)), _) => {
            let (low, high) = usable(low, high);
            ((low - (high - low) * share, high + (high - low) * share), (low, high))
        }
        (None, _) => whole((0.0, 1.0)),
    }
}

fn title(chart: &Chart, data: &Data) -> String {
    let title = chart.title.clone().unwrap_or_default();
    match chart.show_r.then(|| trend::correlation(chart, data)).flatten() {
        Some(r) => {
            let r = crate::NumberFormat::plain(3).format(r);
            if title.is_empty() { format!("r = {r}") } else { format!("{title} (r = {r})") }
        }
        None => title,
    }
}

fn legend(chart: &Chart, data: &Data, fits: &[Fit]) -> Vec<Entry> {
    let single = data.left.len() + data.right.len() < 2;
    let mut entries: Vec<Entry> = Vec::new();
    // A lone cloud needs no name; a lone line does, once a fitted line is beside it, unless its axis bears the name.
    let on_axis = data.left.iter().any(|run| Some(&run.name) == chart.y_label.as_ref());
    if !single || (!fits.is_empty() && chart.kind != Kind::Scatter && !on_axis) {
        let mark = |color| match chart.kind {
            Kind::Line => Mark::Line(color),
            Kind::Scatter => Mark::Dot(color),
            Kind::Bar | Kind::BarH | Kind::Area | Kind::Hist => Mark::Patch(color),
        };
        let over = |color| if chart.kind == Kind::Scatter { Mark::Dot(color) } else { Mark::Line(color) };
        let left = data.left.iter().map(|run| Entry { name: run.name.clone(), mark: mark(run.color) });
        let right = data.right.iter().map(|run| Entry { name: run.name.clone(), mark: over(run.color) });
        entries.extend(left.chain(right).filter(|entry| !entry.name.is_empty()));
        // The grey runs share one entry, which comes last.
        let is_grey = |entry: &Entry| matches!(entry.mark, Mark::Line(None) | Mark::Dot(None) | Mark::Patch(None));
        let (grey, mut colored): (Vec<Entry>, Vec<Entry>) = entries.drain(..).partition(is_grey);
        colored.extend(grey.into_iter().next());
        entries = colored;
    }
    if !fits.is_empty() {
        let mark =
            Mark::Fit { dashed: chart.kind != Kind::Scatter, single: fits.iter().all(|fit| fit.color.is_none()) };
        entries.push(Entry { name: trend_name(chart, fits), mark });
    }
    entries
}

/// What the fitted line is called; a single one along a line says from where to where it leads, for that is what a
/// reader wants of it.
fn trend_name(chart: &Chart, fits: &[Fit]) -> String {
    match (fits, &chart.y_format) {
        ([fit], Some(format)) if chart.kind == Kind::Line => {
            format!("Linear trend: {} → {}", format.format(fit.from.1), format.format(fit.to.1))
        }
        _ => "Linear trend".to_owned(),
    }
}
