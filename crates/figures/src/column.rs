//! The plain columns that a chart is drawn from.

use crate::ticks::time::seconds;

/// A column of keys: what the horizontal axis shows (of horizontal bars, the vertical one).
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Days since 1970-01-01.
    Date(Vec<Option<i32>>),
    /// Microseconds since 1970-01-01T00:00:00, as a civil time: no zone is applied.
    DateTime(Vec<Option<i64>>),
    /// Numbers; NaN is a missing one.
    Number(Vec<f64>),
    /// Texts.
    Category(Vec<Option<String>>),
}

impl Default for Column {
    fn default() -> Self {
        Column::Number(Vec::new())
    }
}

impl Column {
    /// Days and moments that are written as texts, in ISO's way; what is none is missing.
    pub fn moments(texts: &[Option<String>]) -> Column {
        let micros = |text: &Option<String>| seconds(text.as_deref()?).map(|seconds| seconds as i64 * 1_000_000);
        let all: Vec<Option<i64>> = texts.iter().map(micros).collect();
        const DAY: i64 = 86_400_000_000;
        if all.iter().flatten().all(|micros| micros % DAY == 0) {
            return Column::Date(all.into_iter().map(|micros| micros.map(|micros| (micros / DAY) as i32)).collect());
        }
        Column::DateTime(all)
    }

    /// How many rows the column has.
    pub fn len(&self) -> usize {
        match self {
            Column::Date(values) => values.len(),
            Column::DateTime(values) => values.len(),
            Column::Number(values) => values.len(),
            Column::Category(values) => values.len(),
        }
    }

    /// Whether the column has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How far the value of each row may be off: NaN where nothing is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// The lower end of each row.
    pub low: Vec<f64>,
    /// The upper end of each row.
    pub high: Vec<f64>,
}

/// A named column of values, drawn as one line, one colour of bars or one cloud of points.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What the legend calls it.
    pub name: String,
    /// One value a row; NaN and infinities are missing values.
    pub values: Vec<f64>,
}

impl Series {
    /// A series of that name.
    pub fn new(name: impl Into<String>, values: Vec<f64>) -> Self {
        Series { name: name.into(), values }
    }
}
