//! What `${{ … }}` comes to.

use std::ops::Range;
use std::sync::LazyLock;

use minijinja::Environment;
use minijinja::value::Serde;
use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, SourceMap, Span, nearest};
use crate::template;

use super::Scope;
use super::holes::{Cut, NameUse, cut, names};
use super::unknown_calls::unknown_calls;

pub(crate) static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(template::environment);

/// Names that are known only while a run is under way, and where they may be used.
pub(crate) const RUNTIME: [&str; 4] = ["tasks", "inputs", "outputs", "secrets"];

/// A scalar of the file that may hold `${{ … }}`.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    /// Its value.
    pub text: &'a str,
    /// Its place.
    pub span: Span,
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
}

impl Text<'_> {
    /// The place of a part of it.
    pub fn place(&self, range: Range<usize>) -> Span {
        self.sources.within_scalar(self.span, self.text, range)
    }
}

/// A text with its holes filled.
#[derive(Debug)]
pub(crate) enum Filled {
    /// It was one whole `${{ … }}`: a value of any type.
    Value(Value),
    /// Text.
    Text(String),
}

/// Fills the holes of a text.
///
/// # Errors
/// One for each hole that cannot be filled.
pub(crate) fn fill(
    text: Text<'_>,
    scope: &Scope,
    runtime: Option<&Map<String, Value>>,
) -> Result<Filled, Vec<Diagnostic>> {
    if !text.text.contains("${{") {
        return Ok(Filled::Text(text.text.to_owned()));
    }
    let cut = cut(text.text);
    closed(&cut, text)?;
    if cut.is_whole(text.text) {
        return evaluate(text, cut.holes[0].expression.clone(), scope, runtime).map(Filled::Value);
    }
    let (mut out, mut errors, mut from) = (String::new(), Vec::new(), 0);
    for hole in &cut.holes {
        out.push_str(&text.text[from..hole.whole.start].replace("$${{", "${{"));
        from = hole.whole.end;
        match evaluate(text, hole.expression.clone(), scope, runtime) {
            Ok(value) => match as_text(&value) {
                Some(value) => out.push_str(&value),
                None => errors.push(
                    Diagnostic::error(format!("{} cannot be part of a text", kind(&value)))
                        .at(text.place(hole.whole.clone()), "")
                        .help("let it be the whole value, or join it: `${{ … | join(', ') }}`"),
                ),
            },
            Err(more) => errors.extend(more),
        }
    }
    out.push_str(&text.text[from..].replace("$${{", "${{"));
    if errors.is_empty() { Ok(Filled::Text(out)) } else { Err(errors) }
}

/// That every `${{` of the text is closed.
pub(crate) fn closed(cut: &Cut, text: Text<'_>) -> Result<(), Vec<Diagnostic>> {
    match &cut.unclosed {
        None => Ok(()),
        Some(range) => Err(vec![
            Diagnostic::error("`${{` is never closed")
                .at(text.place(range.clone()), "opened here")
                .help("close it with `}}`, or write `$${{` for a literal `${{`"),
        ]),
    }
}

/// A scalar as it stands in a text; None for lists and maps.
pub(crate) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// What a value is, for people.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(number) if number.is_f64() => "a number with a point",
        Value::Number(_) => "a whole number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

/// Evaluates the expression at `range` of the text.
///
/// # Errors
/// One for each unknown name, or what the engine has against it.
pub(crate) fn evaluate(
    text: Text<'_>,
    range: Range<usize>,
    scope: &Scope,
    runtime: Option<&Map<String, Value>>,
) -> Result<Value, Vec<Diagnostic>> {
    let expression = &text.text[range.clone()];
    if expression.is_empty() {
        return Err(vec![Diagnostic::error("`${{ }}` holds no expression").at(text.place(range), "")]);
    }
    // Nearly all are plain paths.
    if runtime.is_none()
        && is_path(expression)
        && let Ok(value) = scope.find(expression.split('.'))
    {
        return Ok(value.clone());
    }
    let compiled = template::expression(expression).and_then(|expression| ENVIRONMENT.compile_expression(expression));
    let compiled = compiled.map_err(|error| vec![engine_error(text, &range, &error)])?;
    let uncallable = unknown_calls(text, range.clone(), &|_| false);
    if !uncallable.is_empty() {
        return Err(uncallable);
    }
    let names = names(expression);
    let unknown: Vec<Diagnostic> =
        names.iter().filter_map(|name| unknown_name(text, range.start, name, scope, runtime)).collect();
    if !unknown.is_empty() && !expression.contains(" is ") && !expression.contains("default") {
        return Err(unknown);
    }
    let value =
        compiled.eval(context(scope, runtime, &names)).map_err(|error| vec![engine_error(text, &range, &error)])?;
    if value.is_undefined() {
        return Err(vec![Diagnostic::error(format!("`{expression}` has no value")).at(text.place(range), "")]);
    }
    serde_json::to_value(&value).map_err(|error| {
        vec![Diagnostic::error(format!("`{expression}` has no usable value: {error}")).at(text.place(range), "")]
    })
}

/// All names as the engine wants them, for a text that uses the names `used`. At run time `run` has more names than before.
pub(crate) fn context(scope: &Scope, runtime: Option<&Map<String, Value>>, used: &[NameUse]) -> minijinja::Value {
    let used: Vec<Vec<String>> = used.iter().map(NameUse::words).collect();
    let mut context = scope.context(used.iter().map(Vec::as_slice));
    for (name, value) in runtime.into_iter().flatten() {
        context.retain(|(known, _)| known != name);
        context.push((name.clone(), minijinja::Value::from(Serde(value))));
    }
    minijinja::Value::from_pairs(context)
}

fn is_path(expression: &str) -> bool {
    expression.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')
}

/// What the template engine has against an expression, at the letters it names.
pub(crate) fn engine_error(text: Text<'_>, range: &Range<usize>, error: &minijinja::Error) -> Diagnostic {
    let message = format!("in `${{{{ }}}}`: {}", template::explain(error));
    let inner = error.range().filter(|inner| inner.start < inner.end && inner.end <= range.len());
    let place = inner.map_or(range.clone(), |inner| range.start + inner.start..range.start + inner.end);
    let place = if text.text.is_char_boundary(place.start) && text.text.is_char_boundary(place.end) {
        place
    } else {
        range.clone()
    };
    Diagnostic::error(message).at(text.place(place), "")
}

/// What is wrong with a name, if it is not known; `offset` is where the expression begins in the text.
pub(crate) fn unknown_name(
    text: Text<'_>,
    offset: usize,
    name: &NameUse,
    scope: &Scope,
    runtime: Option<&Map<String, Value>>,
) -> Option<Diagnostic> {
    let (root, root_range) = name.parts.first()?;
    let place = |range: &Range<usize>| text.place(offset + range.start..offset + range.end);
    if let Some(value) = runtime.and_then(|runtime| runtime.get(root)) {
        return unknown_part(value, name, 1, place);
    }
    let late = RUNTIME.contains(&root.as_str())
        || (root == "run" && name.parts.get(1).is_some_and(|(part, _)| part == "status"));
    if late {
        let whole = if root == "run" { "run.status" } else { root };
        return Some(
            Diagnostic::error(format!("`{whole}` is known only while a run is under way"))
                .at(place(root_range), "not here")
                .help("use it in `when`, in texts that a task renders (mail, reports, `run` of a command) or in a handler"),
        );
    }
    match scope.get(root) {
        Some(value) => unknown_part(value, name, 1, place),
        None => Some(unknown_root(root, place(root_range), scope, &[])),
    }
}

/// What to say of a name that is not there; `late` are the names of a run, and what is known under each.
pub(crate) fn unknown_root(root: &str, place: Span, scope: &Scope, late: &[(&str, &[&str])]) -> Diagnostic {
    let diagnostic = Diagnostic::error(format!("unknown name `{root}`")).at(place, "");
    if root == "item" {
        return diagnostic.help("`item` is known only in a task with `foreach`");
    }
    if let Some((whole, _)) = late.iter().find(|(_, names)| names.contains(&root)) {
        return diagnostic.help(format!("did you mean `{whole}.{root}`?"));
    }
    let params = scope.get("params").and_then(Value::as_object);
    // A parameter without its `params.` is the commonest slip.
    let near = params.and_then(|params| nearest(root, params.keys().map(String::as_str)));
    match near.filter(|near| *near == root || nearest(root, scope.roots()).is_none()) {
        Some(near) => diagnostic.help(format!("did you mean `params.{near}`?")),
        None => {
            let late = late.iter().filter(|(_, names)| !names.is_empty()).map(|(whole, _)| *whole);
            diagnostic.suggest(root, scope.roots().chain(late))
        }
    }
}

/// Follows the parts of a name from the `depth`th into `value`.
fn unknown_part(
    value: &Value,
    name: &NameUse,
    depth: usize,
    place: impl Fn(&Range<usize>) -> Span,
) -> Option<Diagnostic> {
    let (part, range) = name.parts.get(depth)?;
    let above: Vec<&str> = name.parts[..depth].iter().map(|(part, _)| part.as_str()).collect();
    let above = above.join(".");
    match value {
        Value::Object(map) => match map.get(part) {
            Some(value) => unknown_part(value, name, depth + 1, place),
            None => {
                let what = match (above.as_str(), depth) {
                    ("params", 1) => format!("unknown parameter `{part}`"),
                    ("env", 1) => format!("the environment has no `{part}`"),
                    _ => format!("`{above}` has no `{part}`"),
                };
                Some(suggest_parts(Diagnostic::error(what).at(place(range), ""), part, &above, map))
            }
        },
        // Lists and texts have methods and indices, which the engine judges.
        Value::Array(_) | Value::String(_) => None,
        other => {
            Some(Diagnostic::error(format!("`{above}` is {}, it has no `{part}`", kind(other))).at(place(range), ""))
        }
    }
}

fn suggest_parts(diagnostic: Diagnostic, part: &str, above: &str, map: &Map<String, Value>) -> Diagnostic {
    let keys = map.keys().map(String::as_str);
    if above == "env" && nearest(part, keys.clone()).is_none() {
        return diagnostic.help("declare it under `env:`, or set it before you start");
    }
    if above == "tasks" && map.keys().any(|key| key.starts_with(&format!("{part}-"))) {
        return diagnostic.help("a name with `-` stands in brackets: `tasks['name-with-dash']`");
    }
    diagnostic.suggest(part, keys)
}
