//! What a chart shows, in the units of its data: marks, ranges, fitted lines, title and legend.

mod axes;
mod legend;
mod trend;

pub(crate) use legend::Entry;
pub(crate) use trend::Fit;

use crate::data::Data;
use crate::marks::Marks;
use crate::range::{from_zero_where_near, range};
use crate::{AxisFormat, Chart, NumberFormat};

/// Everything that is known before the size of the picture is.
#[derive(Debug)]
pub(crate) struct Plot<'a> {
    pub chart: &'a Chart,
    pub data: Data,
    pub left_marks: Box<dyn Marks>,
    pub right_marks: Box<dyn Marks>,
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

impl<'a> Plot<'a> {
    pub fn new(chart: &'a Chart) -> Self {
        let kind = chart.kind.0;
        let data = kind.data(chart);
        let (left_marks, right_marks) = (kind.marks(chart, &data), kind.right_marks());
        let fits = trend::fits(chart, &data);
        let left = axes::left(chart, &data, &*left_marks, &fits);
        let right = range(data.right.iter().flat_map(|run| run.points.iter().map(|point| point.1)));
        let right = right.map(|(low, high)| from_zero_where_near(low, high));
        let (keys, filled) = axes::keys(chart, &data, &*left_marks);
        let legend = legend::entries(chart, &data, (&*left_marks, &*right_marks), &fits);
        let title = title(chart, &data);
        Plot { keys, filled, left, right, title, legend, chart, data, left_marks, right_marks, fits }
    }

    /// Whether nothing can be drawn but the title.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Whether the keys go down the vertical axis and the values along the horizontal one.
    pub fn is_horizontal(&self) -> bool {
        self.chart.kind.0.is_horizontal()
    }

    /// Whether the two value axes are told apart by the colours of their only series.
    pub fn has_colored_axes(&self) -> bool {
        self.data.left.len() == 1 && self.data.right.len() == 1
    }

    /// The name of the left axis.
    pub fn left_label(&self) -> Option<&str> {
        self.chart.y_label.as_deref().or_else(|| self.chart.kind.0.value_label())
    }

    /// The format that the chart gives for its values, on their axis or at the marks.
    pub fn given_value_format(&self) -> Option<&NumberFormat> {
        let along = self.chart.x_format.as_ref().filter(|_| self.is_horizontal());
        along.and_then(AxisFormat::number).or(self.chart.y_format.as_ref())
    }

    /// The format of the values written at the marks.
    pub fn value_format(&self) -> NumberFormat {
        if let Some(format) = self.given_value_format() {
            return format.clone();
        }
        let (low, high) = self.left;
        let mut values = self.left_marks.values(&self.data.left);
        let whole = values.all(|value| !value.is_finite() || value.fract() == 0.0);
        let size = low.abs().max(high.abs());
        match size {
            size if size >= 1e12 => NumberFormat::exponent(2),
            size if whole || size >= 1000.0 => NumberFormat::plain(0),
            size if size >= 10.0 => NumberFormat::plain(1),
            size if size >= 1e-3 => NumberFormat::plain((2.0 - size.log10().floor()).max(0.0) as usize),
            _ => NumberFormat::exponent(2),
        }
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
