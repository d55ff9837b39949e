//! Values of a column, one by one, and as plain text.

use polars::prelude::{
    BooleanChunked, DataType as Polars, Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked, Series,
    StringChunked, TimeUnit,
};

use crate::arrays::types::NANOS;
use crate::values::calendar::{self, MICROS_PER_DAY, MICROS_PER_SECOND};

/// A column by its type.
pub(super) enum Cells<'a> {
    Bool(&'a BooleanChunked),
    Int(&'a Int64Chunked),
    Float(&'a Float64Chunked),
    /// With digits behind the point.
    Decimal(&'a Int128Chunked, u8),
    String(&'a StringChunked),
    Date(&'a Int32Chunked),
    Datetime(&'a Int64Chunked),
    Time(&'a Int64Chunked),
    Null,
}

impl Cells<'_> {
    /// Whether a spreadsheet shows them as numbers: days and times are.
    pub fn are_numbers(&self) -> bool {
        !matches!(self, Self::Bool(_) | Self::String(_) | Self::Null)
    }
}

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// All digits, and how many of them are behind the point.
    Decimal(i128, u8),
    String(&'a str),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01.
    Datetime(i64),
    /// Microseconds since midnight.
    Time(i64),
}

impl<'a> Cells<'a> {
    /// The values of a column, if its type is one of those that tables have.
    pub fn of(series: &'a Series) -> Option<Self> {
        Some(match series.dtype() {
            Polars::Boolean => Self::Bool(series.bool().ok()?),
            Polars::Int64 => Self::Int(series.i64().ok()?),
            Polars::Float64 => Self::Float(series.f64().ok()?),
            Polars::Decimal(_, scale) => Self::Decimal(series.decimal().ok()?.physical(), u8::try_from(*scale).ok()?),
            Polars::String => Self::String(series.str().ok()?),
            Polars::Date => Self::Date(series.date().ok()?.physical()),
            Polars::Datetime(TimeUnit::Microseconds, None) => Self::Datetime(series.datetime().ok()?.physical()),
            Polars::Time => Self::Time(series.time().ok()?.physical()),
            Polars::Null => Self::Null,
            _ => return None,
        })
    }

    /// The value in that row.
    pub fn get(&self, row: usize) -> Cell<'a> {
        match self {
            Self::Bool(values) => values.get(row).map_or(Cell::Null, Cell::Bool),
            Self::Int(values) => values.get(row).map_or(Cell::Null, Cell::Int),
            Self::Float(values) => values.get(row).map_or(Cell::Null, Cell::Float),
            Self::Decimal(values, scale) => values.get(row).map_or(Cell::Null, |value| Cell::Decimal(value, *scale)),
            Self::String(values) => values.get(row).map_or(Cell::Null, Cell::String),
            Self::Date(values) => values.get(row).map_or(Cell::Null, Cell::Date),
            Self::Datetime(values) => values.get(row).map_or(Cell::Null, Cell::Datetime),
            Self::Time(values) => values.get(row).map_or(Cell::Null, |nanos| Cell::Time(nanos / NANOS)),
            Self::Null => Cell::Null,
        }
    }
}

impl Cell<'_> {
    /// Adds the value as text: numbers with all their digits and never an exponent, dates as ISO 8601 has them; nothing
    /// for NULL.
    pub fn push_to(self, out: &mut Vec<u8>) {
        match self {
            Self::Null => {}
            Self::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
            Self::Int(value) => out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
            Self::Float(value) => push_float(value, out),
            Self::Decimal(unscaled, scale) => push_decimal(unscaled, usize::from(scale), out),
            Self::String(text) => out.extend_from_slice(text.as_bytes()),
            Self::Date(days) => push_date(i64::from(days), out),
            Self::Datetime(micros) => {
                push_date(micros.div_euclid(MICROS_PER_DAY), out);
                out.push(b'T');
                push_time(micros.rem_euclid(MICROS_PER_DAY), out);
            }
            Self::Time(micros) => push_time(micros, out),
        }
    }

    /// The value as text.
    pub fn text(self) -> String {
        let mut out = Vec::new();
        self.push_to(&mut out);
        // Everything that is pushed is text.
        String::from_utf8(out).unwrap_or_default()
    }
}

/// 2⁵³: from here on floats are whole numbers.
const WHOLE: f64 = (1_u64 << 53) as f64;

/// The shortest digits that read back as the same number.
fn push_float(value: f64, out: &mut Vec<u8>) {
    let mut buffer = ryu::Buffer::new();
    let text = buffer.format(value);
    // The fast formatter turns to exponents for the very large and the very small; the slow one never does.
    if !value.is_finite() || value.abs() >= WHOLE || text.contains('e') || is_between(value, text) {
        out.extend_from_slice(value.to_string().as_bytes());
    } else {
        out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
    }
}

/// Whether a number lies in the middle between its shortest text and another one as short, as ….25 does between .2 and .3 where
/// floats are an eighth apart: the two formatters take different ones. Such a number is an odd multiple of half the last digit's
/// place, and as a float has one binary digit more behind the point than the text has decimal ones.
fn is_between(value: f64, text: &str) -> bool {
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len() as i32);
    (value.abs() * 2_f64.powi(decimals + 1)) % 2.0 == 1.0
}

fn push_decimal(unscaled: i128, scale: usize, out: &mut Vec<u8>) {
    if unscaled < 0 {
        out.push(b'-');
    }
    let mut buffer = itoa::Buffer::new();
    let magnitude = unscaled.unsigned_abs();
    // Most amounts fit 64 bits, where division is many times faster.
    let digits = match u64::try_from(magnitude) {
        Ok(short) => buffer.format(short),
        Err(_) => buffer.format(magnitude),
    };
    let whole = digits.len().saturating_sub(scale);
    out.extend_from_slice(if whole == 0 { b"0" } else { &digits.as_bytes()[..whole] });
    if scale > 0 {
        out.push(b'.');
        out.extend(std::iter::repeat_n(b'0', scale.saturating_sub(digits.len())));
        out.extend_from_slice(&digits.as_bytes()[whole..]);
    }
}

fn push_date(days: i64, out: &mut Vec<u8>) {
    let (year, month, day) = calendar::civil_of(days);
    if year < 0 {
        out.push(b'-');
    }
    let year = year.unsigned_abs();
    if year >= 10_000 {
        out.extend_from_slice(itoa::Buffer::new().format(year).as_bytes());
    } else {
        push_two(year / 100, out);
        push_two(year % 100, out);
    }
    out.push(b'-');
    push_two(month.unsigned_abs(), out);
    out.push(b'-');
    push_two(day.unsigned_abs(), out);
}

fn push_time(micros: i64, out: &mut Vec<u8>) {
    let seconds = (micros / MICROS_PER_SECOND).unsigned_abs();
    push_two(seconds / 3_600, out);
    out.push(b':');
    push_two(seconds / 60 % 60, out);
    out.push(b':');
    push_two(seconds % 60, out);
    let fraction = (micros % MICROS_PER_SECOND).unsigned_abs();
    if fraction > 0 {
        let digits = format!(".{fraction:06}");
        out.extend_from_slice(digits.trim_end_matches('0').as_bytes());
    }
}

fn push_two(value: u64, out: &mut Vec<u8>) {
    // Both digits are below ten, for no part of a date or time has more than two.
    out.extend_from_slice(&[b'0' + (value / 10 % 10) as u8, b'0' + (value % 10) as u8]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tidemill_core::table::Value;

    use super::*;

    #[test]
    fn floats_are_short_and_have_no_exponent() {
        let text = |value: f64| Cell::Float(value).text();
        assert_eq!(text(1.0), "1");
        assert_eq!(text(0.1), "0.1");
        assert_eq!(text(1e21), "1000000000000000000000");
        assert_eq!(text(1e-7), "0.0000001");
        assert_eq!(text(f64::NAN), "NaN");
        for halfway in [2_220_383_875_691_733.0 + 0.25, -913_226_646_924_355.0 - 0.25, -18_508_167_880_664.0 - 0.562_5]
        {
            assert_eq!(text(halfway), Value::Float(halfway).to_string());
        }
    }

    proptest! {
        #[test]
        fn text_is_what_core_shows(
            int in any::<i64>(), float in any::<f64>(), unscaled in -(10_i128.pow(37))..10_i128.pow(37), scale in 0_u8..38,
            days in -700_000..2_900_000_i32, micros in -62_135_596_800_000_000..253_402_300_799_999_999_i64,
            time in 0..86_400_000_000_i64,
        ) {
            prop_assert_eq!(Cell::Int(int).text(), Value::Int(int).to_string());
            prop_assert_eq!(Cell::Float(float).text(), Value::Float(float).to_string());
            prop_assert_eq!(Cell::Decimal(unscaled, scale).text(), Value::Decimal { unscaled, scale }.to_string());
            prop_assert_eq!(Cell::Date(days).text(), Value::Date(days).to_string());
            prop_assert_eq!(Cell::Datetime(micros).text(), Value::Datetime(micros).to_string());
            prop_assert_eq!(Cell::Time(time).text(), Value::Time(time).to_string());
        }
    }
}
