//! Scalar functions, by name.

use sqlparser::ast::{
    CeilFloorKind, DateTimeField, Expr as Ast, Function as Call, FunctionArg, FunctionArgExpr, FunctionArguments,
    ObjectNamePart, Spanned, TrimWhereField,
};
use sqlparser::tokenizer::Span;

use crate::diagnostic::{Diagnostic, nearest};
use crate::table::{DataType, DatePart, Expr, ExprKind, Function, TrimSide, Value};

use super::binder::Binder;
use super::env::Env;
use super::scalar::named;
use super::text::{Bound, all, both};
use super::types::coerce;
use super::{aggregates, interval, literal, operators, windows};

/// The scalar functions that a call may name; `cast`, `case`, `extract` and their kind have a grammar of their own.
const NAMES: [&str; 41] = [
    "coalesce",
    "ifnull",
    "nullif",
    "round",
    "abs",
    "floor",
    "ceil",
    "ceiling",
    "greatest",
    "least",
    "lower",
    "upper",
    "trim",
    "ltrim",
    "rtrim",
    "btrim",
    "substr",
    "substring",
    "replace",
    "length",
    "char_length",
    "regexp_like",
    "date_trunc",
    "extract",
    "date_part",
    "strftime",
    "year",
    "quarter",
    "month",
    "week",
    "day",
    "hour",
    "minute",
    "second",
    "sqrt",
    "power",
    "pow",
    "exp",
    "ln",
    "cast",
    "mod",
];

const STRING: &[DataType] = &[DataType::String];
const TEMPORAL: &[DataType] = &[DataType::Date, DataType::Datetime];
const CLOCK: &[DataType] = &[DataType::Datetime, DataType::Date, DataType::Time];
const NUMBER: &[DataType] = &[DataType::Float, DataType::Int, DataType::MONEY];

/// A call: a scalar function, an aggregate or a window function.
pub(super) fn call(binder: &Binder<'_>, call: &Call, env: &mut Env<'_>) -> Bound<Expr> {
    let [ObjectNamePart::Identifier(ident)] = call.name.0.as_slice() else {
        return Err(binder.text.unsupported(call.name.span(), &format!("the function `{}`", call.name), ""));
    };
    let name = ident.value.to_lowercase();
    if call.over.is_some() {
        return windows::call(binder, &name, ident.span, call, env);
    }
    if aggregates::is_aggregate(&name) {
        return aggregates::call(binder, &name, ident.span, call, env);
    }
    if windows::is_window_only(&name) {
        return Err(vec![
            Diagnostic::error(format!("`{name}` is a window function and needs `over (…)`"))
                .at(binder.text.place(ident.span), "")
                .help(format!("write `{name}() over (order by …)`")),
        ]);
    }
    if !call.within_group.is_empty() || call.null_treatment.is_some() {
        return Err(binder.text.unsupported(ident.span, "`within group` and the treatment of nulls", ""));
    }
    if call.filter.is_some() {
        return Err(binder.text.wrong(ident.span, format!("`filter` works on aggregates; `{name}` is none"), ""));
    }
    let args = plain_args(binder, &name, call)?;
    scalar(binder, &name, ident.span, &args, env)
}

/// The arguments of a call that takes plain expressions.
pub(super) fn plain_args<'c>(binder: &Binder<'_>, name: &str, call: &'c Call) -> Bound<Vec<&'c Ast>> {
    let list = match &call.args {
        FunctionArguments::List(list) => list,
        FunctionArguments::None => return Ok(Vec::new()),
        FunctionArguments::Subquery(query) => {
            return Err(binder.text.unsupported(query.span(), "a subquery without parentheses of its own", ""));
        }
    };
    if !list.clauses.is_empty() {
        let help = "order the rows in a subquery: aggregates take them in row order";
        return Err(binder.text.unsupported(call.name.span(), &format!("a clause inside `{name}(…)`"), help));
    }
    all(list.args.iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
        other => Err(binder.text.wrong(call.name.span(), format!("`{name}` does not take `{other}`"), "")),
    }))
}

fn scalar(binder: &Binder<'_>, name: &str, span: Span, args: &[&Ast], env: &mut Env<'_>) -> Bound<Expr> {
    use DataType::{Float, Int, String};
    let arity = |takes: std::ops::RangeInclusive<usize>| arity(binder, name, span, args.len(), takes);
    let what = format!("`{name}`");
    match name {
        "coalesce" | "ifnull" | "greatest" | "least" => {
            arity(1..=usize::MAX)?;
            let exprs = all(args.iter().map(|arg| binder.expr(arg, env).map(|expr| (expr, *arg))))?;
            let exprs = binder.unify(exprs, &format!("the arguments of `{name}`"))?;
            let function = match name {
                "greatest" => Function::Greatest,
                "least" => Function::Least,
                _ => Function::Coalesce,
            };
            Ok(made(function, exprs))
        }
        "nullif" => {
            arity(2..=2)?;
            let (a, b) = operators::comparable(binder, args[0], args[1], env)?;
            Ok(made(Function::NullIf, vec![a, b]))
        }
        "abs" => {
            arity(1..=1)?;
            Ok(made(Function::Abs, vec![binder.expect(args[0], env, &what, NUMBER)?]))
        }
        "floor" | "ceil" | "ceiling" => {
            arity(1..=1)?;
            let function = if name == "floor" { Function::Floor } else { Function::Ceil };
            Ok(made(function, vec![binder.expect(args[0], env, &what, NUMBER)?]))
        }
        "round" => {
            arity(1..=2)?;
            let value = binder.expect(args[0], env, &what, NUMBER)?;
            let digits = match args.get(1) {
                None => 0,
                Some(digits) => {
                    let bound = binder.value(digits, env)?;
                    interval::constant_int(binder, &bound, digits, "the digits of `round`")?
                }
            };
            if !(-38..=38).contains(&digits) {
                return Err(binder.text.wrong(args[1].span(), "`round` takes -38 to 38 digits", ""));
            }
            Ok(made(Function::Round, vec![value, Expr::literal(Value::Int(digits))]))
        }
        "mod" => {
            arity(2..=2)?;
            operators::binary(binder, args[0], &sqlparser::ast::BinaryOperator::Modulo, args[1], env)
        }
        "sqrt" | "exp" | "ln" => {
            arity(1..=1)?;
            let function = match name {
                "sqrt" => Function::Sqrt,
                "exp" => Function::Exp,
                _ => Function::Ln,
            };
            Ok(made(function, vec![coerce(binder.expect(args[0], env, &what, NUMBER)?, Float)]))
        }
        "power" | "pow" => {
            arity(2..=2)?;
            let (x, y) = both(binder.expect(args[0], env, &what, NUMBER), binder.expect(args[1], env, &what, NUMBER))?;
            Ok(made(Function::Power, vec![coerce(x, Float), coerce(y, Float)]))
        }
        "lower" | "upper" => {
            arity(1..=1)?;
            let function = if name == "lower" { Function::Lower } else { Function::Upper };
            Ok(made(function, vec![binder.expect(args[0], env, &what, STRING)?]))
        }
        "length" | "char_length" => {
            arity(1..=1)?;
            Ok(typed(Function::Length, vec![binder.expect(args[0], env, &what, STRING)?], Int))
        }
        "trim" | "btrim" | "ltrim" | "rtrim" => {
            arity(1..=2)?;
            let side = match name {
                "ltrim" => Some(TrimWhereField::Leading),
                "rtrim" => Some(TrimWhereField::Trailing),
                _ => None,
            };
            trim(binder, args[0], side, args.get(1).copied(), env)
        }
        "substr" | "substring" => {
            arity(2..=3)?;
            substring(binder, args[0], Some(args[1]), args.get(2).copied(), env)
        }
        "replace" => {
            arity(3..=3)?;
            Ok(made(Function::Replace, all(args.iter().map(|arg| binder.expect(arg, env, &what, STRING)))?))
        }
        "regexp_like" => {
            arity(2..=2)?;
            let (value, pattern) = both(binder.expect(args[0], env, &what, STRING), binder.value(args[1], env))?;
            let Some(source) = literal::as_string(&pattern) else {
                let message = "the pattern of `regexp_like` must be a text constant";
                return Err(binder.text.wrong(args[1].span(), message, "not a constant"));
            };
            if let Err(error) = regex::Regex::new(source) {
                let reason = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
                return Err(binder.text.wrong(args[1].span(), "the pattern is not a regular expression", reason));
            }
            Ok(typed(Function::RegexpLike, vec![value, pattern], DataType::Bool))
        }
        "date_trunc" => {
            arity(2..=2)?;
            let part = named_part(binder, args[0], env)?;
            let date = binder.expect(args[1], env, &what, TEMPORAL)?;
            if matches!(part, DatePart::Dow | DatePart::IsoDow | DatePart::Doy | DatePart::Epoch) {
                let message = "`date_trunc` goes to year, quarter, month, week, day, hour, minute or second";
                return Err(binder.text.wrong(args[0].span(), message, ""));
            }
            Ok(made_from(Function::DateTrunc(part), date))
        }
        "date_part" => {
            arity(2..=2)?;
            let part = named_part(binder, args[0], env)?;
            part_of(binder, part, args[1], env)
        }
        "year" | "quarter" | "month" | "week" | "day" | "hour" | "minute" | "second" => {
            arity(1..=1)?;
            let part = part_by_name(name).unwrap_or(DatePart::Day);
            part_of(binder, part, args[0], env)
        }
        "strftime" => {
            arity(2..=2)?;
            // SQLite has the format first; a constant text in first place can be nothing else.
            let first = matches!(args[0], Ast::Value(value) if matches!(value.value, sqlparser::ast::Value::SingleQuotedString(_)));
            let (date, format) = if first { (args[1], args[0]) } else { (args[0], args[1]) };
            let (date_expr, format_expr) = both(binder.expect(date, env, &what, CLOCK), binder.value(format, env))?;
            let Some(source) = literal::as_string(&format_expr) else {
                let message = "the format of `strftime` must be a text constant";
                return Err(binder.text.wrong(format.span(), message, "not a constant"));
            };
            let sample = jiff::civil::date(2000, 1, 1).at(0, 0, 0, 0);
            if let Err(error) = jiff::fmt::strtime::format(source, sample) {
                return Err(binder.text.wrong(format.span(), "the format is not understood", error.to_string()));
            }
            Ok(typed(Function::Strftime, vec![date_expr, format_expr], String))
        }
        _ => Err(unknown(binder, name, span)),
    }
}

fn unknown(binder: &Binder<'_>, name: &str, span: Span) -> Vec<Diagnostic> {
    let diagnostic =
        Diagnostic::error(format!("there is no function `{name}`")).at(binder.text.place(span), "unknown function");
    let instead = match name {
        "concat" | "concat_ws" => Some("texts are joined by `||`"),
        "now" | "current_date" | "current_timestamp" | "today" | "getdate" => {
            Some("a result must not depend on when it is computed: use `${{ run.date }}` or `${{ run.logical_time }}`")
        }
        "random" | "rand" | "uuid" => Some("results are the same every time, so nothing is random"),
        "position" | "strpos" | "instr" | "charindex" => Some("use `like`, `regexp_like` or `substr`"),
        "if" | "iif" | "decode" => Some("use `case when … then … else … end`"),
        "nvl" | "isnull" => Some("use `coalesce`"),
        "to_char" | "date_format" | "format" => Some("use `strftime(date, '%Y-%m-%d')`"),
        "to_date" | "date" | "str_to_date" | "strptime" => {
            Some("use `cast(x as date)`, or give the column a `format` in a `normalize` task")
        }
        "datediff" | "date_diff" => Some("`date - date` is a number of days"),
        "date_add" | "dateadd" | "adddate" => Some("use `date + interval '3' day`"),
        "mean" | "average" => Some("use `avg`"),
        "len" => Some("use `length`"),
        "log" | "log10" => Some("use `ln(x)`, and `ln(x) / ln(10)` for the logarithm to base 10"),
        "regexp_matches" | "regexp_match" | "rlike" => Some("use `regexp_like(text, pattern)`"),
        "group_concat" | "listagg" | "array_agg" => Some("use `string_agg(x, ',')`"),
        _ => None,
    };
    let known = NAMES.iter().copied().chain(aggregates::NAMES).chain(windows::NAMES);
    vec![match (instead, nearest(name, known)) {
        (Some(instead), _) => diagnostic.help(instead),
        (None, Some(near)) => diagnostic.help(format!("did you mean `{near}`?")),
        (None, None) => diagnostic,
    }]
}

/// The error for a wrong number of arguments.
pub(super) fn arity(
    binder: &Binder<'_>,
    name: &str,
    span: Span,
    given: usize,
    takes: std::ops::RangeInclusive<usize>,
) -> Bound<()> {
    if takes.contains(&given) {
        return Ok(());
    }
    let (least, most) = (*takes.start(), *takes.end());
    let count = match most {
        usize::MAX => format!("at least {least}"),
        most if most == least => least.to_string(),
        most => format!("{least} to {most}"),
    };
    let s = if count == "1" { "" } else { "s" };
    Err(binder.text.wrong(span, format!("`{name}` takes {count} argument{s}, not {given}"), ""))
}

/// A call whose type is that of its first argument.
fn made(function: Function, args: Vec<Expr>) -> Expr {
    let data_type = args.first().map_or(DataType::Null, |arg| arg.data_type);
    typed(function, args, data_type)
}

fn made_from(function: Function, arg: Expr) -> Expr {
    made(function, vec![arg])
}

fn typed(function: Function, args: Vec<Expr>, data_type: DataType) -> Expr {
    Expr { kind: ExprKind::Call(function, args), data_type }
}

/// `ceil(x)` and `floor(x)`, for which the grammar has a form of its own.
pub(super) fn ceil_floor(
    binder: &Binder<'_>,
    name: &str,
    operand: &Ast,
    field: &CeilFloorKind,
    env: &mut Env<'_>,
) -> Bound<Expr> {
    if !matches!(field, CeilFloorKind::DateTimeField(DateTimeField::NoDateTime)) {
        let instead = "use `date_trunc` for dates and `round` for digits";
        return Err(binder.text.unsupported(operand.span(), &format!("`{name}` to a unit"), instead));
    }
    let function = if name == "floor" { Function::Floor } else { Function::Ceil };
    Ok(made(function, vec![binder.expect(operand, env, &format!("`{name}`"), NUMBER)?]))
}

/// `substring(x from a for b)` and `substr(x, a, b)`.
pub(super) fn substring(
    binder: &Binder<'_>,
    operand: &Ast,
    from: Option<&Ast>,
    count: Option<&Ast>,
    env: &mut Env<'_>,
) -> Bound<Expr> {
    let value = binder.expect(operand, env, "`substr`", STRING);
    let from = match from {
        Some(from) => binder.expect(from, env, "the start of `substr`", &[DataType::Int]),
        None => Ok(Expr::literal(Value::Int(1))),
    };
    let count = count.map(|count| binder.expect(count, env, "the length of `substr`", &[DataType::Int])).transpose();
    let (value, (from, count)) = both(value, both(from, count))?;
    if let Some(count) = count.as_ref().and_then(literal::as_int).filter(|count| *count < 0) {
        return Err(binder.text.wrong(operand.span(), format!("`substr` cannot take {count} characters"), ""));
    }
    Ok(made(Function::Substr, [value, from].into_iter().chain(count).collect()))
}

/// `trim(both 'x' from y)` and its kind.
pub(super) fn trim(
    binder: &Binder<'_>,
    operand: &Ast,
    side: Option<TrimWhereField>,
    what: Option<&Ast>,
    env: &mut Env<'_>,
) -> Bound<Expr> {
    let value = binder.expect(operand, env, "`trim`", STRING);
    let what = what.map(|what| binder.expect(what, env, "`trim`", STRING)).transpose();
    let (value, what) = both(value, what)?;
    let side = match side {
        None | Some(TrimWhereField::Both) => TrimSide::Both,
        Some(TrimWhereField::Leading) => TrimSide::Leading,
        Some(TrimWhereField::Trailing) => TrimSide::Trailing,
    };
    Ok(made(Function::Trim(side), [value].into_iter().chain(what).collect()))
}

/// `extract(year from x)`.
pub(super) fn extract(binder: &Binder<'_>, field: &DateTimeField, operand: &Ast, env: &mut Env<'_>) -> Bound<Expr> {
    let name = field.to_string().trim_matches('\'').to_lowercase();
    match part_by_name(&name) {
        Some(part) => part_of(binder, part, operand, env),
        None => Err(unknown_part(binder, &name, operand.span())),
    }
}

fn part_of(binder: &Binder<'_>, part: DatePart, operand: &Ast, env: &mut Env<'_>) -> Bound<Expr> {
    let date = binder.expect(operand, env, "`extract`", TEMPORAL);
    let date = match (part, date) {
        // Times of day have hours, minutes and seconds.
        (DatePart::Hour | DatePart::Minute | DatePart::Second, Err(_)) => {
            binder.expect(operand, env, "`extract`", &[DataType::Datetime, DataType::Date, DataType::Time])?
        }
        (_, date) => date?,
    };
    Ok(typed(Function::Extract(part), vec![date], DataType::Int))
}

fn named_part(binder: &Binder<'_>, ast: &Ast, env: &mut Env<'_>) -> Bound<DatePart> {
    let bound = binder.value(ast, env)?;
    let Some(name) = literal::as_string(&bound) else {
        let message = format!("the part of a date is a text constant; this is {}", named(bound.data_type));
        return Err(binder.text.wrong(ast.span(), message, "write `'month'`"));
    };
    part_by_name(&name.to_lowercase()).ok_or_else(|| unknown_part(binder, name, ast.span()))
}

fn part_by_name(name: &str) -> Option<DatePart> {
    Some(match name {
        "year" => DatePart::Year,
        "quarter" => DatePart::Quarter,
        "month" => DatePart::Month,
        "week" => DatePart::Week,
        "day" => DatePart::Day,
        "dow" => DatePart::Dow,
        "isodow" => DatePart::IsoDow,
        "doy" => DatePart::Doy,
        "hour" => DatePart::Hour,
        "minute" => DatePart::Minute,
        "second" => DatePart::Second,
        "epoch" => DatePart::Epoch,
        _ => return None,
    })
}

fn unknown_part(binder: &Binder<'_>, name: &str, span: Span) -> Vec<Diagnostic> {
    const PARTS: [&str; 12] =
        ["year", "quarter", "month", "week", "day", "dow", "isodow", "doy", "hour", "minute", "second", "epoch"];
    vec![Diagnostic::error(format!("a date has no part `{name}`")).at(binder.text.place(span), "").suggest(name, PARTS)]
}
