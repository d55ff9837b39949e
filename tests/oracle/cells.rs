//! Values that have made trouble somewhere.

use tidemill_core::table::{DataType, Value};

use super::choices::Choices;

/// Types of columns, the plain ones first.
pub const TYPES: [DataType; 7] = [
    DataType::Int,
    DataType::String,
    DataType::Float,
    DataType::Decimal { precision: 18, scale: 2 },
    DataType::Date,
    DataType::Bool,
    DataType::Decimal { precision: 9, scale: 4 },
];

/// Names of columns.
pub const NAMES: [&str; 10] = ["a", "k", "b", "amount", "c d", "Order", "größe", "x.y", "日付", "select"];

const INTS: [i64; 13] =
    [1, 2, 3, 0, 1, 2, -1, 7, 9_007_199_254_740_993, 9_007_199_254_740_992, i64::MAX, i64::MIN, -1_000_000_007];
const TEXTS: [&str; 20] = [
    "a",
    "b",
    "ab",
    "A",
    "",
    "a",
    "b",
    "007",
    "12",
    "日本",
    "😀x",
    "a,b",
    "q\"q",
    "line\nbreak",
    " x ",
    "null",
    "NULL",
    "true",
    "e\u{301}",
    "=1+1",
];
/// Multiples of a quarter: all sums of them are exact.
const FLOATS: [f64; 10] = [0.5, 1.5, 2.0, -0.25, 0.0, -0.0, -3.75, 1e6, 1_099_511_627_776.25, 1.0];
const DAYS: [i32; 8] = [19_782, 19_783, 19_782, 0, -1, 20_088, 20_000, -25_567];
const DIGITS: [i128; 11] = [150, 0, 100, -1, 1, -250, 99_999_999, 12_345, 150, 33, -100];

/// No value of a type is farther from zero, of decimals without the point.
pub fn bound(data_type: DataType) -> f64 {
    match data_type {
        DataType::Int => 9.3e18,
        DataType::Float => 1.1e12,
        DataType::Decimal { .. } => 1e8,
        _ => 1e6,
    }
}

/// A value of a type, or NULL.
pub fn cell(choices: &mut Choices, data_type: DataType) -> Value {
    if choices.once_in(6) {
        return Value::Null;
    }
    match data_type {
        DataType::Int => Value::Int(choices.one(&INTS)),
        DataType::String => Value::String(choices.one(&TEXTS).to_owned()),
        DataType::Float => Value::Float(choices.one(&FLOATS)),
        DataType::Decimal { scale, .. } => Value::Decimal { unscaled: choices.one(&DIGITS), scale },
        DataType::Date => Value::Date(choices.one(&DAYS)),
        DataType::Bool => Value::Bool(choices.once_in(2)),
        other => panic!("no column of the oracle is {other}"),
    }
}

/// Texts that are no value of that type.
pub fn rubbish(choices: &mut Choices) -> String {
    choices.one(&["?", "1.2.3", "31/02/2024", "--1", "n/a", "1e400"]).to_owned()
}
