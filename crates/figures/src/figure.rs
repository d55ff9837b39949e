//! What a figure is: a size, a theme and charts stacked in panels.

use crate::{AxisFormat, Column, Kind, NumberFormat, Series, Size, Theme};

/// A picture: one or more charts, stacked from top to bottom.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// A headline above all panels; a figure of one chart rather uses the chart's own title.
    pub title: Option<String>,
    /// Width and height on paper.
    pub size: Size,
    /// Dots per inch of a PNG; an SVG has the same size on paper.
    pub dpi: u32,
    /// Colours.
    pub theme: Theme,
    /// The charts. None at all gives a picture that says "No data".
    pub panels: Vec<Chart>,
}

impl Figure {
    /// A figure of one chart: 14 by 6 inches, 300 dots per inch, the light theme.
    pub fn new(chart: Chart) -> Self {
        Figure { title: None, size: Size::default(), dpi: 300, theme: Theme::default(), panels: vec![chart] }
    }
}

/// A curve fitted to the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trend {
    /// The straight line of least squares.
    Linear,
}

/// One chart: keys, series over them, and how to show both.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// How the data are drawn.
    pub kind: Kind,
    /// The keys: the horizontal axis; of [`Columns::ValuesByCategory`](crate::Columns) the categories down the vertical
    /// axis; of [`Columns::Distribution`](crate::Columns) the values that are counted. Bars and areas add up rows of one
    /// key.
    pub keys: Column,
    /// The values over the keys, on the left axis (of horizontal bars along the horizontal one).
    pub series: Vec<Series>,
    /// More series, drawn as lines over the same keys on an axis of their own at the right. Horizontal bars and
    /// histograms have none.
    pub y2: Vec<Series>,
    /// One text a row: each distinct one gets a colour and an entry in the legend.
    pub group: Option<Vec<Option<String>>>,
    /// How the labels of the horizontal axis are written.
    pub x_format: Option<AxisFormat>,
    /// How the labels of the left axis and the values at the marks are written; of horizontal bars it serves for the
    /// values where `x_format` is not given.
    pub y_format: Option<NumberFormat>,
    /// How the labels of the right axis are written.
    pub y2_format: Option<NumberFormat>,
    /// A fitted line for each series.
    pub trend: Option<Trend>,
    /// Whether the title ends in Pearson's r: of the first two axes where there is a right one, else of keys and values.
    pub show_r: bool,
    /// Whether the values are written at the marks, where there is room.
    pub values: bool,
    /// Only so many bars: those of the largest values.
    pub top: Option<usize>,
    /// The headline.
    pub title: Option<String>,
    /// The name of the horizontal axis.
    pub x_label: Option<String>,
    /// The name of the left axis.
    pub y_label: Option<String>,
    /// The name of the right axis.
    pub y2_label: Option<String>,
}

impl Chart {
    /// A chart of that kind with nothing but its data.
    pub fn new(kind: Kind, keys: Column, series: Vec<Series>) -> Self {
        Chart {
            kind,
            keys,
            series,
            y2: Vec::new(),
            group: None,
            x_format: None,
            y_format: None,
            y2_format: None,
            trend: None,
            show_r: false,
            values: false,
            top: None,
            title: None,
            x_label: None,
            y_label: None,
            y2_label: None,
        }
    }
}
