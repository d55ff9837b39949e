//! Small tables as plain columns: what charts, reports and mail read.

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
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&PlainColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl PlainData {
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
