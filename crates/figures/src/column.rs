//! The plain columns that a chart is drawn from.

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

impl Column {
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
