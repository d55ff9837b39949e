//! Functions of texts.

use sqlparser::ast::{Expr as Ast, Spanned, TrimWhereField};

use crate::diagnostic::Diagnostic;
use crate::sql::binder::Binder;
use crate::sql::env::Env;
use crate::sql::literal;
use crate::sql::text::{Bound, both};
use crate::table::{DataType, Expr, ExprKind, Function, TrimSide, Value};

use super::call::Call;
use super::definition::{Accepts, Example, FunctionDefinition, Meaning, Parameter, Returns, STRING};

const TEXT: Parameter = Parameter::one("text", Accepts::OneOf(STRING));
const TRIMMED: &[Parameter] = &[TEXT, Parameter::optional("characters", Accepts::OneOf(STRING))];
const INT: &[DataType] = &[DataType::Int];

pub(super) const FUNCTIONS: &[FunctionDefinition] = &[
    FunctionDefinition {
        name: "lower",
        parameters: &[TEXT],
        summary: "in lower case, by Unicode",
        examples: &[Example::new("lower('ŻÓŁW')", "żółw")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "upper",
        parameters: &[TEXT],
        summary: "in upper case, by Unicode",
        examples: &[Example::new("upper('straße')", "STRASSE")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "trim",
        aliases: &["btrim"],
        forms: &["trim(leading 'x' from text)"],
        parameters: TRIMMED,
        summary: "without white space, or any of the characters, at both ends",
        examples: &[Example::new("trim('  a b ')", "a b"), Example::new("trim(leading 'x' from 'xxax')", "ax")],
        meaning: Meaning::Text(|call, env| trim_call(call, TrimSide::Both, env)),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "ltrim",
        parameters: TRIMMED,
        summary: "without white space, or any of the characters, at the start",
        examples: &[Example::new("ltrim('0042', '0')", "42")],
        meaning: Meaning::Text(|call, env| trim_call(call, TrimSide::Leading, env)),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "rtrim",
        parameters: TRIMMED,
        summary: "without white space, or any of the characters, at the end",
        examples: &[Example::new("rtrim('a/b//', '/')", "a/b")],
        meaning: Meaning::Text(|call, env| trim_call(call, TrimSide::Trailing, env)),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "substr",
        aliases: &["substring"],
        forms: &["substring(text from start for length)"],
        parameters: &[
            TEXT,
            Parameter::one("start", Accepts::OneOf(INT)),
            Parameter::optional("length", Accepts::OneOf(INT)),
        ],
        summary: "from a character, counted from 1; a start below 1 uses up the length, as in PostgreSQL; a negative length is an error",
        examples: &[Example::new("substr('żółw', 2, 2)", "ół"), Example::new("substring('abc' from 2)", "bc")],
        meaning: Meaning::Text(|call, env| {
            substring(call.binder, call.args[0], Some(call.args[1]), call.args.get(2).copied(), env)
        }),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "replace",
        parameters: &[
            TEXT,
            Parameter::one("what", Accepts::OneOf(STRING)),
            Parameter::one("with", Accepts::OneOf(STRING)),
        ],
        summary: "every occurrence replaced, as plain text; none for `''`",
        examples: &[Example::new("replace('a.b.c', '.', '')", "abc")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "length",
        aliases: &["char_length"],
        parameters: &[TEXT],
        returns: Returns::Type(DataType::Int),
        summary: "how many characters (Unicode scalar values)",
        examples: &[Example::new("length('żółw')", "4")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "regexp_like",
        parameters: &[TEXT, Parameter::one("pattern", Accepts::ConstantSyntax(pattern))],
        returns: Returns::Type(DataType::Bool),
        summary: "whether the pattern, a constant, is found anywhere; in the syntax of the Rust `regex` crate",
        examples: &[Example::new(r"regexp_like('order 17', '\d+$')", "true")],
        ..FunctionDefinition::SCALAR
    },
];

fn pattern(source: &str) -> Result<(), (&'static str, String)> {
    regex::Regex::new(source).map(|_| ()).map_err(|error| {
        let reason = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
        ("the pattern is not a regular expression", reason)
    })
}

/// `substring(x from a for b)` and `substr(x, a, b)`.
pub(in crate::sql) fn substring(
    binder: &Binder<'_>,
    operand: &Ast,
    from: Option<&Ast>,
    count: Option<&Ast>,
    env: &mut Env<'_>,
) -> Bound<Expr> {
    let value = binder.expect(operand, env, "`substr`", STRING);
    let from = match from {
        Some(from) => binder.expect(from, env, "the start of `substr`", INT),
        None => Ok(Expr::literal(Value::Int(1))),
    };
    let count = count.map(|count| binder.expect(count, env, "the length of `substr`", INT)).transpose();
    let (value, (from, count)) = both(value, both(from, count))?;
    if let Some(count) = count.as_ref().and_then(literal::as_int).filter(|count| *count < 0) {
        return Err(binder.text.wrong(operand.span(), format!("`substr` cannot take {count} characters"), ""));
    }
    Ok(string(Function::new("substr"), [value, from].into_iter().chain(count).collect()))
}

fn trim_call(call: &Call<'_>, side: TrimSide, env: &mut Env<'_>) -> Bound<Expr> {
    trim_at(call.binder, call.args[0], side, call.args.get(1).copied(), env)
}

/// `trim(both 'x' from y)` and its kind.
pub(in crate::sql) fn trim(
    binder: &Binder<'_>,
    operand: &Ast,
    side: Option<TrimWhereField>,
    characters: &[&Ast],
    env: &mut Env<'_>,
) -> Bound<Expr> {
    let what = match characters {
        [] => None,
        [one] => Some(*one),
        [_, second, ..] => {
            return Err(vec![
                Diagnostic::error(format!("`trim` takes 1 to 2 arguments, not {}", characters.len() + 1))
                    .at(binder.text.place(second.span()), "one too many")
                    .help("write all the characters as one text: `trim(x, 'ab')`"),
            ]);
        }
    };
    let side = match side {
        None | Some(TrimWhereField::Both) => TrimSide::Both,
        Some(TrimWhereField::Leading) => TrimSide::Leading,
        Some(TrimWhereField::Trailing) => TrimSide::Trailing,
    };
    trim_at(binder, operand, side, what, env)
}

fn trim_at(binder: &Binder<'_>, text: &Ast, side: TrimSide, what: Option<&Ast>, env: &mut Env<'_>) -> Bound<Expr> {
    let value = binder.expect(text, env, "`trim`", STRING);
    let what = what.map(|what| binder.expect(what, env, "`trim`", STRING)).transpose();
    let (value, what) = both(value, what)?;
    Ok(string(Function::trim(side), [value].into_iter().chain(what).collect()))
}

fn string(function: Function, args: Vec<Expr>) -> Expr {
    Expr { kind: ExprKind::Call(function, args), data_type: DataType::String }
}
