//! Dates and times as texts, and read from texts, by a format.

use sqlparser::ast::{Expr as Ast, Spanned};

use crate::diagnostic::Diagnostic;
use crate::sql::binder::Binder;
use crate::sql::env::Env;
use crate::sql::literal;
use crate::sql::text::{Bound, both};
use crate::table::{DataType, Expr, ExprKind, Function, NumberTemplate, Value, cannot_give};

use super::call::Call;
use super::definition::{Accepts, CLOCK, Example, FunctionDefinition, Meaning, Parameter, Returns, STRING};
use super::template::{self, Piece};

const MOMENT: Parameter = Parameter::one("date", Accepts::OneOf(CLOCK));
const TEXT: Parameter = Parameter::one("text", Accepts::OneOf(STRING));
const FORMAT: Parameter = Parameter::one("format", Accepts::Any("string, constant"));
const TEMPLATE: Parameter = Parameter::one("template", Accepts::ConstantText);

pub(super) const FUNCTIONS: &[FunctionDefinition] = &[
    FunctionDefinition {
        name: "strftime",
        parameters: &[MOMENT, FORMAT],
        returns: Returns::Type(DataType::String),
        summary: "the date written as the format, a constant, says; the two may change places, as in SQLite",
        examples: &[Example::new("strftime(date '2024-12-31', '%d.%m.%y')", "31.12.24")],
        meaning: Meaning::Text(strftime),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "to_char",
        forms: &["to_char(number, template)"],
        parameters: &[Parameter::one("date", Accepts::Any("datetime or date or time, or a number")), TEMPLATE],
        returns: Returns::Type(DataType::String),
        summary: "the date written as a template of PostgreSQL, a constant, says: `YYYY YY IYYY MM DD DDD ID IW Q HH24 HH12 MI SS MS \
                  US AM pm Month Mon Day Dy`, without padding behind `FM`; other letters stand in double quotes. Of a number: \
                  `9 0 . , D G S MI PL SG PR FM`, rounded (floats to the nearest), `#` where there are too few places",
        examples: &[
            Example::new("to_char(1234.5, 'FM999,990.00')", "1,234.50"),
            Example::new("to_char(-7, '000')", "-007"),
            Example::new("to_char(date '2024-12-31', 'DD.MM.YYYY')", "31.12.2024"),
            Example::new("to_char(date '2024-05-01', 'FMDD FMMonth, MON')", "1 May, MAY"),
        ],
        meaning: Meaning::Text(to_char),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "strptime",
        parameters: &[TEXT, FORMAT],
        returns: Returns::Type(DataType::Datetime),
        summary: "the datetime that the text names, read by the format of `strftime`, a constant; what has an offset, in UTC. \
                  A text that does not fit fails the task",
        examples: &[Example::new("strptime('31.12.24 23:59', '%d.%m.%y %H:%M')", "2024-12-31T23:59:00")],
        meaning: Meaning::Text(strptime),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "try_strptime",
        parameters: &[TEXT, FORMAT],
        returns: Returns::Type(DataType::Datetime),
        summary: "the same as `strptime`; NULL if the text does not fit",
        examples: &[Example::new("try_strptime('31.12.', '%d.%m.%y')", "NULL")],
        meaning: Meaning::Text(strptime),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "to_date",
        parameters: &[TEXT, TEMPLATE],
        returns: Returns::Type(DataType::Date),
        summary: "the date that the text names, read by the template of `to_char`; all of the text has to fit, or the task fails",
        examples: &[Example::new("to_date('31.12.2024', 'DD.MM.YYYY')", "2024-12-31")],
        meaning: Meaning::Text(|call, env| read_by_template(call, DataType::Date, env)),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "to_timestamp",
        aliases: &["from_unixtime"],
        forms: &["to_timestamp(text, template)"],
        parameters: &[
            Parameter::one("seconds", Accepts::OneOf(SECONDS)),
            Parameter::optional("template", Accepts::ConstantText),
        ],
        returns: Returns::Type(DataType::Datetime),
        summary: "the datetime, in UTC, so many seconds since 1970-01-01 00:00; milliseconds are `to_timestamp(x / 1000)`. \
                  Of a text, the datetime that it names, as `to_date`",
        examples: &[
            Example::new("to_timestamp(1735689598)", "2024-12-31T23:59:58"),
            Example::new("to_timestamp('31.12.2024 23:59', 'DD.MM.YYYY HH24:MI')", "2024-12-31T23:59:00"),
        ],
        meaning: Meaning::Text(to_timestamp),
    },
];

const SECONDS: &[DataType] = &[DataType::Int, DataType::Float, DataType::MONEY];

fn strftime(call: &Call<'_>, env: &mut Env<'_>) -> Bound<Expr> {
    let binder = call.binder;
    // SQLite has the format first; a constant text in first place can be nothing else.
    let first = matches!(
        call.args[0],
        Ast::Value(value) if matches!(value.value, sqlparser::ast::Value::SingleQuotedString(_))
    );
    let (date, format) = if first { (call.args[1], call.args[0]) } else { (call.args[0], call.args[1]) };
    let (date_expr, format_expr) = both(binder.expect(date, env, "`strftime`", CLOCK), binder.value(format, env))?;
    let Some(source) = literal::as_string(&format_expr) else {
        let message = "the format of `strftime` must be a text constant";
        return Err(binder.text.wrong(format.span(), message, "not a constant"));
    };
    writable(binder, source, format)?;
    Ok(call.definition.engine_call(vec![date_expr, format_expr]))
}

/// Refuses a format by which nothing can be written.
fn writable(binder: &Binder<'_>, source: &str, format: &Ast) -> Bound<()> {
    let sample = jiff::civil::date(2000, 1, 1).at(0, 0, 0, 0);
    jiff::fmt::strtime::format(source, sample)
        .map(|_| ())
        .map_err(|error| binder.text.wrong(format.span(), "the format is not understood", error.to_string()))
}

/// `to_char(number, template)`, and `to_char(date, template)` as texts of `strftime` behind each other.
fn to_char(call: &Call<'_>, env: &mut Env<'_>) -> Bound<Expr> {
    let (binder, place) = (call.binder, call.args[1].span());
    let date = binder.value(call.args[0], env)?;
    if date.data_type.is_numeric() {
        let source = constant(call, call.args[1], env)?;
        NumberTemplate::parse(&source)
            .map_err(|error| binder.text.wrong(place, "the template is not understood", error))?;
        return Ok(string(Function::new("to_char"), vec![date, Expr::literal(Value::String(source))]));
    }
    let (date, source) =
        both(binder.expected(date, call.args[0], "`to_char`", CLOCK), constant(call, call.args[1], env))?;
    let pieces = template::pieces(&source).map_err(|error| binder.text.wrong(place, error.message, error.label))?;
    let mut texts =
        pieces.iter().map(|piece| Ok(written(piece, binder.copy_of(&date, place)?))).collect::<Bound<Vec<_>>>()?;
    match texts.len() {
        1 => Ok(texts.remove(0)),
        _ => Ok(string(Function::CONCAT, texts)),
    }
}

fn written(piece: &Piece, date: Expr) -> Expr {
    let by = |format: &str| {
        string(Function::new("strftime"), vec![date.clone(), Expr::literal(Value::String(format.to_owned()))])
    };
    match piece {
        Piece::Format(format) => by(format),
        Piece::Lower(format) => string(Function::new("lower"), vec![by(format)]),
        Piece::Padded(inner) => {
            string(Function::new("rpad"), vec![written(inner, date), Expr::literal(Value::Int(template::NAME_WIDTH))])
        }
        Piece::Part(part) => {
            let part = Expr { kind: ExprKind::Call(Function::extract(*part), vec![date]), data_type: DataType::Int };
            part.cast(DataType::String)
        }
    }
}

fn strptime(call: &Call<'_>, env: &mut Env<'_>) -> Bound<Expr> {
    let format = constant(call, call.args[1], env)?;
    read(call, &format, DataType::Datetime, env)
}

fn read_by_template(call: &Call<'_>, to: DataType, env: &mut Env<'_>) -> Bound<Expr> {
    let source = constant(call, call.args[1], env)?;
    let format = template::format(&source)
        .map_err(|error| call.binder.text.wrong(call.args[1].span(), error.message, error.label))?;
    read(call, &format, to, env)
}

fn to_timestamp(call: &Call<'_>, env: &mut Env<'_>) -> Bound<Expr> {
    if call.args.len() == 2 {
        return read_by_template(call, DataType::Datetime, env);
    }
    let seconds = call.binder.value(call.args[0], env)?;
    if seconds.data_type == DataType::String {
        return Err(vec![
            Diagnostic::error("`to_timestamp` of a text needs a template")
                .at(call.binder.text.place(call.args[0].span()), "a string")
                .help("write `to_timestamp(text, 'YYYY-MM-DD HH24:MI:SS')`, or `cast(text as timestamp)`"),
        ]);
    }
    let seconds = call.binder.expected(seconds, call.args[0], "`to_timestamp`", SECONDS)?;
    Ok(call.definition.engine_call(vec![seconds]))
}

/// The text of the first argument as a date or datetime; the engine reads all as datetimes.
fn read(call: &Call<'_>, format: &str, to: DataType, env: &mut Env<'_>) -> Bound<Expr> {
    let binder = call.binder;
    let text = binder.expect(call.args[0], env, &format!("`{}`", call.name), STRING)?;
    if let Some(reason) = cannot_give(format, DataType::Datetime) {
        return Err(binder.text.wrong(call.args[1].span(), format!("no text gives a {to} by this format"), reason));
    }
    let name = if call.definition.name == "try_strptime" { "try_strptime" } else { "strptime" };
    let args = vec![text, Expr::literal(Value::String(format.to_owned()))];
    Ok(Expr { kind: ExprKind::Call(Function::new(name), args), data_type: DataType::Datetime }.cast(to))
}

fn constant(call: &Call<'_>, ast: &Ast, env: &mut Env<'_>) -> Bound<String> {
    let bound = call.binder.value(ast, env)?;
    literal::as_string(&bound).map(str::to_owned).ok_or_else(|| {
        let message = format!("the format of `{}` must be a text constant", call.definition.name);
        call.binder.text.wrong(ast.span(), message, "not a constant")
    })
}

fn string(function: Function, args: Vec<Expr>) -> Expr {
    Expr { kind: ExprKind::Call(function, args), data_type: DataType::String }
}
