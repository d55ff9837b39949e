//! `date + interval '3 months'`.

use jiff::Span;
use sqlparser::ast::{BinaryOperator, DateTimeField, Expr as Ast, Interval, Spanned};

use crate::table::{ArithOp, DataType, Expr, ExprKind, Function, Value};

use super::binder::Binder;
use super::env::Env;
use super::text::Bound;
use super::types::coerce;
use super::{literal, type_names};

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// An interval as it is written, and the number that it is multiplied with.
struct Written<'a> {
    interval: &'a Interval,
    times: Option<&'a Ast>,
}

/// How long an interval is; the three parts are added one after the other.
#[derive(Clone, Copy, Default)]
struct Length {
    months: i64,
    days: i64,
    micros: i64,
}

/// `left ± right` if one of them is an interval.
pub(super) fn add(binder: &Binder<'_>, left: &Ast, op: ArithOp, right: &Ast, env: &mut Env<'_>) -> Option<Bound<Expr>> {
    if !matches!(op, ArithOp::Add | ArithOp::Sub) {
        return None;
    }
    let (date, written) = match (written(left), written(right)) {
        (_, Some(interval)) => (left, interval),
        (Some(interval), _) if op == ArithOp::Add => (right, interval),
        _ => return None,
    };
    let sign = if op == ArithOp::Sub { -1 } else { 1 };
    Some(length_of(binder, written.interval, env).and_then(|length| {
        let length = Length { months: sign * length.months, days: sign * length.days, micros: sign * length.micros };
        let date = binder.expect(date, env, "an interval", &[DataType::Date, DataType::Datetime])?;
        // A day with hours added to it is a moment.
        let date = if length.micros == 0 { date } else { coerce(date, DataType::Datetime) };
        match written.times {
            None => plus(binder, date, length, written.interval),
            Some(times) => {
                let factor =
                    binder.expect(times, env, "an interval", &[DataType::Int, DataType::Float, DataType::MONEY])?;
                multiplied(binder, date, length, factor, times)
            }
        }
    }))
}

/// The interval that a text is, alone or multiplied with something.
fn written(ast: &Ast) -> Option<Written<'_>> {
    match strip(ast) {
        Ast::Interval(interval) => Some(Written { interval, times: None }),
        Ast::BinaryOp { left, op: BinaryOperator::Multiply, right } => match (strip(left), strip(right)) {
            (Ast::Interval(interval), times) | (times, Ast::Interval(interval)) => {
                Some(Written { interval, times: Some(times) })
            }
            _ => None,
        },
        _ => None,
    }
}

fn plus(binder: &Binder<'_>, date: Expr, length: Length, interval: &Interval) -> Bound<Expr> {
    if let (ExprKind::Literal(Value::Date(days_before)), 0) = (&date.kind, length.micros) {
        let value = shifted(*days_before, length.months, length.days).ok_or_else(|| {
            binder.text.wrong(interval.value.span(), "this date is out of range", "years go from 1 to 9999")
        })?;
        return Ok(Expr::literal(value));
    }
    let parts = [length.months, length.days, length.micros].map(|part| Expr::literal(Value::Int(part)));
    Ok(moved(date, parts, length.micros != 0))
}

/// So many times the interval: whole times where it has months or days.
fn multiplied(binder: &Binder<'_>, date: Expr, length: Length, factor: Expr, times: &Ast) -> Bound<Expr> {
    if factor.data_type != DataType::Int && (length.months != 0 || length.days != 0) {
        let found = type_names::named(factor.data_type);
        return Err(binder.text.wrong(times.span(), "months and days are multiplied with an int", found));
    }
    let part = |amount: i64| {
        if amount == 0 {
            return Expr::literal(Value::Int(0));
        }
        if factor.data_type == DataType::Int {
            let amount = Box::new(Expr::literal(Value::Int(amount)));
            let kind = ExprKind::Arith(ArithOp::Mul, amount, Box::new(factor.clone()));
            return Expr { kind, data_type: DataType::Int };
        }
        let amount = Box::new(Expr::literal(Value::Float(amount as f64)));
        let kind = ExprKind::Arith(ArithOp::Mul, amount, Box::new(coerce(factor.clone(), DataType::Float)));
        Expr { kind, data_type: DataType::Float }.cast(DataType::Int)
    };
    Ok(moved(date, [part(length.months), part(length.days), part(length.micros)], length.micros != 0))
}

/// The call; microseconds are an argument only where there are some.
fn moved(date: Expr, [months, days, micros]: [Expr; 3], is_clock: bool) -> Expr {
    let data_type = date.data_type;
    let mut args = vec![date, months, days];
    args.extend(is_clock.then_some(micros));
    Expr { kind: ExprKind::Call(Function::ADD_INTERVAL, args), data_type }
}

/// A constant date so many months and days on; the day is clipped to the month.
fn shifted(days_before: i32, months: i64, days: i64) -> Option<Value> {
    let epoch = jiff::civil::date(1970, 1, 1);
    let start = epoch.checked_add(Span::new().try_days(days_before).ok()?).ok()?;
    let month = start.checked_add(Span::new().try_months(months).ok()?).ok()?;
    let end = month.checked_add(Span::new().try_days(days).ok()?).ok()?;
    Some(Value::Date(literal::days(end)))
}

/// The months, days and microseconds of an interval.
pub(super) fn parts(binder: &Binder<'_>, interval: &Interval, env: &mut Env<'_>) -> Bound<(i64, i64, i64)> {
    length_of(binder, interval, env).map(|length| (length.months, length.days, length.micros))
}

fn strip(ast: &Ast) -> &Ast {
    match ast {
        Ast::Nested(inner) => strip(inner),
        other => other,
    }
}

fn length_of(binder: &Binder<'_>, interval: &Interval, env: &mut Env<'_>) -> Bound<Length> {
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
