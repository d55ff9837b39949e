//! Functions of dates and times.

use jiff::tz::TimeZone;
use sqlparser::ast::{DateTimeField, Expr as Ast, Spanned};
use sqlparser::tokenizer::Span;

use crate::diagnostic::{Diagnostic, nearest};
use crate::sql::binder::Binder;
use crate::sql::env::Env;
use crate::sql::interval;
use crate::sql::literal;
use crate::sql::text::{Bound, both};
use crate::sql::type_names::named;
use crate::sql::types::coerce;
use crate::table::{DataType, DatePart, Expr, ExprKind, Function, Value};

use super::call::Call;
use super::definition::{Accepts, CLOCK, Example, FunctionDefinition, Meaning, Parameter, Returns, TEMPORAL};

pub(super) const PART: Parameter = Parameter::one("part", Accepts::Any("string, constant"));
pub(super) const DATE: Parameter = Parameter::one("date", Accepts::OneOf(TEMPORAL));
const MOMENT: Parameter = Parameter::one("date", Accepts::OneOf(CLOCK));

pub(super) const FUNCTIONS: &[FunctionDefinition] = &[
    FunctionDefinition {
        name: "date_trunc",
        parameters: &[PART, DATE],
        summary: "the start of its year, quarter, month, week (Monday), day, hour, minute or second",
        examples: &[Example::new("date_trunc('month', date '2024-12-31')", "2024-12-01")],
        meaning: Meaning::Text(date_trunc),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "extract",
        forms: &["extract(part from date)"],
        parameters: &[PART, MOMENT],
        returns: Returns::Words("int; float of an interval's second and epoch"),
        summary: "its year, isoyear (of its ISO week), quarter, month, week (ISO), day, dow (0 Sunday), isodow (1 Monday), doy, hour, minute, second \
                  (whole) or epoch (whole). Of an interval year, quarter, month, day, hour, minute, and as floats with their \
                  fractions second and epoch",
        examples: &[
            Example::new("extract(isodow from date '2024-12-31')", "2"),
            Example::new(
                "extract(epoch from (timestamp '2024-12-31 12:00:00' - timestamp '2024-12-31 11:58:30'))",
                "90",
            ),
        ],
        meaning: Meaning::Grammar,
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "date_part",
        parameters: &[PART, MOMENT],
        returns: Returns::Words("as `extract`"),
        summary: "the same as `extract(part from date)`",
        examples: &[Example::new("date_part('doy', date '2024-12-31')", "366")],
        meaning: Meaning::Text(|call, env| {
            let part = named_part(call.binder, call.args[0], env)?;
            part_of(call.binder, part, call.args[1], env)
        }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "at_time_zone",
        forms: &["datetime at time zone zone", "datetime at time zone from at time zone to"],
        parameters: &[
            Parameter::one("datetime", Accepts::OneOf(&[DataType::Datetime])),
            Parameter::one("zone", Accepts::ConstantText),
        ],
        returns: Returns::Type(DataType::Datetime),
        summary: "what clocks of the zone show at that datetime in UTC; of two zones, at that datetime in the first. A time \
                  that a clock skips is taken an hour later, one that it shows twice as the first",
        examples: &[
            Example::new("timestamp '2024-07-01 12:00:00' at time zone 'Europe/Berlin'", "2024-07-01T14:00:00"),
            Example::new(
                "timestamp '2024-07-01 12:00:00' at time zone 'America/New_York' at time zone 'UTC'",
                "2024-07-01T16:00:00",
            ),
        ],
        meaning: Meaning::Grammar,
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        summary: "its year",
        examples: &[Example::new("year(date '2024-12-31')", "2024")],
        ..part("year")
    },
    FunctionDefinition {
        summary: "its quarter, 1 to 4",
        examples: &[Example::new("quarter(date '2024-12-31')", "4")],
        ..part("quarter")
    },
    FunctionDefinition {
        summary: "its month, 1 to 12",
        examples: &[Example::new("month(date '2024-12-31')", "12")],
        ..part("month")
    },
    FunctionDefinition {
        aliases: &["weekofyear"],
        summary: "its ISO week, 1 to 53",
        examples: &[Example::new("week(date '2024-12-31')", "1")],
        ..part("week")
    },
    FunctionDefinition {
        aliases: &["dayofmonth"],
        summary: "its day of the month, 1 to 31",
        examples: &[Example::new("day(date '2024-12-31')", "31")],
        ..part("day")
    },
    FunctionDefinition {
        summary: "the year that its ISO week belongs to",
        examples: &[Example::new("isoyear(date '2024-12-31')", "2025")],
        ..part("isoyear")
    },
    FunctionDefinition {
        aliases: &["dayofweek"],
        summary: "its day of the week, 0 Sunday to 6 Saturday",
        examples: &[Example::new("dow(date '2024-12-31')", "2")],
        ..part("dow")
    },
    FunctionDefinition {
        summary: "its day of the week, 1 Monday to 7 Sunday",
        examples: &[Example::new("isodow(date '2024-12-29')", "7")],
        ..part("isodow")
    },
    FunctionDefinition {
        aliases: &["dayofyear"],
        summary: "its day of the year, 1 to 366",
        examples: &[Example::new("doy(date '2024-12-31')", "366")],
        ..part("doy")
    },
    FunctionDefinition {
        parameters: &[MOMENT],
        summary: "its hour, 0 to 23",
        examples: &[Example::new("hour(timestamp '2024-12-31 23:59:58')", "23")],
        ..part("hour")
    },
    FunctionDefinition {
        parameters: &[MOMENT],
        summary: "its minute, 0 to 59",
        examples: &[Example::new("minute(time '23:59:58')", "59")],
        ..part("minute")
    },
    FunctionDefinition {
        parameters: &[MOMENT],
        summary: "its second, 0 to 59, whole",
        examples: &[Example::new("second(time '23:59:58.5')", "58")],
        ..part("second")
    },
];

/// A function named as the part that it gives.
const fn part(name: &'static str) -> FunctionDefinition {
    FunctionDefinition {
        name,
        parameters: &[DATE],
        returns: Returns::Type(DataType::Int),
        meaning: Meaning::Text(|call, env| {
            let part = part_by_name(call.binder, call.definition.name, call.span)?;
            part_of(call.binder, part, call.args[0], env)
        }),
        ..FunctionDefinition::SCALAR
    }
}

fn date_trunc(call: &Call<'_>, env: &mut Env<'_>) -> Bound<Expr> {
    let part = named_part(call.binder, call.args[0], env)?;
    let date = call.binder.expect(call.args[1], env, "`date_trunc`", TEMPORAL)?;
    if matches!(part, DatePart::IsoYear | DatePart::Dow | DatePart::IsoDow | DatePart::Doy | DatePart::Epoch) {
        let message = "`date_trunc` goes to year, quarter, month, week, day, hour, minute or second";
        return Err(call.binder.text.wrong(call.args[0].span(), message, ""));
    }
    let data_type = date.data_type;
    Ok(Expr { kind: ExprKind::Call(Function::date_trunc(part), vec![date]), data_type })
}

/// `extract(year from x)`, where `x` may be an interval.
pub(in crate::sql) fn extract(
    binder: &Binder<'_>,
    field: &DateTimeField,
    operand: &Ast,
    env: &mut Env<'_>,
) -> Bound<Expr> {
    let name = field.to_string().trim_matches('\'').to_lowercase();
    let part = part_by_name(binder, &name, operand.span())?;
    part_of(binder, part, operand, env)
}

/// `x at time zone 'Europe/Berlin'`, or the same behind another zone that `x` is in.
pub(in crate::sql) fn at_time_zone(binder: &Binder<'_>, operand: &Ast, zone: &Ast, env: &mut Env<'_>) -> Bound<Expr> {
    let inner = match operand {
        Ast::Nested(inner) => inner,
        other => other,
    };
    let (datetime, from) = match inner {
        Ast::AtTimeZone { timestamp, time_zone } => (&**timestamp, zone_named(binder, time_zone, env)),
        _ => (operand, Ok(Expr::literal(Value::String("UTC".to_owned())))),
    };
    let datetime = binder.expect(datetime, env, "`at time zone`", &[DataType::Datetime, DataType::Date]);
    let (datetime, (from, to)) = both(datetime, both(from, zone_named(binder, zone, env)))?;
    let args = vec![coerce(datetime, DataType::Datetime), from, to];
    Ok(Expr { kind: ExprKind::Call(Function::new("at_time_zone"), args), data_type: DataType::Datetime })
}

/// A constant that names a time zone.
fn zone_named(binder: &Binder<'_>, ast: &Ast, env: &mut Env<'_>) -> Bound<Expr> {
    let zone = binder.value(ast, env)?;
    let Some(name) = literal::as_string(&zone) else {
        return Err(binder.text.wrong(ast.span(), "a time zone is a text constant", "write `'Europe/Berlin'`"));
    };
    if TimeZone::get(name).is_ok() {
        return Ok(zone);
    }
    let names: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
    let diagnostic = Diagnostic::error(format!("there is no time zone `{name}`")).at(binder.text.place(ast.span()), "");
    Err(vec![match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help(
            "zones have names such as `UTC` and `Europe/Berlin`; an offset is an interval: `x + interval '2 hours'`",
        ),
    }])
}

fn part_of(binder: &Binder<'_>, part: DatePart, operand: &Ast, env: &mut Env<'_>) -> Bound<Expr> {
    let date = match interval::operand(binder, operand, env)? {
        interval::Operand::Interval(interval) => return interval::part_of(binder, part, interval, operand),
        interval::Operand::Value(value) => value,
    };
    let date = match (part, binder.expected(date.clone(), operand, "`extract`", TEMPORAL)) {
        // Times of day have hours, minutes and seconds.
        (DatePart::Hour | DatePart::Minute | DatePart::Second, Err(_)) => {
            binder.expected(date, operand, "`extract`", CLOCK)?
        }
        (_, date) => date?,
    };
    Ok(Expr { kind: ExprKind::Call(Function::extract(part), vec![date]), data_type: DataType::Int })
}

/// A constant that names a part.
pub(super) fn named_part(binder: &Binder<'_>, ast: &Ast, env: &mut Env<'_>) -> Bound<DatePart> {
    if let Ast::Identifier(_) = ast {
        return Err(binder.text.wrong(ast.span(), "the part of a date is a text constant", "write `'month'`"));
    }
    let bound = binder.value(ast, env)?;
    let Some(name) = literal::as_string(&bound) else {
        let message = format!("the part of a date is a text constant; this is {}", named(bound.data_type));
        return Err(binder.text.wrong(ast.span(), message, "write `'month'`"));
    };
    part_by_name(binder, name, ast.span())
}

/// The parts of a date, by name.
const PARTS: [(&str, DatePart); 13] = [
    ("year", DatePart::Year),
    ("isoyear", DatePart::IsoYear),
    ("quarter", DatePart::Quarter),
    ("month", DatePart::Month),
    ("week", DatePart::Week),
    ("day", DatePart::Day),
    ("dow", DatePart::Dow),
    ("isodow", DatePart::IsoDow),
    ("doy", DatePart::Doy),
    ("hour", DatePart::Hour),
    ("minute", DatePart::Minute),
    ("second", DatePart::Second),
    ("epoch", DatePart::Epoch),
];

fn part_by_name(binder: &Binder<'_>, name: &str, span: Span) -> Bound<DatePart> {
    let lower = name.to_lowercase();
    PARTS.iter().find(|(known, _)| *known == lower).map(|(_, part)| *part).ok_or_else(|| {
        vec![
            Diagnostic::error(format!("a date has no part `{name}`"))
                .at(binder.text.place(span), "")
                .suggest(name, PARTS.map(|(known, _)| known)),
        ]
    })
}
