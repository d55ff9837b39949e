//! Functions of JSON in texts.

use sqlparser::ast::{Expr as Ast, Spanned};

use crate::sql::binder::Binder;
use crate::sql::env::Env;
use crate::sql::literal;
use crate::sql::text::{Bound, both};
use crate::table::{DataType, Expr, ExprKind, Function, JsonPath, Value};

use super::definition::{Accepts, Example, FunctionDefinition, Meaning, Parameter, STRING};

const JSON: Parameter = Parameter::one("json", Accepts::OneOf(STRING));
const PATH: Parameter = Parameter::one("path", Accepts::Any("string or int, constant"));

pub(super) const FUNCTIONS: &[FunctionDefinition] = &[
    FunctionDefinition {
        name: "json_extract",
        forms: &["json -> path"],
        parameters: &[JSON, PATH],
        summary: "what stands at the path, as JSON in the letters of the text; NULL if nothing does. A path is `'$.a[0].\"b c\"'`, \
                  a name alone, or a place in a list, from 0 or from the end: -1. A text that is no JSON fails the task",
        examples: &[
            Example::new(r#"json_extract('{"a": [1.50, "x"]}', '$.a')"#, r#"[1.50, "x"]"#),
            Example::new(r#"'{"a": [1.50, "x"]}' -> 'a' -> 1"#, r#""x""#),
        ],
        meaning: Meaning::Text(|call, env| member(call.binder, call.definition.name, call.args[0], call.args[1], env)),
        ..FunctionDefinition::SCALAR
    },
    FunctionDefinition {
        name: "json_extract_string",
        forms: &["json ->> path"],
        parameters: &[JSON, PATH],
        summary: "the same as a text: of a JSON string its letters, and NULL for `null`",
        examples: &[
            Example::new(r#"'{"a": {"b c": "x"}}' ->> '$.a."b c"'"#, "x"),
            Example::new(r#"json_extract_string('[1, null]', '$[1]')"#, "NULL"),
        ],
        meaning: Meaning::Text(|call, env| member(call.binder, call.definition.name, call.args[0], call.args[1], env)),
        ..FunctionDefinition::SCALAR
    },
];

/// `json -> path` and `json ->> path`.
pub(in crate::sql) fn member(
    binder: &Binder<'_>,
    name: &'static str,
    json: &Ast,
    path: &Ast,
    env: &mut Env<'_>,
) -> Bound<Expr> {
    let (json, step) = both(binder.expect(json, env, &format!("`{name}`"), STRING), binder.value(path, env))?;
    let wrong = |message: String, label: &str| binder.text.wrong(path.span(), message, label);
    let path = match (literal::as_string(&step), literal::as_int(&step)) {
        (Some(text), _) => {
            JsonPath::parse(text).map_err(|error| wrong(format!("the path is not understood: {error}"), ""))?
        }
        (None, Some(place)) => JsonPath::place(place),
        (None, None) => {
            return Err(wrong(format!("the path of `{name}` must be a constant"), "write `'$.name[0]'`"));
        }
    };
    let args = vec![json, Expr::literal(Value::String(path.to_string()))];
    Ok(Expr { kind: ExprKind::Call(Function::new(name), args), data_type: DataType::String })
}
