//! Functions of JSON in texts.

use sqlparser::ast::{Expr as Ast, Spanned};

use crate::sql::binder::Binder;
use crate::sql::env::Env;
use crate::sql::literal;
use crate::sql::text::{Bound, both};
use crate::table::{DataType, Expr, ExprKind, Function, JsonPath, Value};

use super::definition::{Accepts, Example, FunctionDefinition, Meaning, Parameter, STRING};

const JSON: Parameter = Parameter::one("json", Accepts::OneOf(STRING));
const PATH: Parameter = Parameter::one("path", Accepts::Any("string, constant, or int"));

pub(super) const FUNCTIONS: &[FunctionDefinition] = &[
    FunctionDefinition {
        name: "json_extract",
        forms: &["json -> path"],
        parameters: &[JSON, PATH],
        summary: "what stands at the path, as JSON in the letters of the text; NULL if nothing does. A path is `'$.a[0].\"b c\"'`, \
                  a name alone, or a place in a list, from 0 or from the end: -1, which may be any int. A text that is no JSON fails the task",
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
    FunctionDefinition {
        name: "json_array_length",
        parameters: &[JSON],
        returns: crate::sql::functions::Returns::Type(DataType::Int),
        summary: "how many elements a list has; NULL of what is none",
        examples: &[
            Example::new(r#"json_array_length('[1, "x", null]')"#, "3"),
            Example::new(r#"json_array_length('{"a": 1}')"#, "NULL"),
        ],
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
        (None, None) if step.data_type == DataType::Int => return Ok(call(name, json, step)),
        (None, None) => {
            let message = format!("the path of `{name}` must be a constant, or a place in a list");
            return Err(wrong(message, "write `'$.name[0]'`"));
        }
    };
    Ok(call(name, json, Expr::literal(Value::String(path.to_string()))))
}

fn call(name: &'static str, json: Expr, path: Expr) -> Expr {
    Expr { kind: ExprKind::Call(Function::new(name), vec![json, path]), data_type: DataType::String }
}

/// What `json_array_elements` and its kind give for each place of a list.
pub(in crate::sql) fn element(is_text: bool, json: Expr, place: Expr) -> Expr {
    call(if is_text { "json_extract_string" } else { "json_extract" }, json, place)
}

/// How many elements a list has.
pub(in crate::sql) fn array_length(json: Expr) -> Expr {
    Expr { kind: ExprKind::Call(Function::new("json_array_length"), vec![json]), data_type: DataType::Int }
}
