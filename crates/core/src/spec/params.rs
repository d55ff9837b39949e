//! Parameters: declared in files, set by profiles, files and the command line.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::diagnostic::{Diagnostic, SourceMap, Span, nearest};

use super::interpolate::kind;
use super::parse::parse;
use super::{Key, Node, NodeValue, Scope, read};

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ParamType {
    /// Text.
    String,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// `true` or `false`.
    Bool,
    /// A list of anything.
    List,
    /// A map of anything.
    Map,
}

impl ParamType {
    /// The name it has in a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Int => "int",
            Self::Float => "float",
            Self::Bool => "bool",
            Self::List => "list",
            Self::Map => "map",
        }
    }

    /// What its values are, for people.
    fn expected(self) -> &'static str {
        match self {
            Self::String => "text",
            Self::Int => "a whole number",
            Self::Float => "a number",
            Self::Bool => "`true` or `false`",
            Self::List => "a list, such as `[a, b]`",
            Self::Map => "a map",
        }
    }

    fn of(value: &Value) -> Self {
        match value {
            Value::Bool(_) => Self::Bool,
            Value::Number(number) if number.is_f64() => Self::Float,
            Value::Number(_) => Self::Int,
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Map,
            Value::String(_) | Value::Null => Self::String,
        }
    }

    fn fits(self, value: &Value) -> bool {
        match self {
            Self::String => value.is_string(),
            Self::Int => value.is_i64(),
            Self::Float => value.is_number(),
            Self::Bool => value.is_boolean(),
            Self::List => value.is_array(),
            Self::Map => value.is_object(),
        }
    }
}

/// Where the value of a parameter comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParamOrigin {
    /// Its default.
    Default,
    /// The profile.
    Profile,
    /// `--params-file`.
    ParamsFile,
    /// `-p`.
    CommandLine,
}

/// A parameter with its value.
#[derive(Clone, Debug)]
pub struct Param {
    /// Where it is declared.
    pub span: Span,
    /// Its type.
    pub kind: ParamType,
    /// Its value.
    pub value: Value,
    /// Its value unless another is given; None if one must be given.
    pub default: Option<Value>,
    /// Where its value comes from.
    pub origin: ParamOrigin,
    /// No value is smaller.
    pub min: Option<f64>,
    /// No value is greater.
    pub max: Option<f64>,
    /// The values that are allowed; empty: all.
    pub one_of: Vec<Value>,
    /// What it is for.
    pub help: Option<String>,
}

impl Param {
    /// Reads a declaration. With mistakes in it, what can be is still made of it, so that its uses are not mistakes too.
    pub(crate) fn declared(
        key: &Key,
        node: &Node,
        scope: &Scope,
        sources: &SourceMap,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut param = Self {
            span: key.span,
            kind: ParamType::String,
            value: Value::Null,
            default: None,
            origin: ParamOrigin::Default,
            min: None,
            max: None,
            one_of: Vec::new(),
            help: None,
        };
        if !key.name.starts_with(|first: char| first.is_alphabetic() || first == '_') {
            found.push(
                Diagnostic::error(format!("`{}` cannot be the name of a parameter", key.name))
                    .at(key.span, "`${{ params.… }}` could not name it")
                    .help("begin it with a letter"),
            );
        }
        let long = matches!(node.value, NodeValue::Map(_));
        let default = if long { node.get("default").map(|(_, default)| default) } else { Some(node) };
        let before = found.len();
        let value = default.and_then(|default| resolved(default, scope, sources, found));
        if long {
            param.read_long(node, scope, sources, found);
        }
        let is_known = |(_, kind): &(Key, Node)| read::<ParamType>(kind, scope, sources).is_ok();
        let is_declared = long && found.len() == before && node.get("type").is_some_and(is_known);
        if !is_declared {
            param.kind = value.as_ref().map_or(param.kind, ParamType::of);
        }
        if let (Some(value), Some(default)) = (value, default) {
            let place = if long {
                node.get("default").map_or(key.span, |(key, node)| node.place(key))
            } else {
                default.place(key)
            };
            // A default that does not fit has been complained about once; its uses go on.
            let value = param.accept(&key.name, value.clone(), place, found).unwrap_or(value);
            param.default = Some(value.clone());
            param.value = value;
        } else if default.is_some() {
            param.default = Some(Value::Null);
        }
        param
    }

    fn read_long(&mut self, node: &Node, scope: &Scope, sources: &SourceMap, found: &mut Vec<Diagnostic>) {
        let get = |name: &str| node.get(name).map(|(_, node)| node);
        if let Some(kind) = get("type") {
            // A wrong type has been found by validation.
            self.kind = read(kind, scope, sources).unwrap_or(self.kind);
        }
        self.min = get("min").and_then(|node| read(node, scope, sources).ok());
        self.max = get("max").and_then(|node| read(node, scope, sources).ok());
        self.help = get("help").and_then(|node| read(node, scope, sources).ok());
        if let Some(list) = get("enum")
            && let Some(Value::Array(values)) = resolved(list, scope, sources, found)
        {
            self.one_of = values;
        }
        if let (Some(min), Some(max), Some((key, _))) = (self.min, self.max, node.get("min"))
            && min > max
        {
            found.push(Diagnostic::error(format!("min {min} is more than max {max}")).at(key.span, ""));
        }
    }

    /// The value as the parameter's type has it, if it fits.
    fn accept(&self, name: &str, value: Value, place: Span, found: &mut Vec<Diagnostic>) -> Option<Value> {
        let value = match (self.kind, value) {
            (ParamType::Float, Value::Number(number)) => number.as_f64().map_or(Value::Number(number), Value::from),
            (_, value) => value,
        };
        if !self.kind.fits(&value) {
            let message = format!("the parameter `{name}` is {}, found {}", self.kind.expected(), shown(&value));
            found.push(Diagnostic::error(message).at(place, ""));
            return None;
        }
        if let Some(number) = value.as_f64() {
            if let Some(min) = self.min.filter(|min| number < *min) {
                let message = format!("{value} is too small for the parameter `{name}`: its least value is {min}");
                found.push(Diagnostic::error(message).at(place, ""));
                return None;
            }
            if let Some(max) = self.max.filter(|max| number > *max) {
                let message = format!("{value} is too large for the parameter `{name}`: its greatest value is {max}");
                found.push(Diagnostic::error(message).at(place, ""));
                return None;
            }
        }
        if !self.one_of.is_empty() && !self.one_of.contains(&value) {
            let given = super::interpolate::as_text(&value).unwrap_or_default();
            let known: Vec<String> = self.one_of.iter().filter_map(super::interpolate::as_text).collect();
            let message = format!("`{given}` is not a value of the parameter `{name}`");
            let diagnostic = Diagnostic::error(message).at(place, "");
            found.push(diagnostic.suggest(&given, known.iter().map(String::as_str)));
            return None;
        }
        Some(value)
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("the text `{text}`"),
        Value::Number(_) | Value::Bool(_) => format!("`{value}`"),
        other => kind(other).to_owned(),
    }
}

/// A node as a value, every `${{ }}` in it filled.
pub(crate) fn resolved(node: &Node, scope: &Scope, sources: &SourceMap, found: &mut Vec<Diagnostic>) -> Option<Value> {
    match read::<Value>(node, scope, sources) {
        Ok(value) => Some(value),
        Err(errors) => {
            found.extend(errors);
            None
        }
    }
}

/// Sets a parameter to a value from a profile or a file.
pub(crate) fn assign(
    params: &mut IndexMap<String, Param>,
    (key, node): &(Key, Node),
    origin: ParamOrigin,
    scope: &Scope,
    sources: &SourceMap,
    found: &mut Vec<Diagnostic>,
) {
    let Some(param) = params.get_mut(&key.name) else {
        let unknown = Diagnostic::error(format!("unknown parameter `{}`", key.name)).at(key.span, "");
        found.push(unknown.suggest(&key.name, params.keys().map(String::as_str)));
        return;
    };
    let Some(value) = resolved(node, scope, sources, found) else { return };
    if let Some(value) = param.accept(&key.name, value, node.place(key), found) {
        param.value = value;
        param.origin = origin;
    }
}

/// Sets a parameter to a text from the command line: YAML, except where the parameter is a string.
pub(crate) fn assign_text(
    params: &mut IndexMap<String, Param>,
    (name, text): &(String, String),
    sources: &mut SourceMap,
    found: &mut Vec<Diagnostic>,
) {
    let Some(param) = params.get_mut(name) else {
        let unknown = Diagnostic::error(format!("`-p {name}=…`: unknown parameter `{name}`"));
        let near = nearest(name, params.keys().map(String::as_str));
        found.push(match near {
            Some(near) => unknown.help(format!("did you mean `{near}`?")),
            None if params.is_empty() => unknown.help("the pipeline has no `params`"),
            None => unknown.suggest(name, params.keys().map(String::as_str)),
        });
        return;
    };
    let file = sources.add(format!("-p {name}"), text.clone());
    let place = Span { file, start: 0, end: text.len() as u32 };
    let value = if param.kind == ParamType::String {
        Value::String(text.clone())
    } else {
        match parse(file, text, found) {
            Ok(node) => node.to_json(),
            Err(error) => {
                found.push(error);
                return;
            }
        }
    };
    if let Some(value) = param.accept(name, value, place, found) {
        param.value = value;
        param.origin = ParamOrigin::CommandLine;
    }
}

/// The values by name, as `params` in a scope.
pub(crate) fn values(params: &IndexMap<String, Param>) -> Value {
    Value::Object(params.iter().map(|(name, param)| (name.clone(), param.value.clone())).collect())
}

/// Parameters that have neither a default nor a value.
pub(crate) fn unset(params: &IndexMap<String, Param>, found: &mut Vec<Diagnostic>) {
    for (name, param) in params.iter().filter(|(_, param)| param.value.is_null() && param.default.is_none()) {
        found.push(
            Diagnostic::error(format!("the parameter `{name}` has no value"))
                .at(param.span, "it has no default")
                .help(format!("give it one with `-p {name}=…`")),
        );
    }
}
