//! What a kind of chart decides, and how the others see it.

use std::fmt;

use crate::Chart;
use crate::data::Data;
use crate::marks::Marks;
use crate::marks::lines::Lines;
use crate::range::padded;

/// How a chart draws its data: one of [`Kind::all`].
#[derive(Clone, Copy)]
pub struct Kind(pub(crate) &'static dyn ChartKind);

impl Kind {
    /// Its name in a pipeline, such as `barh`.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// What it draws, as a phrase for documentation.
    pub fn summary(self) -> &'static str {
        self.0.summary()
    }

    /// Which columns it takes.
    pub fn columns(self) -> Columns {
        self.0.columns()
    }

    /// Whether its keys must be days or moments.
    pub fn wants_days(self) -> bool {
        self.0.wants_days()
    }

    /// Those keys of a chart which mean something to this kind, and not to every kind.
    pub fn takes(self) -> &'static [&'static str] {
        self.0.takes()
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Kind {}

/// What the columns of a chart's axes hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// `x` holds the keys, `y` and `y2` hold values over them.
    KeysAndValues,
    /// `x` holds the values, `y` the categories down the vertical axis.
    ValuesByCategory,
    /// `x` holds the keys, `y` one value, or observed values, over them; there is no right axis.
    Plain,
    /// `x` holds the names of columns, `y` those of rows, and `value` what is in them.
    Grid,
    /// `x` holds values whose distribution is shown; nothing else is read.
    Distribution,
}

impl Columns {
    /// What `x` and `y` hold, as a phrase for documentation.
    pub fn summary(self) -> &'static str {
        match self {
            Columns::KeysAndValues => "`x` the keys, `y` and `y2` values over them: a column or a list",
            Columns::ValuesByCategory => "`x` the values, `y` the categories",
            Columns::Plain => "`x` the keys, `y` the values over them",
            Columns::Grid => "`x` the columns, `y` the rows, `value` what is in them",
            Columns::Distribution => "`x` the values",
        }
    }
}

/// A kind of chart. One file of `kinds` implements it for one kind; what all kinds share is not here.
pub(crate) trait ChartKind: Sync {
    /// Its name in a pipeline.
    fn name(&self) -> &'static str;

    /// What it draws, as a phrase for documentation.
    fn summary(&self) -> &'static str;

    /// Which columns it takes. Only [`Columns::KeysAndValues`] has a second axis and fitted lines.
    fn columns(&self) -> Columns {
        Columns::KeysAndValues
    }

    /// The keys of a chart that mean something to it alone, or to it and few others.
    fn takes(&self) -> &'static [&'static str] {
        &[]
    }

    /// The rows as points, by series and group.
    fn data(&self, chart: &Chart) -> Data;

    /// What stands for the data of the left axis.
    fn marks(&self, chart: &Chart, data: &Data) -> Box<dyn Marks>;

    /// What stands for the data of the right axis: it lies over that of the left one, which must still be seen.
    fn right_marks(&self) -> Box<dyn Marks> {
        Box::new(Lines { opacity: 0.75, step: false })
    }

    /// Whether keys and values are two measures of one thing, and the chart a cloud of points. Fitted lines are then the
    /// message rather than an aid, and r is that of keys and values even where there is a second axis.
    fn is_cloud(&self) -> bool {
        false
    }

    /// Whether how far values may be off is a band along them, rather than whiskers at each.
    fn has_bands(&self) -> bool {
        false
    }

    /// Whether a missing value is seen as one, so that nothing need be said of it.
    fn shows_gaps(&self) -> bool {
        false
    }

    /// Whether the keys go down the vertical axis and the values along the horizontal one.
    fn is_horizontal(&self) -> bool {
        false
    }

    /// Whether runs are rows down the vertical axis.
    fn has_rows(&self) -> bool {
        false
    }

    /// Whether it has axes at all.
    fn has_axes(&self) -> bool {
        true
    }

    /// Whether its keys must be days or moments.
    fn wants_days(&self) -> bool {
        false
    }

    /// The value axis from end to end, for the least and the largest value drawn.
    fn value_scale(&self, low: f64, high: f64) -> (f64, f64) {
        padded((low, high), 0.05)
    }

    /// Ticks of the value axis are no closer than this.
    fn least_value_step(&self) -> f64 {
        0.0
    }

    /// The name of the value axis where the chart gives none.
    fn value_label(&self) -> Option<&'static str> {
        None
    }

    /// Whether something stands at each key that the axis must name, so that labels stand at keys alone.
    fn stands_at_keys(&self) -> bool {
        false
    }

    /// The share of the key axis that stays free at each end.
    fn key_margin(&self) -> f64 {
        0.0
    }

    /// Whether the legend says from which value to which a lone fitted line leads.
    fn tells_trend_ends(&self) -> bool {
        false
    }
}
