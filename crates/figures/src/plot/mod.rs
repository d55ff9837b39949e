//! What a chart shows, in the units of its data: marks, ranges, fitted lines, title and legend.

mod axes;
mod legend;
mod trend;

pub(crate) use legend::Entry;
pub(crate) use trend::Fit;

use crate::data::{Data, Keys, written};
use crate::marks::Marks;
use crate::range::{from_zero_where_near, range};
use crate::references::References;
use crate::{Chart, Column, Columns, NumberFormat, ValueFormat};

/// Everything that is known before the size of the picture is.
#[derive(Debug)]
pub(crate) struct Plot<'a> {
    pub chart: &'a Chart,
    pub data: Data,
    pub left_marks: Box<dyn Marks>,
    pub right_marks: Box<dyn Marks>,
    pub fits: Vec<Fit>,
    pub references: References,
    pub title: String,
    pub legend: Vec<Entry>,
    /// The key axis from end to end.
    pub keys: (f64, f64),
    /// The part of it that has data: a month that has none yet gets no tick.
    pub filled: (f64, f64),
    /// The left axis (of horizontal bars the bottom one) from end to end, before room for written values is added.
    pub left: (f64, f64),
    /// Whether the axes have names.
    pub has_names: bool,
    /// The least and the largest value on the right axis, if there is one.
    pub right: Option<(f64, f64)>,
}

impl<'a> Plot<'a> {
    pub fn new(chart: &'a Chart) -> Self {
        let kind = chart.kind.0;
        let data = kind.data(chart);
        let (left_marks, right_marks) = (kind.marks(chart, &data), kind.right_marks());
        let fits = trend::fits(chart, &data);
        let references = References::new(chart, &data);
        let left = axes::left(chart, &data, &*left_marks, &fits, &references);
        let right = range(data.right.iter().flat_map(|run| run.points.iter().map(|point| point.1)));
        let right = right.map(|(low, high)| from_zero_where_near(low, high));
        let (keys, filled) = axes::keys(chart, &data, &*left_marks, &references);
        let shown = left_marks.ramp().unwrap_or(left);
        let usual = usual_format(shown, left_marks.values(&data.left)).in_locale(chart.locale);
        let format = chart.format_of_values().cloned().unwrap_or(usual);
        let legend = legend::entries(chart, &data, (&*left_marks, &*right_marks), &fits, &references.lines, &format);
        let title = title(chart, &data);
        Plot {
            keys,
            filled,
            left,
            right,
            title,
            legend,
            chart,
            data,
            left_marks,
            right_marks,
            fits,
            references,
            has_names: true,
        }
    }

    /// One facet of a chart: its names lie as in the whole, which has the legend and the names of the axes.
    pub fn facet(chart: &'a Chart, whole: &Plot) -> Self {
        let mut plot = Plot::new(chart);
        plot.legend.clear();
        plot.has_names = false;
        plot.data.lay_out_as(&whole.data);
        plot.left_marks = chart.kind.0.marks(chart, &plot.data);
        // One colour is one value in all of them, and one place one row.
        if let Some(ramp) = whole.left_marks.ramp() {
            plot.left_marks.set_ramp(ramp);
        }
        if chart.kind.0.has_rows() {
            plot.left = whole.left;
        }
        if matches!(whole.data.keys, Keys::Names(_)) {
            plot.keys = whole.keys;
        }
        plot
    }

    /// The names of its runs, with the places of their colours.
    pub fn colored(&self) -> impl Iterator<Item = (Option<usize>, &str)> {
        self.data.left.iter().chain(&self.data.right).map(|run| (run.color, run.name.as_str()))
    }

    /// Whether nothing can be drawn but the title.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Whether the keys go down the vertical axis and the values along the horizontal one.
    pub fn is_horizontal(&self) -> bool {
        self.chart.kind.0.is_horizontal()
    }

    /// Whether the vertical axis has names that go down rather than values that go up.
    pub fn counts_down(&self) -> bool {
        self.is_horizontal() || self.chart.kind.0.has_rows()
    }

    /// Whether the two value axes are told apart by the colours of their only series.
    pub fn has_colored_axes(&self) -> bool {
        self.data.left.len() == 1 && self.data.right.len() == 1
    }

    /// The name of the left axis.
    pub fn left_label(&self) -> Option<&str> {
        let kind = self.chart.kind;
        // Rows of days, and slices, are called by their own names.
        let is_value = kind.0.has_rows() && kind.columns() != Columns::Grid;
        if !self.has_names || !kind.0.has_axes() || is_value {
            return None;
        }
        self.chart.y_label.as_deref().or_else(|| self.chart.kind.0.value_label())
    }

    /// The name of the bottom axis.
    pub fn bottom_label(&self) -> Option<&str> {
        self.chart.x_label.as_deref().filter(|_| self.has_names && self.chart.kind.0.has_axes())
    }

    /// What the values are, where it has a name.
    pub fn value_label(&self) -> Option<&str> {
        let chart = self.chart;
        let given = if self.is_horizontal() { chart.x_label.as_deref() } else { chart.y_label.as_deref() };
        let of_cells = || chart.series.first().map(|series| series.name.as_str());
        match chart.kind.columns() {
            Columns::Grid => of_cells(),
            _ => given.or_else(|| chart.kind.0.value_label()),
        }
    }

    /// A key as a reader is told it.
    pub fn key_label(&self, at: f64) -> String {
        let (chart, keys) = (self.chart, &self.data.keys);
        match (chart.format_of_keys(), keys) {
            (Some(ValueFormat::Number(format)), Keys::Numbers) => format.clone().in_full().format(at),
            // A day is told as a day, however coarse the labels are.
            (Some(ValueFormat::Number(format)), Keys::Names(_)) => {
                let full = ValueFormat::Number(format.clone().in_full());
                written(&keys.text(at), &chart.keys, Some(&full), chart.locale)
            }
            (_, Keys::Names(_)) => written(&keys.text(at), &chart.keys, None, chart.locale),
            _ => keys.label(at, chart.locale),
        }
    }

    /// The format of values that are told one by one: with all their digits, unless the chart says how many.
    pub fn value_format_in_full(&self) -> NumberFormat {
        let given = self.chart.format_of_values().cloned().map(NumberFormat::in_full);
        given.unwrap_or_else(NumberFormat::full).in_locale(self.chart.locale)
    }

    /// The names of the keys as they are shown; none where keys are measured.
    pub fn key_names(&self) -> Vec<String> {
        let (chart, format) = (self.chart, self.chart.format_of_keys());
        self.data.keys.names().iter().map(|name| written(name, &chart.keys, format, chart.locale)).collect()
    }

    /// The names of the rows as they are shown.
    pub fn row_names(&self) -> Vec<String> {
        let names = || self.data.left.iter().map(|run| run.name.as_str());
        let Some(format) = self.chart.format_of_rows() else { return names().map(str::to_owned).collect() };
        let are_numbers = names().all(|name| name.parse::<f64>().is_ok());
        let kind = if are_numbers { Column::Number(Vec::new()) } else { Column::Category(Vec::new()) };
        names().map(|name| written(name, &kind, Some(format), self.chart.locale)).collect()
    }

    /// The format of the values written at the marks.
    pub fn value_format(&self) -> NumberFormat {
        self.chart.format_of_values().cloned().unwrap_or_else(|| {
            let values = self.left_marks.values(&self.data.left);
            usual_format(self.left_marks.ramp().unwrap_or(self.left), values).in_locale(self.chart.locale)
        })
    }
}

/// The format whose digits the values need, of which the axis shows the range.
fn usual_format((low, high): (f64, f64), mut values: impl Iterator<Item = f64>) -> NumberFormat {
    let whole = values.all(|value| !value.is_finite() || value.fract() == 0.0);
    match low.abs().max(high.abs()) {
        size if size >= 1e12 => NumberFormat::exponent(2),
        size if whole || size >= 1000.0 => NumberFormat::plain(0),
        size if size >= 10.0 => NumberFormat::plain(1),
        size if size >= 1e-3 => NumberFormat::plain((2.0 - size.log10().floor()).max(0.0) as usize),
        _ => NumberFormat::exponent(2),
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
