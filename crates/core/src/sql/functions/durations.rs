//! Functions of the time between dates, and of dates made from others.

use sqlparser::ast::{Expr as Ast, Spanned};

use crate::diagnostic::Diagnostic;
use crate::sql::env::Env;
use crate::sql::interval;
use crate::sql::text::{Bound, both};
use crate::sql::types::coerce;
use crate::table::{ArithOp, DataType, DatePart, Expr, ExprKind, Function, Value};

use super::call::Call;
use super::dates::{DATE, PART, named_part};
use super::definition::{Accepts, Example, FunctionDefinition, INT, Meaning, Parameter, Returns, TEMPORAL};

pub(super) const FUNCTIONS: &[FunctionDefinition] = &[
    FunctionDefinition {
        name: "make_date",
        parameters: &[
            Parameter::one("year", Accepts::OneOf(INT)),
            Parameter::one("month", Accepts::OneOf(INT)),
            Parameter::one("day", Accepts::OneOf(INT)),
        ],
        returns: Returns::Type(DataType::Date),
        summary: "the date; a day that there is not fails the task",
        examples: &[Example::new("make_date(2024, 2, 29)", "2024-02-29")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "last_day",
        parameters: &[DATE],
        returns: Returns::Type(DataType::Date),
        summary: "the last day of its month",
        examples: &[Example::new("last_day(date '2024-02-10')", "2024-02-29")],
        meaning: Meaning::Expression(last_day),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "date_add",
        parameters: &[DATE, Parameter::one("interval", Accepts::Any("an interval"))],
        returns: Returns::Words("as `date + interval`"),
        summary: "the same as `date + interval`",
        examples: &[Example::new("date_add(date '2024-01-31', interval '1 month')", "2024-02-29")],
        meaning: Meaning::Text(date_add),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "date_diff",
        parameters: &[
            PART,
            Parameter::one("start", Accepts::OneOf(TEMPORAL)),
            Parameter::one("end", Accepts::OneOf(TEMPORAL)),
        ],
        returns: Returns::Type(DataType::Int),
        summary: "how often a year, isoyear, quarter, month, day, hour, minute or second begins between them, or how many weeks \
                  of seven days lie between their days; below zero if the end comes first",
        examples: &[
            Example::new("date_diff('month', date '2024-01-31', date '2024-03-01')", "2"),
            Example::new("date_diff('day', timestamp '2024-01-01 23:59:00', timestamp '2024-01-02 00:01:00')", "1"),
        ],
        meaning: Meaning::Text(date_diff),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "age",
        parameters: &[
            Parameter::one("end", Accepts::OneOf(TEMPORAL)),
            Parameter::one("start", Accepts::OneOf(TEMPORAL)),
        ],
        returns: Returns::Words("an interval"),
        summary: "the interval of whole months, days and time of day from the second to the first, to be taken apart, compared or added",
        examples: &[
            Example::new("extract(year from age(date '2024-12-31', date '2000-06-15'))", "24"),
            Example::new("extract(day from age(date '2024-03-01', date '2024-01-31'))", "1"),
        ],
        meaning: Meaning::Text(|call, _| Err(interval::no_value(call.binder, call.span))),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "epoch",
        parameters: &[DATE],
        returns: Returns::Type(DataType::Float),
        summary: "its seconds since 1970-01-01 00:00 with their fraction, or those of an interval",
        examples: &[
            Example::new("epoch(timestamp '2024-12-31 23:59:58.5')", "1735689598.5"),
            Example::new("epoch(timestamp '2024-01-02 00:00:00' - timestamp '2024-01-01 12:00:00')", "43200"),
        ],
        meaning: Meaning::Text(|call, env| interval::epoch(call.binder, call.args[0], env)),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "now",
        returns: Returns::Type(DataType::Datetime),
        summary: "the run's logical time in UTC, `${{ run.logical_time }}`: the same in the whole run, that of the fire in a \
                  scheduled one, the start of one by hand. Another time is another input; the start of a run by hand is not",
        examples: &[Example::new("now()", "2024-12-31T23:59:58")],
        meaning: Meaning::Grammar,
        ..FunctionDefinition::SCALAR
    },
];

/// The first day of the month, a month and then a day back from it.
fn last_day(mut args: Vec<Expr>) -> Expr {
    let date = args.pop().unwrap_or_else(|| Expr::literal(Value::Null));
    let date = coerce(date, DataType::Date);
    let first =
        Expr { kind: ExprKind::Call(Function::date_trunc(DatePart::Month), vec![date]), data_type: DataType::Date };
    let args = vec![first, Expr::literal(Value::Int(1)), Expr::literal(Value::Int(-1))];
    Expr { kind: ExprKind::Call(Function::ADD_INTERVAL, args), data_type: DataType::Date }
}

fn date_add(call: &Call<'_>, env: &mut Env<'_>) -> Bound<Expr> {
    interval::add(call.binder, call.args[0], ArithOp::Add, call.args[1], env).unwrap_or_else(|| {
        Err(vec![
            Diagnostic::error("`date_add` takes an interval")
                .at(call.binder.text.place(call.args[1].span()), "this is none")
                .help("write `interval '3 days'`, or `interval '1 day' * n`; `date + n` adds days"),
        ])
    })
}

fn date_diff(call: &Call<'_>, env: &mut Env<'_>) -> Bound<Expr> {
    let binder = call.binder;
    let moment = |ast: &Ast, env: &mut Env<'_>| binder.expect(ast, env, "`date_diff`", TEMPORAL);
    let (part, (start, end)) =
        both(named_part(binder, call.args[0], env), both(moment(call.args[1], env), moment(call.args[2], env)))?;
    if matches!(part, DatePart::Dow | DatePart::IsoDow | DatePart::Doy | DatePart::Epoch) {
        let message = "`date_diff` counts years, quarters, months, weeks, days, hours, minutes or seconds";
        return Err(binder.text.wrong(call.args[0].span(), message, ""));
    }
    let args = [start, end].map(|moment| coerce(moment, DataType::Datetime)).into();
    Ok(Expr { kind: ExprKind::Call(Function::date_diff(part), args), data_type: DataType::Int })
}
