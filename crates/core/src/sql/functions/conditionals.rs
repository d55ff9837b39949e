//! Functions that choose among their arguments.

use crate::sql::env::Env;
use crate::sql::operators;
use crate::sql::text::Bound;
use crate::table::Expr;

use super::call::Call;
use super::definition::{Accepts, Example, FunctionDefinition, Meaning, Parameter};

const VALUES: &[Parameter] = &[Parameter::many("value", Accepts::Common)];

pub(super) const FUNCTIONS: &[FunctionDefinition] = &[
    FunctionDefinition {
        name: "coalesce",
        aliases: &["ifnull"],
        parameters: VALUES,
        summary: "the first value that is not NULL",
        examples: &[Example::new("coalesce(null, 2, 3)", "2")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "nullif",
        parameters: &[
            Parameter::one("value", Accepts::Any("any type")),
            Parameter::one("other", Accepts::Any("any type, comparable with the first")),
        ],
        summary: "NULL if `value = other`, else the value; the value if the other is NULL",
        examples: &[Example::new("nullif(5, 5)", "NULL"), Example::new("nullif('a', 'b')", "a")],
        meaning: Meaning::Text(nullif),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "greatest",
        parameters: VALUES,
        summary: "the largest value; NULLs are left out, NULL if all are",
        examples: &[Example::new("greatest(3, null, 7)", "7")],
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "least",
        parameters: VALUES,
        summary: "the smallest value; NULLs are left out, NULL if all are",
        examples: &[Example::new("least(3, null, 7)", "3")],
        ..FunctionDefinition::SCALAR
    },
];

fn nullif(call: &Call<'_>, env: &mut Env<'_>) -> Bound<Expr> {
    let (value, other) = operators::comparable(call.binder, call.args[0], call.args[1], env)?;
    Ok(call.definition.engine_call(vec![value, other]))
}
