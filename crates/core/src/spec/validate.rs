//! Nodes against JSON Schema: all unknown keys, wrong types and wrong words, at their places.

use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, Span};

use super::holes::cut;
use super::{ByteSize, HumanDuration, Node, NodeValue};

/// A schema with its definitions.
#[derive(Clone, Copy)]
pub(crate) struct Rules<'a> {
    /// Where `$ref`s point into.
    pub root: &'a Value,
}

impl<'a> Rules<'a> {
    /// The schema, all `$ref`s followed.
    fn follow(self, mut schema: &'a Value) -> &'a Value {
        // A chain of references is short; a circle would be a mistake in a schema.
        for _ in 0..16 {
            let target = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix('#'));
            match target.and_then(|path| self.root.pointer(path)) {
                Some(next) => schema = next,
                None => break,
            }
        }
        schema
    }

    /// Checks a node; `place` is what to underline for it as a whole.
    pub fn check(self, schema: &'a Value, node: &Node, place: Span, found: &mut Vec<Diagnostic>) {
        let schema = self.follow(schema);
        let Some(keys) = schema.as_object() else { return };
        if self.is_late(schema, node) {
            return;
        }
        if let Some(branches) = keys.get("anyOf").or_else(|| keys.get("oneOf")).and_then(Value::as_array) {
            self.any_of(schema, branches, node, place, found);
            return;
        }
        if !self.accepts_type(schema, &node.value) {
            found.push(self.wrong_type(schema, node, place));
            return;
        }
        one_of(keys, node, place, found);
        limits(keys, node, place, found);
        match &node.value {
            NodeValue::Map(_) => self.map(keys, node, place, found),
            NodeValue::List(items) => {
                if let Some(schema) = keys.get("items") {
                    items.iter().for_each(|item| self.check(schema, item, item.span, found));
                }
            }
            NodeValue::String(text) => {
                let wrong = match keys.get("x-format").and_then(Value::as_str) {
                    Some("duration") => HumanDuration::parse(text).err(),
                    Some("size") => ByteSize::parse(text).err(),
                    _ => None,
                };
                found.extend(wrong.map(|message| Diagnostic::error(message).at(place, "")));
            }
            _ => {}
        }
    }

    /// Whether the node is a `${{ }}` whose value is known only later: it may become what is wanted.
    fn is_late(self, schema: &'a Value, node: &Node) -> bool {
        match &node.value {
            NodeValue::String(text) if text.contains("${{") => {
                cut(text).is_whole(text)
                    || schema.get("enum").is_some()
                    || schema.get("oneOf").is_some()
                    || schema.get("x-format").is_some()
            }
            _ => false,
        }
    }

    fn any_of(self, schema: &'a Value, branches: &'a [Value], node: &Node, place: Span, found: &mut Vec<Diagnostic>) {
        let fitting: Vec<&Value> =
            branches.iter().filter(|branch| self.accepts_type(self.follow(branch), &node.value)).collect();
        // Words are branches of their own when each has a description.
        if !fitting.is_empty() && fitting.iter().all(|branch| word(self.follow(branch)).is_some()) {
            let words: Vec<&Value> = fitting.iter().filter_map(|branch| word(self.follow(branch))).collect();
            let all: Vec<Value> = words.into_iter().cloned().collect();
            return is_one_of(&all, node, place, found);
        }
        let mut best: Option<Vec<Diagnostic>> = None;
        for branch in &fitting {
            let mut own = Vec::new();
            self.check(branch, node, place, &mut own);
            if own.is_empty() {
                return;
            }
            if best.as_ref().is_none_or(|best| own.len() < best.len()) {
                best = Some(own);
            }
        }
        match best {
            Some(own) => found.extend(own),
            None => found.push(self.wrong_type(schema, node, place)),
        }
    }

    fn map(self, keys: &'a Map<String, Value>, node: &Node, place: Span, found: &mut Vec<Diagnostic>) {
        let properties = keys.get("properties").and_then(Value::as_object);
        let additional = keys.get("additionalProperties");
        for (key, value) in node.entries() {
            let place = value.place(key);
            match (properties.and_then(|known| known.get(&key.name)), additional) {
                (Some(schema), _) => self.check(schema, value, place, found),
                (None, Some(Value::Bool(false))) => {
                    let known = properties.into_iter().flat_map(|known| known.keys().map(String::as_str));
                    found.push(unknown_key(&key.name, key.span, known));
                }
                (None, Some(schema)) => self.check(schema, value, place, found),
                (None, None) => {}
            }
        }
        for name in required(keys) {
            if node.get(name).is_none() {
                found.push(Diagnostic::error(format!("the key `{name}` is missing")).at(place, ""));
            }
        }
    }

    /// Whether a value of that type may stand here at all.
    fn accepts_type(self, schema: &'a Value, value: &NodeValue) -> bool {
        match schema {
            Value::Bool(accepts) => *accepts,
            _ => {
                if let Some(branches) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
                    return branches.iter().any(|branch| self.accepts_type(self.follow(branch), value));
                }
                let fits = |name: &str| match value {
                    // A key with nothing behind it is as if it were not there, where that is allowed.
                    NodeValue::Null => name == "null",
                    NodeValue::Bool(_) => name == "boolean",
                    NodeValue::Int(_) => name == "integer" || name == "number",
                    NodeValue::Float(_) => name == "number",
                    NodeValue::String(_) => name == "string",
                    NodeValue::List(_) => name == "array",
                    NodeValue::Map(_) => name == "object",
                };
                match schema.get("type") {
                    Some(Value::String(name)) => fits(name),
                    Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(fits),
                    _ => match word(schema) {
                        Some(word) => matches!(
                            (word, value),
                            (Value::String(_), NodeValue::String(_))
                                | (Value::Number(_), NodeValue::Int(_) | NodeValue::Float(_))
                                | (Value::Bool(_), NodeValue::Bool(_))
                        ),
                        None => true,
                    },
                }
            }
        }
    }

    fn wrong_type(self, schema: &'a Value, node: &Node, place: Span) -> Diagnostic {
        let mut names = Vec::new();
        self.expected(schema, &mut names);
        let expected = join_or(&names);
        let found = match &node.value {
            NodeValue::String(text) if text.len() <= 40 => format!("the text `{text}`"),
            NodeValue::Int(value) => format!("the number {value}"),
            NodeValue::Bool(value) => format!("`{value}`"),
            other => other.kind().to_owned(),
        };
        let diagnostic = Diagnostic::error(format!("expected {expected}, found {found}")).at(place, "");
        match &node.value {
            NodeValue::String(text) if expected.contains("`true`") => match text.to_ascii_lowercase().as_str() {
                "yes" | "on" | "y" | "true" => diagnostic.help("write `true`"),
                "no" | "off" | "n" | "false" => diagnostic.help("write `false`"),
                _ => diagnostic,
            },
            NodeValue::String(text) if expected.contains("number") && text.trim().parse::<f64>().is_ok() => {
                diagnostic.help("leave the quotes out")
            }
            NodeValue::Map(entries) if expected == "a list of maps" => {
                let first = entries.first().map_or("key", |(key, _)| key.name.as_str());
                diagnostic.help(format!("begin each of its entries with a dash: `- {first}: …`"))
            }
            NodeValue::Int(_) | NodeValue::Float(_) | NodeValue::Bool(_) if expected.contains("text") => {
                diagnostic.help("put it in quotes")
            }
            _ => diagnostic,
        }
    }

    /// What may stand here, for people.
    fn expected(self, schema: &'a Value, names: &mut Vec<String>) {
        let schema = self.follow(schema);
        let mut add = |name: String| {
            if !names.contains(&name) {
                names.push(name);
            }
        };
        if let Some(name) = schema.get("x-expected").and_then(Value::as_str) {
            return add(name.to_owned());
        }
        if let Some(branches) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
            return branches.iter().for_each(|branch| self.expected(branch, names));
        }
        if let Some(word) = word(schema) {
            return add(shown(word));
        }
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            return words.iter().filter(|word| !word.is_null()).for_each(|word| add(shown(word)));
        }
        let types: Vec<&str> = match schema.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => vec![],
        };
        for name in types.into_iter().filter(|name| *name != "null") {
            match name {
                "array" => {
                    let mut inner = Vec::new();
                    if let Some(items) = schema.get("items") {
                        self.expected(items, &mut inner);
                    }
                    add(list_of(&inner));
                }
                "string" => add("text".to_owned()),
                "integer" => add("a whole number".to_owned()),
                "number" => add("a number".to_owned()),
                "boolean" => add("`true` or `false`".to_owned()),
                _ => add("a map".to_owned()),
            }
        }
    }
}

/// "a list", with what is in it where that can be said in a word.
fn list_of(inner: &[String]) -> String {
    match inner {
        [one] if one == "text" => "a list of names".to_owned(),
        [one] if one == "a whole number" => "a list of whole numbers".to_owned(),
        [one] if one == "a number" => "a list of numbers".to_owned(),
        [one] if one == "a map" => "a list of maps".to_owned(),
        _ => "a list".to_owned(),
    }
}

fn join_or(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}

/// The keys that a map must have.
pub(crate) fn required(keys: &Map<String, Value>) -> impl Iterator<Item = &str> {
    keys.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// An unknown key and what was probably meant.
pub(crate) fn unknown_key<'a>(name: &str, span: Span, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    Diagnostic::error(format!("unknown key `{name}`")).at(span, "").suggest(name, known)
}

/// The one value that a schema allows, if it is so narrow.
fn word(schema: &Value) -> Option<&Value> {
    schema.get("const").or_else(|| match schema.get("enum")?.as_array()?.as_slice() {
        [one] => Some(one),
        _ => None,
    })
}

fn shown(word: &Value) -> String {
    match word {
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

fn one_of(keys: &Map<String, Value>, node: &Node, place: Span, found: &mut Vec<Diagnostic>) {
    if matches!(node.value, NodeValue::Null) {
        return;
    }
    if let Some(words) = keys.get("enum").and_then(Value::as_array) {
        is_one_of(words, node, place, found);
    } else if let Some(word) = keys.get("const") {
        is_one_of(std::slice::from_ref(word), node, place, found);
    }
}

fn is_one_of(words: &[Value], node: &Node, place: Span, found: &mut Vec<Diagnostic>) {
    let value = node.to_json();
    if words.contains(&value) {
        return;
    }
    let given = node.value.scalar_text().unwrap_or_default();
    let names: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
    let mut list: Vec<String> = words.iter().filter(|word| !word.is_null()).map(shown).collect();
    list.dedup();
    let diagnostic =
        Diagnostic::error(format!("`{given}` is not known here: expected {}", join_or(&list))).at(place, "");
    found.push(match crate::diagnostic::nearest(&given, names) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    });
}

fn limits(keys: &Map<String, Value>, node: &Node, place: Span, found: &mut Vec<Diagnostic>) {
    let number = match node.value {
        NodeValue::Int(value) => value as f64,
        NodeValue::Float(value) => value,
        _ => return,
    };
    let limit = |name: &str| keys.get(name).and_then(Value::as_f64);
    let given = node.value.scalar_text().unwrap_or_default();
    let mut say = |text: String| found.push(Diagnostic::error(format!("{given} is {text}")).at(place, ""));
    if let Some(least) = limit("minimum").filter(|least| number < *least) {
        say(format!("too small: the least is {least}"));
    }
    if let Some(most) = limit("maximum").filter(|most| number > *most) {
        say(format!("too large: the most is {most}"));
    }
    if let Some(bound) = limit("exclusiveMinimum").filter(|bound| number <= *bound) {
        say(format!("too small: it must be more than {bound}"));
    }
}
