//! `date + interval '3 months'`.

use jiff::Span;
use sqlparser::ast::{DateTimeField, Expr as Ast, Interval, Spanned};

use crate::table::{ArithOp, DataType, Expr, ExprKind, Function, Value};

use super::binder::Binder;
use super::env::Env;
use super::text::Bound;
use super::{literal, type_names};

/// `left ± right` if one of them is an interval.
pub(super) fn add(binder: &Binder<'_>, left: &Ast, op: ArithOp, right: &Ast, env: &mut Env<'_>) -> Option<Bound<Expr>> {
    let (date, interval) = match (strip(left), strip(right)) {
        (_, Ast::Interval(interval)) if matches!(op, ArithOp::Add | ArithOp::Sub) => (left, interval),
        (Ast::Interval(interval), _) if op == ArithOp::Add => (right, interval),
        _ => return None,
    };
    let sign = if op == ArithOp::Sub { -1 } else { 1 };
    Some(span_of(binder, interval, env).and_then(|(months, days)| {
        let date = binder.expect(date, env, "an interval", &[DataType::Date, DataType::Datetime])?;
        let data_type = date.data_type;
        if let ExprKind::Literal(Value::Date(days_before)) = date.kind {
            let value = shifted(days_before, sign * months, sign * days).ok_or_else(|| {
                binder.text.wrong(interval.value.span(), "this date is out of range", "years go from 1 to 9999")
            })?;
            return Ok(Expr::literal(value));
        }
        let args = vec![date, Expr::literal(Value::Int(sign * months)), Expr::literal(Value::Int(sign * days))];
        Ok(Expr { kind: ExprKind::Call(Function::ADD_INTERVAL, args), data_type })
    }))
}

/// A constant date so many months and days on; the day is clipped to the month.
fn shifted(days_before: i32, months: i64, days: i64) -> Option<Value> {
    let epoch = jiff::civil::date(1970, 1, 1);
    let start = epoch.checked_add(Span::new().try_days(days_before).ok()?).ok()?;
    let month = start.checked_add(Span::new().try_months(months).ok()?).ok()?;
    let end = month.checked_add(Span::new().try_days(days).ok()?).ok()?;
    Some(Value::Date(literal::days(end)))
}

fn strip(ast: &Ast) -> &Ast {
    match ast {
        Ast::Nested(inner) => strip(inner),
        other => other,
    }
}

/// Months and days of an interval.
fn span_of(binder: &Binder<'_>, interval: &Interval, env: &mut Env<'_>) -> Bound<(i64, i64)> {
    let at = interval.value.span();
    let wrong = || {
        binder.text.wrong(at, "this interval is not understood", "write `interval '90' day` or `interval '3 months'`")
    };
    if interval.last_field.is_some() || interval.leading_precision.is_some() {
        return Err(wrong());
    }
    let value = binder.value(&interval.value, env)?;
    let text = match (&value.kind, &interval.leading_field) {
        (ExprKind::Literal(Value::String(text)), None) => text.clone(),
        (ExprKind::Literal(Value::String(number)), Some(unit)) => format!("{number} {}", unit_name(unit)),
        (ExprKind::Literal(Value::Int(number)), Some(unit)) => format!("{number} {}", unit_name(unit)),
        _ => {
            let found = type_names::named(value.data_type);
            return Err(binder.text.wrong(at, "an interval is a constant, with a unit", found));
        }
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() || words.len() % 2 == 1 {
        return Err(wrong());
    }
    let (mut months, mut days) = (0_i64, 0_i64);
    for pair in words.chunks(2) {
        let number: i64 = pair[0].parse().map_err(|_| wrong())?;
        let (into, factor) = match pair[1].to_lowercase().trim_end_matches('s') {
            "year" => (&mut months, 12),
            "quarter" => (&mut months, 3),
            "month" | "mon" => (&mut months, 1),
            "week" => (&mut days, 7),
            "day" => (&mut days, 1),
            unit @ ("hour" | "minute" | "second") => {
                let instead = "intervals are whole years, quarters, months, weeks and days";
                return Err(binder.text.unsupported(at, &format!("an interval in {unit}s"), instead));
            }
            _ => return Err(wrong()),
        };
        let amount = number.checked_mul(factor).and_then(|amount| into.checked_add(amount));
        *into = amount.filter(|amount| amount.abs() < i64::from(i32::MAX)).ok_or_else(wrong)?;
    }
    Ok((months, days))
}

fn unit_name(unit: &DateTimeField) -> String {
    unit.to_string().to_lowercase()
}
