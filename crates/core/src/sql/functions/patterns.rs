//! Functions of regular expressions, in the syntax of the Rust `regex` crate.

use sqlparser::ast::Spanned;

use crate::diagnostic::Diagnostic;
use crate::sql::env::Env;
use crate::sql::literal;
use crate::sql::text::Bound;
use crate::table::{DataType, Expr};

use super::call::Call;
use super::definition::{Accepts, Example, FunctionDefinition, INT, Meaning, Parameter, Returns, STRING};

const TEXT: Parameter = Parameter::one("text", Accepts::OneOf(STRING));
const PATTERN: Parameter = Parameter::one("pattern", Accepts::ConstantSyntax(pattern));

pub(super) const FUNCTIONS: &[FunctionDefinition] = &[
    FunctionDefinition {
        name: "regexp_like",
        parameters: &[TEXT, PATTERN],
        returns: Returns::Type(DataType::Bool),
        summary: "whether the pattern, a constant, is found anywhere; in the syntax of the Rust `regex` crate",
        examples: &[Example::new(r"regexp_like('order 17', '\d+$')", "true")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "regexp_replace",
        parameters: &[
            TEXT,
            PATTERN,
            Parameter::one("with", Accepts::OneOf(STRING)),
            Parameter::optional("flags", Accepts::ConstantSyntax(flags)),
        ],
        summary: r"the first match of the pattern replaced, with the flag `g` all of them; the flag `i` ignores case; `\1` to `\9` stand for groups, `\&` for the match, `\\` for a backslash",
        examples: &[
            Example::new(r"regexp_replace('a1b22', '\d+', '#')", "a#b22"),
            Example::new(r"regexp_replace('Ada Byron', '(\w+) (\w+)', '\2, \1')", "Byron, Ada"),
            Example::new(r"regexp_replace('aAb', 'a', '-', 'gi')", "--b"),
        ],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "regexp_extract",
        parameters: &[TEXT, PATTERN, Parameter::optional("group", Accepts::ConstantInt { least: 0, most: 99 })],
        summary: "the first match of the pattern, or what a group in it matches; `''` if there is none",
        examples: &[
            Example::new(r"regexp_extract('order 17', '\d+')", "17"),
            Example::new(r"regexp_extract('k=v', '(\w)=(\w)', 2)", "v"),
        ],
        meaning: Meaning::Text(extract),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "regexp_count",
        parameters: &[TEXT, PATTERN],
        returns: Returns::Type(DataType::Int),
        summary: "how many matches there are, none overlapping another",
        examples: &[Example::new(r"regexp_count('a1b22', '\d')", "3")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "regexp_split_part",
        parameters: &[TEXT, PATTERN, Parameter::one("place", Accepts::OneOf(INT))],
        summary: "what stands between matches of the pattern: the first is 1, the last -1; `''` where there is none; place 0 fails the task",
        examples: &[Example::new(r"regexp_split_part('a, b;c', '[,;]\s*', 2)", "b")],
        ..FunctionDefinition::SCALAR
    },
];

fn pattern(source: &str) -> Result<(), (&'static str, String)> {
    regex::Regex::new(source).map(|_| ()).map_err(|error| {
        let reason = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
        ("the pattern is not a regular expression", reason)
    })
}

fn flags(source: &str) -> Result<(), (&'static str, String)> {
    match source.chars().find(|flag| !matches!(flag, 'g' | 'i')) {
        None => Ok(()),
        Some(_) => Err((
            "the flags are `g` (all matches) and `i` (upper and lower case alike)",
            "others stand in the pattern, such as `(?s)`".to_owned(),
        )),
    }
}

/// `regexp_extract` of a group that the pattern has.
fn extract(call: &Call<'_>, env: &mut Env<'_>) -> Bound<Expr> {
    let args = call.arguments(env, "")?;
    let groups = literal::as_string(&args[1])
        .and_then(|source| regex::Regex::new(source).ok())
        .map(|regex| regex.captures_len() - 1);
    match (args.get(2).and_then(literal::as_int), groups) {
        (Some(group), Some(groups)) if group > groups as i64 => {
            let message = format!("the pattern has no group {group}");
            Err(vec![
                Diagnostic::error(message)
                    .at(call.binder.text.place(call.args[2].span()), "")
                    .help(format!("it has {groups}; a group stands in parentheses: `(…)`")),
            ])
        }
        _ => Ok(call.definition.engine_call(args)),
    }
}
