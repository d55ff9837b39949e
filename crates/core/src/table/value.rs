//! The types of columns, and single values.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

/// The type of a column. There are no others: an engine maps what it reads to one of these or refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataType {
    /// True or false.
    Bool,
    /// A whole number of 64 bits with a sign.
    Int,
    /// A binary floating-point number of 64 bits (IEEE 754).
    Float,
    /// An exact decimal number: `precision` digits in all (1 to 38), `scale` of them behind the point.
    Decimal {
        /// Digits in all.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// Text, UTF-8.
    String,
    /// A day of the proleptic Gregorian calendar.
    Date,
    /// A day and a time of day to the microsecond, in no time zone.
    Datetime,
    /// A time of day to the microsecond.
    Time,
    /// The type of a bare NULL, or of a column that holds nothing else; it fits every other type.
    Null,
}

impl DataType {
    /// The type of money: `decimal(18,2)`.
    pub const MONEY: Self = Self::Decimal { precision: 18, scale: 2 };

    /// Whether one can calculate with it.
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::Decimal { .. })
    }

    /// Whether it is a date or a datetime.
    pub fn is_temporal(self) -> bool {
        matches!(self, Self::Date | Self::Datetime)
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.pad("bool"),
            Self::Int => f.pad("int"),
            Self::Float => f.pad("float"),
            Self::Decimal { precision, scale } => f.pad(&format!("decimal({precision},{scale})")),
            Self::String => f.pad("string"),
            Self::Date => f.pad("date"),
            Self::Datetime => f.pad("datetime"),
            Self::Time => f.pad("time"),
            Self::Null => f.pad("null"),
        }
    }
}

/// One value of a table, or a literal in an expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// `unscaled` × 10^-`scale`.
    Decimal {
        /// All digits, without the point.
        unscaled: i128,
        /// Digits behind the point.
        scale: u8,
    },
    /// Text.
    String(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01 00:00, in no time zone.
    Datetime(i64),
    /// Microseconds since midnight.
    Time(i64),
}

/// Values that are equal have one hash: both zeros of a float are.
impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Null => {}
            Self::Bool(value) => value.hash(state),
            Self::Int(value) | Self::Datetime(value) | Self::Time(value) => value.hash(state),
            Self::Float(value) => (value + 0.0).to_bits().hash(state),
            Self::Decimal { unscaled, scale } => (unscaled, scale).hash(state),
            Self::String(text) => text.hash(state),
            Self::Date(days) => days.hash(state),
        }
    }
}

impl Value {
    /// In which order two values of one column stand: NULLs last, also with the largest first.
    pub fn order(&self, other: &Self, descending: bool) -> Ordering {
        let order = match (self, other) {
            (Self::Null, Self::Null) => return Ordering::Equal,
            (Self::Null, _) => return Ordering::Greater,
            (_, Self::Null) => return Ordering::Less,
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan())),
            (Self::Decimal { unscaled: a, .. }, Self::Decimal { unscaled: b, .. }) => a.cmp(b),
            (Self::Date(a), Self::Date(b)) => a.cmp(b),
            (Self::Datetime(a), Self::Datetime(b)) | (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (a, b) => a.to_string().cmp(&b.to_string()),
        };
        if descending { order.reverse() } else { order }
    }

    /// The type of the value; a decimal's precision is its number of digits, at least its scale.
    pub fn data_type(&self) -> DataType {
        match self {
            Self::Null => DataType::Null,
            Self::Bool(_) => DataType::Bool,
            Self::Int(_) => DataType::Int,
            Self::Float(_) => DataType::Float,
            Self::Decimal { unscaled, scale } => {
                DataType::Decimal { precision: decimal_digits(*unscaled).max(*scale), scale: *scale }
            }
            Self::String(_) => DataType::String,
            Self::Date(_) => DataType::Date,
            Self::Datetime(_) => DataType::Datetime,
            Self::Time(_) => DataType::Time,
        }
    }
}

/// Whether a number is not zero, but so small that its float is.
pub fn vanishes_as_float(text: &str) -> bool {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9')) && text.parse() == Ok(0.0)
}

/// How many digits a number has, at least 1.
pub fn decimal_digits(unscaled: i128) -> u8 {
    unscaled.unsigned_abs().checked_ilog10().map_or(1, |log| log as u8 + 1)
}

/// A decimal as text: `44004.73`, with all digits of its scale.
pub fn decimal_text(unscaled: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// As CSV and the terminal show it; NULL is empty.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |days: i32| jiff::civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(i64::from(days)));
        match self {
            Self::Null => Ok(()),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::Decimal { unscaled, scale } => f.write_str(&decimal_text(*unscaled, *scale)),
            Self::String(value) => f.write_str(value),
            Self::Date(days) => write!(f, "{}", day(*days)),
            Self::Datetime(micros) => {
                let start = jiff::civil::datetime(1970, 1, 1, 0, 0, 0, 0);
                write!(f, "{}", start.saturating_add(jiff::SignedDuration::from_micros(*micros)))
            }
            Self::Time(micros) => {
                let midnight = jiff::civil::Time::midnight();
                write!(f, "{}", midnight.saturating_add(jiff::SignedDuration::from_micros(*micros)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_keeps_its_scale_and_its_sign() {
        assert_eq!(decimal_text(4_400_473, 2), "44004.73");
        assert_eq!(decimal_text(-5, 2), "-0.05");
        assert_eq!(decimal_text(7, 0), "7");
        assert_eq!(decimal_text(0, 2), "0.00");
    }

    #[test]
    fn dates_before_1970_print_right() {
        assert_eq!(Value::Date(-1).to_string(), "1969-12-31");
        assert_eq!(Value::Datetime(-1_000_000).to_string(), "1969-12-31T23:59:59");
        assert_eq!(Value::Time(3_600_000_000).to_string(), "01:00:00");
    }
}
