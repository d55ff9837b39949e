//! Whether a value is what a text of a test says.

use jiff::civil::{Date, DateTime, Time};
use tidemill_core::table::Value;

/// Floats that differ by less than this part of themselves are equal: nobody writes down all their digits.
const NEARLY: f64 = 1e-9;

/// Whether a value is the one that is written so; None is NULL.
pub(super) fn is(found: &Value, written: Option<&str>) -> bool {
    let Some(text) = written else { return *found == Value::Null };
    match found {
        Value::Null => false,
        Value::String(found) => found == text,
        Value::Bool(found) => text.eq_ignore_ascii_case(if *found { "true" } else { "false" }),
        Value::Int(found) => same_digits(&found.to_string(), text),
        Value::Decimal { .. } => same_digits(&found.to_string(), text),
        Value::Float(found) => text.trim().parse().is_ok_and(|text: f64| nearly(*found, text)),
        Value::Date(_) => date(text).is_some_and(|date| date == found.to_string()),
        Value::Datetime(_) => {
            is_time::<DateTime>(found, text)
                || date(text).is_some_and(|date| format!("{date}T00:00:00") == found.to_string())
        }
        Value::Time(_) => is_time::<Time>(found, text),
    }
}

fn nearly(found: f64, text: f64) -> bool {
    found == text || found.is_nan() && text.is_nan() || (found - text).abs() <= NEARLY * found.abs().max(text.abs())
}

/// Whether two numbers are the same but for zeros at their ends.
fn same_digits(one: &str, other: &str) -> bool {
    let digits = |text: &str| {
        let text = text.trim();
        let (sign, text) = match text.strip_prefix('-') {
            Some(text) => ("-", text),
            None => ("", text.strip_prefix('+').unwrap_or(text)),
        };
        let text = text.trim_start_matches('0');
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
        let sign = if text.is_empty() { "" } else { sign };
        format!("{sign}{text}")
    };
    let is_number = |text: &str| text.trim().parse::<f64>().is_ok() && !text.contains(['e', 'E']);
    is_number(other) && digits(one) == digits(other)
}

/// Whether a point in time is the one that is written so, as any of the ways that there are to write it.
fn is_time<T: std::str::FromStr + std::fmt::Display>(found: &Value, text: &str) -> bool {
    text.trim().parse::<T>().is_ok_and(|time| time.to_string() == found.to_string())
}

/// The date that is written so. One is also read from a text that goes on with a time of day: only a text of its length is one.
fn date(text: &str) -> Option<String> {
    let text = text.trim();
    let date = text.parse::<Date>().ok()?.to_string();
    (date.len() == text.len()).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_the_file_writes() {
        let decimal = Value::Decimal { unscaled: 1050, scale: 2 };
        let date = Value::Date(20_047);
        let datetime = Value::Datetime(20_047 * 86_400_000_000);
        for (value, texts) in [
            (Value::Int(7), &["7", "7.0", "+7", "07"][..]),
            (Value::Int(0), &["0", "-0", "0.00"]),
            (decimal.clone(), &["10.5", "10.50"]),
            (Value::Float(0.1 + 0.2), &["0.3", "0.30000000000000004", "3e-1"]),
            (Value::Bool(true), &["true", "True"]),
            (Value::String("7".into()), &["7"]),
            (date.clone(), &["2024-11-20"]),
            (datetime.clone(), &["2024-11-20", "2024-11-20T00:00:00", "2024-11-20 00:00"]),
            (Value::Time(3_600_000_000), &["01:00:00", "01:00"]),
        ] {
            texts.iter().for_each(|text| assert!(is(&value, Some(text)), "{value:?} {text}"));
            assert!(!is(&value, None), "{value:?}");
        }
        for (value, text) in [
            (Value::Null, ""),
            (Value::Int(7), "8"),
            (Value::Int(7), "7.1"),
            (Value::Int(7), "seven"),
            (Value::Int(0), ""),
            (decimal, "10.505"),
            (Value::Float(0.3333), "0.33"),
            (Value::String("a".into()), "A"),
            (date.clone(), "2024-11-21"),
            (date, "2024-11-20T05:00:00"),
            (datetime, "2024-11-20T00:00:01"),
        ] {
            assert!(!is(&value, Some(text)), "{value:?} {text}");
        }
        assert!(is(&Value::Null, None));
    }
}
