//! Tables, or batches of their rows, as plain columns: what charts, reports, mail, previews and comparisons read.

use super::{DataType, Value};

/// A table in memory, column by column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlainTable {
    /// The columns, all of one length.
    pub columns: Vec<PlainColumn>,
    /// Rows.
    pub rows: usize,
}

/// A column with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct PlainColumn {
    /// The name.
    pub name: String,
    /// The values.
    pub data: PlainData,
}

/// The values of a column, None for NULL.
#[derive(Clone, Debug, PartialEq)]
pub enum PlainData {
    /// Bools.
    Bool(Vec<Option<bool>>),
    /// Ints.
    Int(Vec<Option<i64>>),
    /// Floats.
    Float(Vec<Option<f64>>),
    /// Decimals: all digits without the point.
    Decimal {
        /// The digits.
        unscaled: Vec<Option<i128>>,
        /// Digits in all.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// Texts.
    String(Vec<Option<String>>),
    /// Days since 1970-01-01.
    Date(Vec<Option<i32>>),
    /// Microseconds since 1970-01-01 00:00.
    Datetime(Vec<Option<i64>>),
    /// Microseconds since midnight.
    Time(Vec<Option<i64>>),
    /// Nothing but NULL, so many times.
    Null(usize),
}

impl PlainTable {
    /// Adds the rows of another one, which has the same columns.
    pub fn append(&mut self, more: Self) {
        self.rows += more.rows;
        for (column, more) in self.columns.iter_mut().zip(more.columns) {
            column.data.append(more.data);
        }
    }

    /// These rows, in that order.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        let column = |column: &PlainColumn| PlainColumn { name: column.name.clone(), data: column.data.take(rows) };
        Self { columns: self.columns.iter().map(column).collect(), rows: rows.len() }
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&PlainColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl PlainData {
    /// Adds the values of another column of the same type.
    fn append(&mut self, more: Self) {
        match (self, more) {
            (Self::Bool(values), Self::Bool(more)) => values.extend(more),
            (Self::Float(values), Self::Float(more)) => values.extend(more),
            (Self::Decimal { unscaled: values, .. }, Self::Decimal { unscaled: more, .. }) => values.extend(more),
            (Self::String(values), Self::String(more)) => values.extend(more),
            (Self::Date(values), Self::Date(more)) => values.extend(more),
            (Self::Int(values), Self::Int(more))
            | (Self::Datetime(values), Self::Datetime(more))
            | (Self::Time(values), Self::Time(more)) => values.extend(more),
            (Self::Null(rows), Self::Null(more)) => *rows += more,
            (column, more) => debug_assert_eq!(column.data_type(), more.data_type(), "batches of one table"),
        }
    }

    /// The values of these rows, in that order; NULL beyond the end.
    fn take(&self, rows: &[usize]) -> Self {
        fn of<T: Clone>(values: &[Option<T>], rows: &[usize]) -> Vec<Option<T>> {
            rows.iter().map(|row| values.get(*row).cloned().flatten()).collect()
        }
        match self {
            Self::Bool(values) => Self::Bool(of(values, rows)),
            Self::Int(values) => Self::Int(of(values, rows)),
            Self::Float(values) => Self::Float(of(values, rows)),
            Self::Decimal { unscaled, precision, scale } => {
                Self::Decimal { unscaled: of(unscaled, rows), precision: *precision, scale: *scale }
            }
            Self::String(values) => Self::String(of(values, rows)),
            Self::Date(values) => Self::Date(of(values, rows)),
            Self::Datetime(values) => Self::Datetime(of(values, rows)),
            Self::Time(values) => Self::Time(of(values, rows)),
            Self::Null(_) => Self::Null(rows.len()),
        }
    }

    /// The type of the column.
    pub fn data_type(&self) -> DataType {
        match self {
            Self::Bool(_) => DataType::Bool,
            Self::Int(_) => DataType::Int,
            Self::Float(_) => DataType::Float,
            Self::Decimal { precision, scale, .. } => DataType::Decimal { precision: *precision, scale: *scale },
            Self::String(_) => DataType::String,
            Self::Date(_) => DataType::Date,
            Self::Datetime(_) => DataType::Datetime,
            Self::Time(_) => DataType::Time,
            Self::Null(_) => DataType::Null,
        }
    }

    /// The value in that row; NULL beyond the end.
    pub fn value(&self, row: usize) -> Value {
        fn at<T: Clone>(values: &[Option<T>], row: usize, value: impl FnOnce(T) -> Value) -> Value {
            values.get(row).cloned().flatten().map_or(Value::Null, value)
        }
        match self {
            Self::Bool(values) => at(values, row, Value::Bool),
            Self::Int(values) => at(values, row, Value::Int),
            Self::Float(values) => at(values, row, Value::Float),
            Self::Decimal { unscaled, scale, .. } => {
                at(unscaled, row, |unscaled| Value::Decimal { unscaled, scale: *scale })
            }
            Self::String(values) => at(values, row, Value::String),
            Self::Date(values) => at(values, row, Value::Date),
            Self::Datetime(values) => at(values, row, Value::Datetime),
            Self::Time(values) => at(values, row, Value::Time),
            Self::Null(_) => Value::Null,
        }
    }

    /// The value in that row as a floating-point number, for drawing; None for NULL and what is no number.
    pub fn as_f64(&self, row: usize) -> Option<f64> {
        match self.value(row) {
            Value::Int(value) => Some(value as f64),
            Value::Float(value) => Some(value),
            Value::Decimal { unscaled, scale } => Some(unscaled as f64 / 10f64.powi(i32::from(scale))),
            Value::Bool(value) => Some(f64::from(u8::from(value))),
            _ => None,
        }
    }
}
