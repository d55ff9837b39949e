//! Values of the server as values of tables: exactly, or with the reason why not.

use mysql_async::Value;
use tidemill_core::table::{DataType, PlainColumn, PlainData, PlainTable, Schema, decimal_digits};

use super::calendar;

/// Why a value cannot be held.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// What it is, as the end of a sentence: `0000-00-00, which is no day`.
    pub what: String,
    /// An expression to be selected instead, `{}` standing for the column.
    pub instead: &'static str,
}

/// Rows on their way to a table.
pub(super) struct Batch {
    columns: Vec<PlainColumn>,
    rows: usize,
    bytes: usize,
}

impl Batch {
    /// Of no rows yet.
    pub fn new(schema: &Schema, capacity: usize) -> Self {
        let column = |field: &tidemill_core::table::Field| PlainColumn {
            name: field.name.clone(),
            data: empty(field.data_type, capacity),
        };
        Self { columns: schema.fields().iter().map(column).collect(), rows: 0, bytes: 0 }
    }

    /// Adds a row, whose values come in the order of the columns.
    ///
    /// # Errors
    /// The number of the column whose value cannot be held, and why.
    pub fn push(&mut self, values: impl Iterator<Item = (Value, bool)>) -> Result<(), (usize, Fault)> {
        for (at, ((value, is_bits), column)) in values.zip(&mut self.columns).enumerate() {
            self.bytes += size(&value);
            let value = if is_bits { of_bits(value) } else { value };
            push(&mut column.data, value).map_err(|fault| (at, fault))?;
        }
        self.rows += 1;
        Ok(())
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// About how much memory they take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The table of them.
    pub fn finish(self) -> PlainTable {
        PlainTable { columns: self.columns, rows: self.rows }
    }
}

fn empty(data_type: DataType, capacity: usize) -> PlainData {
    match data_type {
        DataType::Bool => PlainData::Bool(Vec::with_capacity(capacity)),
        DataType::Int => PlainData::Int(Vec::with_capacity(capacity)),
        DataType::Float => PlainData::Float(Vec::with_capacity(capacity)),
        DataType::Decimal { precision, scale } => {
            PlainData::Decimal { unscaled: Vec::with_capacity(capacity), precision, scale }
        }
        DataType::String => PlainData::String(Vec::with_capacity(capacity)),
        DataType::Date => PlainData::Date(Vec::with_capacity(capacity)),
        DataType::Datetime => PlainData::Datetime(Vec::with_capacity(capacity)),
        DataType::Time => PlainData::Time(Vec::with_capacity(capacity)),
        DataType::Null => PlainData::Null(0),
    }
}

fn size(value: &Value) -> usize {
    16 + if let Value::Bytes(bytes) = value { bytes.len() + 8 } else { 0 }
}

/// Bits come as bytes, the highest first.
fn of_bits(value: Value) -> Value {
    match value {
        Value::Bytes(bytes) if bytes.len() <= 8 => {
            Value::UInt(bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
        }
        other => other,
    }
}

fn push(data: &mut PlainData, value: Value) -> Result<(), Fault> {
    let is_null = value == Value::NULL;
    match data {
        PlainData::Bool(values) => values.push(if is_null { None } else { Some(bool_of(&value)?) }),
        PlainData::Int(values) => values.push(if is_null { None } else { Some(int_of(&value)?) }),
        PlainData::Float(values) => values.push(if is_null { None } else { Some(float_of(&value)?) }),
        PlainData::Decimal { unscaled, precision, scale } => {
            unscaled.push(if is_null { None } else { Some(decimal_of(&value, *precision, *scale)?) });
        }
        PlainData::String(values) => values.push(if is_null { None } else { Some(string_of(value)?) }),
        PlainData::Date(values) => values.push(if is_null { None } else { Some(date_of(&value)?) }),
        PlainData::Datetime(values) => values.push(if is_null { None } else { Some(datetime_of(&value)?) }),
        PlainData::Time(values) => values.push(if is_null { None } else { Some(time_of(&value)?) }),
        PlainData::Null(rows) if is_null => *rows += 1,
        PlainData::Null(_) => return Err(other(&value, "nothing but NULL")),
    }
    Ok(())
}

fn bool_of(value: &Value) -> Result<bool, Fault> {
    match value {
        Value::Int(0) | Value::UInt(0) => Ok(false),
        Value::Int(1) | Value::UInt(1) => Ok(true),
        other => Err(Fault { what: format!("{}, neither 0 nor 1", shown(other)), instead: "{} <> 0" }),
    }
}

fn int_of(value: &Value) -> Result<i64, Fault> {
    match value {
        Value::Int(value) => Ok(*value),
        Value::UInt(value) => i64::try_from(*value).map_err(|_| Fault {
            what: format!("{value}, more than an int holds"),
            instead: "cast({} as decimal(20))",
        }),
        value => Err(other(value, "an int")),
    }
}

fn float_of(value: &Value) -> Result<f64, Fault> {
    match value {
        Value::Float(value) => Ok(f64::from(*value)),
        Value::Double(value) => Ok(*value),
        // What a float holds exactly comes back as the same number.
        Value::Int(value) if (*value as f64) as i128 == i128::from(*value) => Ok(*value as f64),
        Value::UInt(value) if (*value as f64) as i128 == i128::from(*value) => Ok(*value as f64),
        value => Err(other(value, "a float")),
    }
}

fn decimal_of(value: &Value, precision: u8, scale: u8) -> Result<i128, Fault> {
    let unscaled = match value {
        Value::Int(value) => scaled(i128::from(*value), scale),
        Value::UInt(value) => scaled(i128::from(*value), scale),
        Value::Bytes(text) => digits(text, scale),
        value => return Err(other(value, "a decimal")),
    };
    unscaled.filter(|unscaled| decimal_digits(*unscaled) <= precision).ok_or_else(|| Fault {
        what: format!("{}, more than decimal({precision},{scale}) holds", shown(value)),
        instead: "cast({} as char)",
    })
}

fn scaled(value: i128, scale: u8) -> Option<i128> {
    value.checked_mul(10_i128.checked_pow(u32::from(scale))?)
}

/// The number without its point, with that many digits behind it.
fn digits(text: &[u8], scale: u8) -> Option<i128> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        text => (false, text),
    };
    let (mut unscaled, mut behind) = (0_i128, None::<u8>);
    for byte in text {
        match byte {
            b'.' if behind.is_none() => behind = Some(0),
            // Zeros beyond the last digit add nothing.
            b'0' if behind == Some(scale) => {}
            b'0'..=b'9' if behind != Some(scale) => {
                unscaled = unscaled.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
                behind = behind.map(|behind| behind + 1);
            }
            _ => return None,
        }
    }
    let unscaled = scaled(unscaled, scale - behind.unwrap_or(0))?;
    Some(if negative { -unscaled } else { unscaled })
}

fn string_of(value: Value) -> Result<String, Fault> {
    match value {
        Value::Bytes(bytes) => {
            String::from_utf8(bytes).map_err(|_| Fault { what: "no text".to_owned(), instead: "hex({})" })
        }
        Value::Int(value) => Ok(value.to_string()),
        Value::UInt(value) => Ok(value.to_string()),
        value => Err(other(&value, "a string")),
    }
}

fn date_of(value: &Value) -> Result<i32, Fault> {
    match value {
        Value::Date(year, month, day, 0, 0, 0, 0) => day_of(value, *year, *month, *day),
        value => Err(other(value, "a date")),
    }
}

fn day_of(value: &Value, year: u16, month: u8, day: u8) -> Result<i32, Fault> {
    calendar::days(year, month, day)
        .ok_or_else(|| Fault { what: format!("{}, which is no day", shown(value)), instead: "nullif({}, 0)" })
}

fn datetime_of(value: &Value) -> Result<i64, Fault> {
    match value {
        Value::Date(year, month, day, hours, minutes, seconds, micros) => {
            let days = day_of(value, *year, *month, *day)?;
            Ok(i64::from(days) * calendar::a_day() + calendar::micros(*hours, *minutes, *seconds, *micros))
        }
        value => Err(other(value, "a datetime")),
    }
}

fn time_of(value: &Value) -> Result<i64, Fault> {
    let Value::Time(negative, days, hours, minutes, seconds, micros) = value else {
        return Err(other(value, "a time"));
    };
    let micros = calendar::micros(*hours, *minutes, *seconds, *micros);
    if *days > 0 || (*negative && micros > 0) {
        let what = format!("{}, which is no time of day", shown(value));
        return Err(Fault { what, instead: "time_to_sec({})" });
    }
    Ok(micros)
}

fn other(value: &Value, wanted: &str) -> Fault {
    Fault { what: format!("{}, where {wanted} was expected", shown(value)), instead: "cast({} as char)" }
}

/// A value as the server would write it, if it is no text, which may be long or secret.
fn shown(value: &Value) -> String {
    match value {
        Value::NULL => "NULL".to_owned(),
        Value::Int(value) => value.to_string(),
        Value::UInt(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Double(value) => value.to_string(),
        Value::Bytes(text) if text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'.')) => {
            String::from_utf8_lossy(text).into_owned()
        }
        Value::Bytes(_) => "a text".to_owned(),
        Value::Date(year, month, day, 0, 0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        Value::Date(year, month, day, hours, minutes, seconds, _) => {
            format!("{year:04}-{month:02}-{day:02} {hours:02}:{minutes:02}:{seconds:02}")
        }
        Value::Time(negative, days, hours, minutes, seconds, _) => {
            let sign = if *negative { "-" } else { "" };
            format!("{sign}{:02}:{minutes:02}:{seconds:02}", days * 24 + u32::from(*hours))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_every_digit_or_are_refused() {
        let of = |text: &str, precision, scale| decimal_of(&Value::Bytes(text.into()), precision, scale).ok();
        assert_eq!(of("-12.30", 10, 2), Some(-1230));
        assert_eq!(of("7", 10, 2), Some(700));
        assert_eq!(of("0.100", 10, 1), Some(1), "zeros at the end are no digits");
        assert_eq!(of("0.11", 10, 1), None);
        assert_eq!(of(&"9".repeat(38), 38, 0), Some(10_i128.pow(38) - 1));
        assert_eq!(of(&"9".repeat(39), 38, 0), None);
        assert_eq!(of("1e5", 38, 0), None);
    }

    #[test]
    fn what_is_no_day_or_time_of_day_is_refused_with_what_to_select_instead() {
        let zero = date_of(&Value::Date(0, 0, 0, 0, 0, 0, 0));
        assert_eq!(zero, Err(Fault { what: "0000-00-00, which is no day".to_owned(), instead: "nullif({}, 0)" }));
        assert!(date_of(&Value::Date(2024, 2, 0, 0, 0, 0, 0)).is_err());
        assert_eq!(date_of(&Value::Date(9999, 12, 31, 0, 0, 0, 0)), Ok(2_932_896));
        assert_eq!(date_of(&Value::Date(0, 1, 1, 0, 0, 0, 0)), Ok(-719_528));
        assert_eq!(time_of(&Value::Time(false, 0, 23, 59, 59, 999_999)), Ok(86_399_999_999));
        assert!(time_of(&Value::Time(false, 1, 0, 0, 0, 0)).is_err());
        assert!(time_of(&Value::Time(true, 0, 0, 0, 0, 1)).is_err());
    }
}
