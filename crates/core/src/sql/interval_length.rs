//! Constant intervals: `interval '3 months'`.

use sqlparser::ast::{DateTimeField, Interval, Spanned};

use crate::table::{ExprKind, Value};

use super::binder::Binder;
use super::env::Env;
use super::text::Bound;
use super::type_names;

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// How long an interval is; the three parts are added one after the other.
#[derive(Clone, Copy, Default)]
pub(super) struct Length {
    pub months: i64,
    pub days: i64,
    pub micros: i64,
}

/// What a text says.
pub(super) fn length_of(binder: &Binder<'_>, interval: &Interval, env: &mut Env<'_>) -> Bound<Length> {
    let at = interval.value.span();
    let wrong = || {
        let example = "write `interval '90' day`, `interval '3 months'` or `interval '1.5 hours'`";
        binder.text.wrong(at, "this interval is not understood", example)
    };
    if interval.last_field.is_some() || interval.leading_precision.is_some() {
        return Err(wrong());
    }
    let value = binder.value(&interval.value, env)?;
    let text = match (&value.kind, &interval.leading_field) {
        (ExprKind::Literal(Value::String(text)), None) => text.clone(),
        (ExprKind::Literal(Value::String(number)), Some(unit)) => format!("{number} {}", unit_name(unit)),
        (ExprKind::Literal(Value::Int(number)), Some(unit)) => format!("{number} {}", unit_name(unit)),
        (ExprKind::Literal(_), _) => return Err(wrong()),
        _ => {
            let found = format!("write `interval '1' day * …`: this is {}", type_names::named(value.data_type));
            return Err(binder.text.wrong(at, "an interval is a constant, with a unit", found));
        }
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() || words.len() % 2 == 1 {
        return Err(wrong());
    }
    let mut length = Length::default();
    for pair in words.chunks(2) {
        lengthen(&mut length, pair[0], &pair[1].to_lowercase()).ok_or_else(wrong)?;
    }
    Ok(length)
}

/// Adds a number of units; none if there is no such unit, or too many of it.
fn lengthen(length: &mut Length, number: &str, unit: &str) -> Option<()> {
    let (into, factor, most) = match unit.trim_end_matches('s') {
        "year" => (&mut length.months, 12, i64::from(i32::MAX)),
        "quarter" => (&mut length.months, 3, i64::from(i32::MAX)),
        "month" | "mon" => (&mut length.months, 1, i64::from(i32::MAX)),
        "week" => (&mut length.days, 7, i64::from(i32::MAX)),
        "day" => (&mut length.days, 1, i64::from(i32::MAX)),
        "hour" => (&mut length.micros, 3_600 * SECOND, i64::MAX),
        "minute" | "min" => (&mut length.micros, 60 * SECOND, i64::MAX),
        "second" | "sec" => (&mut length.micros, SECOND, i64::MAX),
        "millisecond" => (&mut length.micros, 1_000, i64::MAX),
        "microsecond" => (&mut length.micros, 1, i64::MAX),
        _ => return None,
    };
    let amount = match number.parse::<i64>() {
        Ok(number) => number.checked_mul(factor)?,
        Err(_) if factor >= 1_000 => fraction(number, factor)?,
        Err(_) => return None,
    };
    *into = into.checked_add(amount).filter(|amount| amount.abs() < most)?;
    Some(())
}

/// So many units of a number with a point, if that is a whole number of microseconds.
fn fraction(number: &str, unit: i64) -> Option<i64> {
    let (whole, behind) = number.split_once('.')?;
    let digits = behind.bytes().all(|byte| byte.is_ascii_digit()) && !behind.is_empty() && behind.len() <= 9;
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    let whole: i64 = if whole.is_empty() || whole == "-" { 0 } else { whole.parse().ok()? };
    let behind = if digits { i128::from(behind.parse::<i64>().ok()?) * i128::from(unit) } else { return None };
    let scale = 10_i128.pow(number.len() as u32 - number.find('.')? as u32 - 1);
    let part = (behind % scale == 0).then_some(behind / scale)?;
    whole.checked_mul(unit)?.checked_add(sign * i64::try_from(part).ok()?)
}

fn unit_name(unit: &DateTimeField) -> String {
    unit.to_string().to_lowercase()
}
