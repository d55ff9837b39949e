//! Constants: numbers, texts, dates, and what `${{ }}` stands for.

use jiff::civil::{Date, DateTime, Time};
use sqlparser::ast::{Value as AstValue, ValueWithSpan};
use sqlparser::tokenizer::Span;

use crate::spec::SqlHole;
use crate::table::{DataType, Expr, ExprKind, Value, decimal_digits, has_leap_second, vanishes_as_float};

use super::text::{Bound, Text};
use super::types::MAX_PRECISION;

/// A constant as it stands in the text.
pub(super) fn literal(text: Text<'_>, value: &ValueWithSpan) -> Bound<Expr> {
    let span = value.span;
    let value = match &value.value {
        AstValue::Number(digits, _) => number(text, digits, span)?,
        AstValue::SingleQuotedString(string) => Value::String(string.clone()),
        AstValue::Boolean(value) => Value::Bool(*value),
        AstValue::Null => Value::Null,
        AstValue::Placeholder(name) => match hole(text, name, span)? {
            SqlHole::One(value) => soften(value.clone()),
            SqlHole::Now { logical_time } => now(logical_time)
                .ok_or_else(|| text.wrong(span, format!("`{logical_time}` is no time of a run"), ""))?,
            SqlHole::Many(_) => {
                return Err(text.wrong(span, "a list can stand only behind `in`", "this is a list"));
            }
        },
        other => return Err(text.unsupported(span, &format!("the literal `{other}`"), "texts stand in single quotes")),
    };
    Ok(Expr::literal(value))
}

/// A constant as it prints; none of NULL, and of what is no constant.
pub(super) fn shown(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Literal(Value::Null) => None,
        ExprKind::Literal(value) => Some(value.to_string()),
        _ => None,
    }
}

/// The constants of a list behind `in`, if `value` stands for one.
pub(super) fn list<'a>(text: Text<'a>, value: &ValueWithSpan) -> Option<&'a [Value]> {
    let AstValue::Placeholder(name) = &value.value else { return None };
    match hole(text, name, value.span) {
        Ok(SqlHole::Many(values)) => Some(values),
        _ => None,
    }
}

fn hole<'a>(text: Text<'a>, name: &str, span: Span) -> Bound<&'a SqlHole> {
    let number = name.strip_prefix('$').and_then(|digits| digits.parse::<usize>().ok());
    number.and_then(|number| text.sql().holes.get(number.checked_sub(1)?)).ok_or_else(|| {
        text.unsupported(span, &format!("the placeholder `{name}`"), "a parameter is written `${{ params.name }}`")
    })
}

/// The time of a run in UTC.
fn now(time: &str) -> Option<Value> {
    let instant: jiff::Timestamp = time.parse().ok()?;
    Some(Value::Datetime(instant.as_microsecond()))
}

/// A float from a parameter counts as if its digits stood in the text.
pub(super) fn soften(value: Value) -> Value {
    match value {
        Value::Float(float) if float.is_finite() => exact(&float.to_string()).unwrap_or(value),
        other => other,
    }
}

fn number(text: Text<'_>, digits: &str, span: Span) -> Bound<Value> {
    if digits.contains(['e', 'E']) {
        return float(digits)
            .map(Value::Float)
            .ok_or_else(|| text.wrong(span, format!("`{digits}` is too large or too small for a float"), ""));
    }
    if digits.contains('.') {
        return exact(digits).ok_or_else(|| {
            text.wrong(span, format!("`{digits}` has more than {MAX_PRECISION} digits"), "too many digits")
        });
    }
    digits.parse().map(Value::Int).map_err(|_| text.wrong(span, format!("`{digits}` is too large for an int"), ""))
}

/// The float nearest to a number, if it is neither infinite nor zero without need.
fn float(digits: &str) -> Option<f64> {
    digits.parse().ok().filter(|float: &f64| float.is_finite() && !vanishes_as_float(digits))
}

/// The decimal with these digits.
fn exact(digits: &str) -> Option<Value> {
    let (sign, plain) = digits.strip_prefix('-').map_or((1, digits), |plain| (-1, plain));
    let (whole, fraction) = plain.split_once('.')?;
    let scale = u8::try_from(fraction.len()).ok().filter(|scale| *scale <= MAX_PRECISION)?;
    let unscaled = format!("0{whole}{fraction}").parse::<i128>().ok()?;
    (decimal_digits(unscaled) <= MAX_PRECISION).then_some(Value::Decimal { unscaled: sign * unscaled, scale })
}

/// A text constant as a value of that type.
pub(super) fn parse_as(text: Text<'_>, string: &str, to: DataType, span: Span) -> Bound<Value> {
    let trimmed = string.trim();
    let wrong = |example: &str| {
        Err(text.wrong(
            span,
            format!("'{string}' is not {}", super::type_names::named(to)),
            format!("write it like `{example}`"),
        ))
    };
    match to {
        DataType::String => Ok(Value::String(string.to_owned())),
        DataType::Date => match trimmed.parse::<Date>() {
            Ok(date) if trimmed.len() == 10 => Ok(Value::Date(days(date))),
            _ => wrong("date '2024-12-31'"),
        },
        DataType::Datetime | DataType::Time if is_finer_than_tables(trimmed) => {
            Err(text.wrong(span, format!("'{string}' has more than six digits behind the second"), "tables keep six"))
        }
        DataType::Datetime => match trimmed.parse::<DateTime>() {
            Ok(datetime) if !has_leap_second(trimmed, |text| Some(text.parse::<DateTime>().ok()?.second())) => {
                Ok(Value::Datetime(micros(datetime)))
            }
            _ => wrong("timestamp '2024-12-31 23:59:59'"),
        },
        DataType::Time => match trimmed.parse::<Time>() {
            Ok(time) if !has_leap_second(trimmed, |text| Some(text.parse::<Time>().ok()?.second())) => {
                Ok(Value::Time(micros(time.on(1970, 1, 1))))
            }
            _ => wrong("time '23:59:59'"),
        },
        DataType::Int => trimmed.parse().map(Value::Int).or_else(|_| wrong("42")),
        DataType::Float => float(trimmed).map(Value::Float).map_or_else(|| wrong("4.2"), Ok),
        DataType::Bool => match trimmed.to_lowercase().as_str() {
            "true" | "yes" | "1" => Ok(Value::Bool(true)),
            "false" | "no" | "0" => Ok(Value::Bool(false)),
            _ => wrong("true"),
        },
        DataType::Decimal { precision, scale } => {
            let dotted = if trimmed.contains('.') { trimmed.to_owned() } else { format!("{trimmed}.") };
            match exact(&dotted) {
                Some(Value::Decimal { unscaled, scale: from }) if from <= scale => {
                    let unscaled = 10_i128.checked_pow(u32::from(scale - from)).and_then(|f| unscaled.checked_mul(f));
                    match unscaled.filter(|unscaled| decimal_digits(*unscaled) <= precision) {
                        Some(unscaled) => Ok(Value::Decimal { unscaled, scale }),
                        None => wrong("12.34"),
                    }
                }
                _ => wrong("12.34"),
            }
        }
        DataType::Null => wrong("null"),
    }
}

/// Whether a time has a part of a microsecond.
fn is_finer_than_tables(text: &str) -> bool {
    let fraction = text.rsplit_once('.').map_or("", |(_, fraction)| fraction);
    let digits = fraction.bytes().take_while(u8::is_ascii_digit);
    digits.skip(6).any(|digit| digit != b'0')
}

/// Days since 1970-01-01.
pub(super) fn days(date: Date) -> i32 {
    let since = date.duration_since(jiff::civil::date(1970, 1, 1));
    // Years have four digits, so the number of days fits.
    i32::try_from(since.as_hours() / 24).unwrap_or(i32::MAX)
}

/// Microseconds since 1970-01-01 00:00.
fn micros(datetime: DateTime) -> i64 {
    let since = datetime.duration_since(jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0));
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// The text of a text constant.
pub(super) fn as_string(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Literal(Value::String(string)) => Some(string),
        _ => None,
    }
}

/// The number of a whole-number constant.
pub(super) fn as_int(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Literal(Value::Int(int)) => Some(*int),
        _ => None,
    }
}
