//! Intervals: constants, `age(a, b)` and the difference of two datetimes. They are added to dates, compared and taken apart;
//! no column holds one.

use jiff::Span;
use sqlparser::ast::{BinaryOperator, Expr as Ast, Function as AstCall, Interval as Constant, ObjectNamePart, Spanned};

use crate::diagnostic::Diagnostic;
use crate::table::{ArithOp, CmpOp, DataType, DatePart, Expr, ExprKind, Function, Value};

use super::binder::Binder;
use super::env::Env;
use super::functions::{self, plain_args};
use super::interval_length::{Length, length_of};
use super::text::{Bound, both};
use super::types::coerce;
use super::walk::compare;
use super::{literal, operators, type_names};

const MOMENT: &[DataType] = &[DataType::Datetime, DataType::Date];
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The parts of an interval, ints that are added one after the other.
pub(super) struct Interval {
    months: Expr,
    days: Expr,
    micros: Expr,
}

/// What stands where an interval may.
pub(super) enum Operand {
    /// An interval.
    Interval(Interval),
    /// Anything else.
    Value(Expr),
}

/// An interval as its syntax shows it.
enum Written<'a> {
    /// A constant, and the number that it is multiplied with.
    Constant(&'a Constant, Option<&'a Ast>),
    /// `age(a, b)`.
    Age(&'a AstCall),
}

/// The interval that a text is, alone or multiplied with something.
fn written(ast: &Ast) -> Option<Written<'_>> {
    match strip(ast) {
        Ast::Interval(interval) => Some(Written::Constant(interval, None)),
        Ast::BinaryOp { left, op: BinaryOperator::Multiply, right } => match (strip(left), strip(right)) {
            (Ast::Interval(interval), times) | (times, Ast::Interval(interval)) => {
                Some(Written::Constant(interval, Some(times)))
            }
            _ => None,
        },
        Ast::Function(call) => match call.name.0.as_slice() {
            [ObjectNamePart::Identifier(name)] if name.value.eq_ignore_ascii_case("age") => Some(Written::Age(call)),
            _ => None,
        },
        _ => None,
    }
}

/// `left ± right` if one of them is an interval.
pub(super) fn add(binder: &Binder<'_>, left: &Ast, op: ArithOp, right: &Ast, env: &mut Env<'_>) -> Option<Bound<Expr>> {
    if !matches!(op, ArithOp::Add | ArithOp::Sub) {
        return None;
    }
    let (date, interval, place) = match (written(left), written(right)) {
        (_, Some(interval)) => (left, interval, right),
        (Some(interval), _) if op == ArithOp::Add => (right, interval, left),
        _ => return None,
    };
    let sign = if op == ArithOp::Sub { -1 } else { 1 };
    Some(
        both(
            binder.expect(date, env, "an interval", &[DataType::Date, DataType::Datetime]),
            parts(binder, &interval, sign, env),
        )
        .and_then(|(date, interval)| plus(binder, date, interval, place)),
    )
}

/// `left op right` if one of them shows that it is an interval.
pub(super) fn compared(
    binder: &Binder<'_>,
    left: &Ast,
    op: CmpOp,
    right: &Ast,
    env: &mut Env<'_>,
) -> Option<Bound<Expr>> {
    written(left).or_else(|| written(right))?;
    let mut total = |ast: &Ast| match operand(binder, ast, env)? {
        Operand::Interval(interval) => Ok(interval.total()),
        Operand::Value(value) => Err(vec![
            Diagnostic::error(format!("an interval cannot be compared with {}", type_names::named(value.data_type)))
                .at(binder.text.place(ast.span()), type_names::named(value.data_type))
                .help("the difference of two datetimes is an interval, that of two dates a number of days"),
        ]),
    };
    Some(both(total(left), total(right)).map(|(a, b)| compare(op, a, b)))
}

/// An interval, shown by its syntax or the difference of two datetimes; or any other value.
pub(super) fn operand(binder: &Binder<'_>, ast: &Ast, env: &mut Env<'_>) -> Bound<Operand> {
    if let Some(interval) = written(ast) {
        return parts(binder, &interval, 1, env).map(Operand::Interval);
    }
    let Ast::BinaryOp { left, op: BinaryOperator::Minus, right } = strip(ast) else {
        return binder.value(ast, env).map(Operand::Value);
    };
    if let Some(moved) = add(binder, left, ArithOp::Sub, right, env) {
        return moved.map(Operand::Value);
    }
    let (a, b) = both(binder.expr(left, env), binder.expr(right, env))?;
    match (a.data_type, b.data_type) {
        (DataType::Datetime, DataType::Date | DataType::Datetime) | (DataType::Date, DataType::Datetime) => {
            Ok(Operand::Interval(difference(Function::elapsed, Expr::literal(Value::Int(0)), a, b)))
        }
        _ => operators::arithmetic(binder, ArithOp::Sub, (a, left), (b, right)).map(Operand::Value),
    }
}

/// A part of an interval: seconds with their fraction, others as ints.
pub(super) fn part_of(binder: &Binder<'_>, part: DatePart, interval: Interval, ast: &Ast) -> Bound<Expr> {
    use DatePart::{Day, Epoch, Hour, Minute, Month, Quarter, Second, Year};
    if !matches!(part, Year | Quarter | Month | Day | Hour | Minute | Second | Epoch) {
        let message = format!("an interval has no {}", format!("{part:?}").to_lowercase());
        return Err(binder.text.wrong(ast.span(), message, "it has year, month, day, hour, minute, second and epoch"));
    }
    let args = vec![interval.months, interval.days, interval.micros];
    let whole = Expr { kind: ExprKind::Call(Function::interval_part(part), args), data_type: DataType::Int };
    Ok(if matches!(part, Second | Epoch) { seconds(whole) } else { whole })
}

/// Microseconds as seconds.
fn seconds(micros: Expr) -> Expr {
    let second = Box::new(Expr::literal(Value::Float(1_000_000.0)));
    let micros = Box::new(coerce(micros, DataType::Float));
    Expr { kind: ExprKind::Arith(ArithOp::Div, micros, second), data_type: DataType::Float }
}

/// The seconds since 1970 of a datetime, or those of an interval.
pub(super) fn epoch(binder: &Binder<'_>, ast: &Ast, env: &mut Env<'_>) -> Bound<Expr> {
    let interval = match operand(binder, ast, env)? {
        Operand::Interval(interval) => interval,
        Operand::Value(value) => {
            let at = binder.expected(value, ast, "`epoch`", MOMENT)?;
            difference(Function::elapsed, Expr::literal(Value::Int(0)), at, Expr::literal(Value::Datetime(0)))
        }
    };
    part_of(binder, DatePart::Epoch, interval, ast)
}

/// What is said of an interval where a value is wanted.
pub(super) fn no_value(binder: &Binder<'_>, span: sqlparser::tokenizer::Span) -> Vec<Diagnostic> {
    vec![
        Diagnostic::error("an interval is no value of a column")
            .at(binder.text.place(span), "write `date + interval …`")
            .help("it is added to a date, compared with another interval, or taken apart: `extract(epoch from …)`"),
    ]
}

/// The parts of an interval, or of what leads back by it.
fn parts(binder: &Binder<'_>, written: &Written<'_>, sign: i64, env: &mut Env<'_>) -> Bound<Interval> {
    let (constant, times) = match written {
        Written::Constant(constant, times) => (*constant, *times),
        Written::Age(call) => {
            let interval = age(binder, call, env)?;
            return Ok(if sign < 0 { interval.negated() } else { interval });
        }
    };
    let length = length_of(binder, constant, env)?;
    let length = Length { months: sign * length.months, days: sign * length.days, micros: sign * length.micros };
    match times {
        None => {
            let [months, days, micros] =
                [length.months, length.days, length.micros].map(|part| Expr::literal(Value::Int(part)));
            Ok(Interval { months, days, micros })
        }
        Some(times) => {
            let factor =
                binder.expect(times, env, "an interval", &[DataType::Int, DataType::Float, DataType::MONEY])?;
            multiplied(binder, length, &factor, times)
        }
    }
}

/// `age(a, b)`: the months, days and time of day from the second to the first.
fn age(binder: &Binder<'_>, call: &AstCall, env: &mut Env<'_>) -> Bound<Interval> {
    let args = plain_args(binder, "age", call)?;
    if let Some(definition) = functions::find("age") {
        functions::checked_arity(binder, definition, "age", call.name.span(), args.len())?;
    }
    let (a, b) = both(binder.expect(args[0], env, "`age`", MOMENT), binder.expect(args[1], env, "`age`", MOMENT))?;
    let months = Function::age(DatePart::Month);
    let moments = [a.clone(), b.clone()].map(|moment| coerce(moment, DataType::Datetime)).into();
    let months = Expr { kind: ExprKind::Call(months, moments), data_type: DataType::Int };
    Ok(difference(Function::age, months, a, b))
}

/// The interval of these months and what a function says of days and microseconds between two datetimes.
fn difference(function: fn(DatePart) -> Function, months: Expr, a: Expr, b: Expr) -> Interval {
    let [a, b] = [a, b].map(|moment| coerce(moment, DataType::Datetime));
    let [days, micros] = [DatePart::Day, DatePart::Second].map(|part| {
        let kind = ExprKind::Call(function(part), vec![a.clone(), b.clone()]);
        Expr { kind, data_type: DataType::Int }
    });
    Interval { months, days, micros }
}

fn plus(binder: &Binder<'_>, date: Expr, interval: Interval, place: &Ast) -> Bound<Expr> {
    let Interval { months, days, micros } = interval;
    let is_clock = literal::as_int(&micros) != Some(0);
    if let (ExprKind::Literal(Value::Date(before)), false, Some(months), Some(days)) =
        (&date.kind, is_clock, literal::as_int(&months), literal::as_int(&days))
    {
        let value = shifted(*before, months, days).ok_or_else(|| {
            let span = match strip(place) {
                Ast::Interval(interval) => interval.value.span(),
                other => other.span(),
            };
            binder.text.wrong(span, "this date is out of range", "years go from 1 to 9999")
        })?;
        return Ok(Expr::literal(value));
    }
    // A day with hours added to it is a moment; microseconds are an argument only where there are some.
    let date = if is_clock { coerce(date, DataType::Datetime) } else { date };
    let data_type = date.data_type;
    let mut args = vec![date, months, days];
    args.extend(is_clock.then_some(micros));
    Ok(Expr { kind: ExprKind::Call(Function::ADD_INTERVAL, args), data_type })
}

/// So many times the interval: whole times where it has months or days.
fn multiplied(binder: &Binder<'_>, length: Length, factor: &Expr, times: &Ast) -> Bound<Interval> {
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
    Ok(Interval { months: part(length.months), days: part(length.days), micros: part(length.micros) })
}

impl Interval {
    /// All of it in microseconds, a month as 30 days.
    fn total(self) -> Expr {
        let days = sum(product(self.months, 30), self.days);
        sum(product(days, MICROS_PER_DAY), self.micros)
    }

    fn negated(self) -> Self {
        let [months, days, micros] = [self.months, self.days, self.micros].map(|part| product(part, -1));
        Self { months, days, micros }
    }
}

fn product(part: Expr, factor: i64) -> Expr {
    whole(ArithOp::Mul, part, Expr::literal(Value::Int(factor)))
}

fn sum(a: Expr, b: Expr) -> Expr {
    whole(ArithOp::Add, a, b)
}

fn whole(op: ArithOp, a: Expr, b: Expr) -> Expr {
    Expr { kind: ExprKind::Arith(op, Box::new(a), Box::new(b)), data_type: DataType::Int }
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
