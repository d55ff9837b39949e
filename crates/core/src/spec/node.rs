//! A YAML document as a tree whose every key and value knows its place.

use crate::diagnostic::Span;

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: NodeValue,
    /// Its text in the file; of a block map, its first key.
    pub span: Span,
}

/// A YAML value.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeValue {
    /// `null`, `~`, or nothing.
    Null,
    /// `true` or `false`, nothing else.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a point or an exponent.
    Float(f64),
    /// Text; `${{ }}` in it is not yet resolved.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<(Key, Node)>),
}

/// A key of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub name: String,
    /// Its place.
    pub span: Span,
}

impl Node {
    /// The value of a `${{ }}` that stands at `span`.
    pub(crate) fn from_json(json: &serde_json::Value, span: Span) -> Self {
        let value = match json {
            serde_json::Value::Null => NodeValue::Null,
            serde_json::Value::Bool(value) => NodeValue::Bool(*value),
            serde_json::Value::Number(number) => {
                number.as_i64().map_or_else(|| NodeValue::Float(number.as_f64().unwrap_or(f64::NAN)), NodeValue::Int)
            }
            serde_json::Value::String(text) => NodeValue::String(text.clone()),
            serde_json::Value::Array(items) => {
                NodeValue::List(items.iter().map(|item| Self::from_json(item, span)).collect())
            }
            serde_json::Value::Object(map) => NodeValue::Map(
                map.iter()
                    .map(|(name, item)| (Key { name: name.clone(), span }, Self::from_json(item, span)))
                    .collect(),
            ),
        };
        Self { value, span }
    }

    /// The value without its places; a number that is not finite becomes null.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            NodeValue::Null => serde_json::Value::Null,
            NodeValue::Bool(value) => (*value).into(),
            NodeValue::Int(value) => (*value).into(),
            NodeValue::Float(value) => (*value).into(),
            NodeValue::String(text) => text.as_str().into(),
            NodeValue::List(items) => items.iter().map(Self::to_json).collect(),
            NodeValue::Map(entries) => serde_json::Value::Object(
                entries.iter().map(|(key, item)| (key.name.clone(), item.to_json())).collect(),
            ),
        }
    }

    /// The entry of a map.
    pub fn get(&self, name: &str) -> Option<&(Key, Node)> {
        self.entries().iter().find(|(key, _)| key.name == name)
    }

    /// The entries, if it is a map; else none.
    pub fn entries(&self) -> &[(Key, Node)] {
        match &self.value {
            NodeValue::Map(entries) => entries,
            _ => &[],
        }
    }

    /// What to underline for it as the value of `key`: of a map or list, which may be long, the key.
    pub fn place(&self, key: &Key) -> Span {
        match &self.value {
            NodeValue::Map(_) | NodeValue::List(_) => key.span,
            _ if self.span.start == self.span.end => key.span,
            _ => self.span,
        }
    }
}

impl NodeValue {
    /// What it is, for people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number with a point",
            Self::String(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }

    /// A scalar as text; None for null, lists and maps.
    pub fn scalar_text(&self) -> Option<String> {
        match self {
            Self::Bool(value) => Some(value.to_string()),
            Self::Int(value) => Some(value.to_string()),
            Self::Float(value) => Some(value.to_string()),
            Self::String(text) => Some(text.clone()),
            Self::Null | Self::List(_) | Self::Map(_) => None,
        }
    }
}
