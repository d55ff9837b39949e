//! What a figure is: a size, a theme and charts stacked in panels.

use crate::{
    Agg, Column, Fonts, Kind, Locale, Measure, Note, NumberFormat, Palette, Reference, Series, Size, Spread, Theme,
    ValueFormat,
};

/// A picture: one or more charts, stacked from top to bottom.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// A headline above all panels; a figure of one chart rather uses the chart's own title.
    pub title: Option<String>,
    /// Width and height on paper.
    pub size: Size,
    /// Dots per inch of a PNG; an SVG has the same size on paper.
    pub dpi: u32,
    /// Colours; without, light ones, which a page for screens changes to dark ones where its reader wants them.
    pub theme: Option<Theme>,
    /// Fonts for letters that the embedded one lacks.
    pub fonts: Fonts,
    /// The charts. None at all gives a picture that says "No data".
    pub panels: Vec<Chart>,
}

impl Figure {
    /// A figure of one chart: 14 by 6 inches, 300 dots per inch, the light theme.
    pub fn new(chart: Chart) -> Self {
        Figure {
            title: None,
            size: Size::default(),
            dpi: 300,
            theme: None,
            fonts: Fonts::default(),
            panels: vec![chart],
        }
    }
}

/// A curve fitted to the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trend {
    /// The straight line of least squares.
    Linear,
}

/// The order of names along their axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sort {
    /// As the rows have them.
    Table,
    /// By their names.
    Name,
    /// The smallest first.
    Value,
    /// The largest first.
    ValueDescending,
}

/// Marks of several series upon each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stack {
    /// Not: bars side by side, areas over each other.
    No,
    /// Their heights add up.
    Sum,
    /// Their heights add up to 1: shares.
    Share,
}

/// One chart: keys, series over them, and how to show both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// How the data are drawn.
    pub kind: Kind,
    /// The keys: the horizontal axis; of [`Columns::ValuesByCategory`](crate::Columns) the categories down the vertical
    /// axis; of [`Columns::Distribution`](crate::Columns) the values that are counted.
    pub keys: Column,
    /// The values over the keys, on the left axis (of horizontal bars along the horizontal one).
    pub series: Vec<Series>,
    /// More series, drawn as lines over the same keys on an axis of their own at the right. Horizontal bars and
    /// histograms have none.
    pub y2: Vec<Series>,
    /// One text a row: each distinct one gets a colour and an entry in the legend.
    pub group: Option<Vec<Option<String>>>,
    /// One text a row: each distinct one gets a small chart of its own, all with the same axes.
    pub facet: Option<Vec<Option<String>>>,
    /// What makes one value of the rows of one key. Without it several rows of one key are
    /// found where a mark is wanted for each key, and only the first of them is drawn.
    pub agg: Option<Agg>,
    /// The order of names; each kind has its own where none is given.
    pub sort: Option<Sort>,
    /// Whether groups beyond what colours can tell apart become one, the rest.
    pub others: bool,
    /// Whether marks of several series lie upon each other; each kind has its own way where none is given.
    pub stack: Option<Stack>,
    /// How many bins a histogram has; else a rule finds a good number.
    pub bins: Option<usize>,
    /// Whether a line keeps its height until the next key.
    pub step: bool,
    /// How far the values of the first series may be off.
    pub spread: Option<Spread>,
    /// Lines and bands that the data are compared with.
    pub references: Vec<Reference>,
    /// Texts at points.
    pub notes: Vec<Note>,
    /// How the horizontal axis measures, and its ends.
    pub x_axis: Measure,
    /// How the left axis measures, and its ends.
    pub y_axis: Measure,
    /// The language of numbers and dates that have no format of their own, and of those that have.
    pub locale: Locale,
    /// Own colours.
    pub palette: Palette,
    /// How the labels of the horizontal axis are written.
    pub x_format: Option<ValueFormat>,
    /// How the labels of the left axis are written, and, of numbers, the values at the marks: those of horizontal bars where
    /// `x_format` is not given.
    pub y_format: Option<ValueFormat>,
    /// How values are written that are on no axis.
    pub value_format: Option<NumberFormat>,
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
    /// All its texts but the formats of its numbers.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let given = [&self.title, &self.x_label, &self.y_label, &self.y2_label].into_iter().flatten();
        let series = self.series.iter().chain(&self.y2).map(|series| &series.name);
        let marks = self.references.iter().filter_map(|reference| reference.label.as_ref());
        let keys = if let Column::Category(names) = &self.keys { &names[..] } else { &[] };
        let rows = [self.group.as_deref(), self.facet.as_deref(), Some(keys)].into_iter().flatten();
        let notes = self.notes.iter().map(|note| &note.text);
        given.chain(series).chain(marks).chain(notes).chain(rows.flatten().flatten()).map(String::as_str)
    }

    /// A chart of that kind with nothing but its data.
    pub fn new(kind: Kind, keys: Column, series: Vec<Series>) -> Self {
        Chart { kind, keys, series, ..Chart::default() }
    }

    /// How the keys are written.
    pub(crate) fn format_of_keys(&self) -> Option<&ValueFormat> {
        if !self.kind.0.is_horizontal() {
            return self.x_format.as_ref();
        }
        // That of numbers serves for the values, unless these have their own.
        self.y_format.as_ref().filter(|format| format.date().is_some() || self.x_format.is_some())
    }

    /// How the names of rows are written.
    pub(crate) fn format_of_rows(&self) -> Option<&ValueFormat> {
        self.y_format.as_ref().filter(|format| format.date().is_some() || self.value_format.is_some())
    }

    /// How the values are written.
    pub(crate) fn format_of_values(&self) -> Option<&NumberFormat> {
        let along = self.x_format.as_ref().filter(|_| self.kind.0.is_horizontal());
        let on_axis = || along.and_then(ValueFormat::number).or(self.y_format.as_ref().and_then(ValueFormat::number));
        self.value_format.as_ref().or_else(on_axis)
    }

    /// How the axis of the keys measures, and that of the values.
    pub(crate) fn measures(&self) -> (&Measure, &Measure) {
        if self.kind.0.is_horizontal() { (&self.y_axis, &self.x_axis) } else { (&self.x_axis, &self.y_axis) }
    }
}
