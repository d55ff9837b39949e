//! Functions of texts.

use sqlparser::ast::{Expr as Ast, Spanned, TrimWhereField};

use crate::diagnostic::Diagnostic;
use crate::sql::binder::Binder;
use crate::sql::env::Env;
use crate::sql::literal;
use crate::sql::text::{Bound, both};
use crate::table::{DataType, Expr, ExprKind, Function, TrimSide, Value};

use super::call::{Call, scalar};
use super::definition::{Accepts, Example, FunctionDefinition, INT, Meaning, Parameter, Returns, STRING};

const TEXT: Parameter = Parameter::one("text", Accepts::OneOf(STRING));
const TRIMMED: &[Parameter] = &[TEXT, Parameter::optional("characters", Accepts::OneOf(STRING))];
const COUNT: Parameter = Parameter::one("count", Accepts::OneOf(INT));
const SOUGHT: &[Parameter] = &[TEXT, Parameter::one("what", Accepts::OneOf(STRING))];
const PADDED: &[Parameter] =
    &[TEXT, Parameter::one("length", Accepts::OneOf(INT)), Parameter::optional("fill", Accepts::OneOf(STRING))];

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
        name: "concat",
        parameters: &[Parameter::many("value", Accepts::Written)],
        returns: Returns::Type(DataType::String),
        summary: "all of them in one text, NULLs left out; never NULL, unlike `||`",
        examples: &[Example::new("concat('a', null, 1)", "a1")],
        meaning: Meaning::Expression(concat),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "concat_ws",
        parameters: &[Parameter::one("separator", Accepts::OneOf(STRING)), Parameter::many("value", Accepts::Written)],
        summary: "all of them in one text with the separator between them, NULLs left out; NULL only if the separator is",
        examples: &[Example::new("concat_ws(', ', 'a', null, 1)", "a, 1")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "left",
        parameters: &[TEXT, COUNT],
        summary: "the first characters, so many; below zero: all but so many at the end",
        examples: &[Example::new("left('żółw', 2)", "żó"), Example::new("left('żółw', -1)", "żół")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "right",
        parameters: &[TEXT, COUNT],
        summary: "the last characters, so many; below zero: all but so many at the start",
        examples: &[Example::new("right('żółw', 2)", "łw"), Example::new("right('żółw', -1)", "ółw")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "lpad",
        parameters: PADDED,
        summary: "made so many characters long: filled at the start with a text (blanks if not given), or cut at the end; \
                  nothing fills with `''`",
        examples: &[Example::new("lpad('42', 5, '0')", "00042"), Example::new("lpad('abc', 2)", "ab")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "rpad",
        parameters: PADDED,
        summary: "made so many characters long: filled at the end with a text (blanks if not given), or cut there; \
                  nothing fills with `''`",
        examples: &[Example::new("rpad('42', 5, '.-')", "42.-.")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "repeat",
        parameters: &[TEXT, Parameter::one("times", Accepts::OneOf(INT))],
        summary: "so many times behind itself; `''` below one",
        examples: &[Example::new("repeat('ab', 3)", "ababab")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "reverse",
        parameters: &[TEXT],
        summary: "its characters from the last to the first",
        examples: &[Example::new("reverse('żółw')", "włóż")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "initcap",
        parameters: &[TEXT],
        summary: "the first letter of each word in upper case, the others in lower case; words are of letters and digits",
        examples: &[Example::new("initcap('ŁÓDŹ-bałuty o''neil')", "Łódź-Bałuty O'Neil")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "translate",
        parameters: &[
            TEXT,
            Parameter::one("from", Accepts::OneOf(STRING)),
            Parameter::one("to", Accepts::OneOf(STRING)),
        ],
        summary: "each character that is in the second text replaced by the one at its place in the third, left out if there is none",
        examples: &[Example::new("translate('12-3.4', '.-', ',')", "123,4")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "split_part",
        parameters: &[
            TEXT,
            Parameter::one("separator", Accepts::OneOf(STRING)),
            Parameter::one("place", Accepts::OneOf(INT)),
        ],
        summary: "what stands between separators: the first is 1, the last -1; `''` where there is none; place 0 fails the task",
        examples: &[
            Example::new("split_part('a/b/c', '/', 2)", "b"),
            Example::new("split_part('a/b/c', '/', -1)", "c"),
        ],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "strpos",
        forms: &["position(what in text)"],
        parameters: SOUGHT,
        returns: Returns::Type(DataType::Int),
        summary: "the character, counted from 1, at which a text is first found; 0 if it is not",
        examples: &[Example::new("strpos('żółw', 'ł')", "3"), Example::new("position('x' in 'żółw')", "0")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "starts_with",
        parameters: SOUGHT,
        returns: Returns::Type(DataType::Bool),
        summary: "whether it begins with a text",
        examples: &[Example::new("starts_with('abc', 'ab')", "true")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "ends_with",
        parameters: SOUGHT,
        returns: Returns::Type(DataType::Bool),
        summary: "whether it ends with a text",
        examples: &[Example::new("ends_with('abc', 'ab')", "false")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "contains",
        parameters: SOUGHT,
        returns: Returns::Type(DataType::Bool),
        summary: "whether a text is found in it",
        examples: &[Example::new("contains('abc', 'b')", "true")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "md5",
        parameters: &[TEXT],
        summary: "the MD5 of its UTF-8 in hexadecimal digits; to tell texts apart, not to keep secrets",
        examples: &[Example::new("md5('abc')", "900150983cd24fb0d6963f7d28e17f72")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "sha256",
        parameters: &[TEXT],
        summary: "the SHA-256 of its UTF-8 in hexadecimal digits",
        examples: &[Example::new("sha256('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")],
        ..FunctionDefinition::SCALAR
    },
];

/// `concat(a, b)` as the `||` of what is there.
fn concat(args: Vec<Expr>) -> Expr {
    let there = |arg: Expr| string(Function::COALESCE, vec![arg, Expr::literal(Value::String(String::new()))]);
    string(Function::CONCAT, args.into_iter().map(there).collect())
}

/// `position(what in text)`.
pub(in crate::sql) fn position(binder: &Binder<'_>, what: &Ast, text: &Ast, env: &mut Env<'_>) -> Bound<Expr> {
    scalar(binder, "strpos", what.span(), &[text, what], env)
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
