//! The members of an object as cells of a row.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::document::Object;

/// A value of a row.
pub(super) enum JsonCell<'a> {
    Null,
    Bool(bool),
    /// As it is written.
    Number(&'a str),
    /// A text, or the JSON text of something nested.
    Text(Cow<'a, str>),
}

/// As it is shown in a message.
impl fmt::Display for JsonCell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "`{value}`"),
            Self::Number(text) => write!(f, "`{text}`"),
            Self::Text(text) => write!(f, "the text `{}`", text.chars().take(80).collect::<String>()),
        }
    }
}

/// What is wrong with an object, and at which byte of the text the object starts.
#[derive(Debug)]
pub(super) struct JsonFault {
    pub at: usize,
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Shows every cell of an object, by the name of its column; those whose text is one of `nulls` as NULL.
pub(super) fn each(
    object: &Object<'_>,
    nulls: &[String],
    mut show: impl FnMut(&str, JsonCell<'_>) -> Result<(), JsonFault>,
) -> Result<(), JsonFault> {
    let invalid = |error: serde_json::Error| JsonFault { at: object.at, message: words(&error), help: None };
    for (key, raw) in members(object.raw).map_err(invalid)? {
        if !raw.starts_with('{') {
            show(&key, cell(raw, nulls).map_err(invalid)?)?;
            continue;
        }
        for (inner, raw) in members(raw).map_err(invalid)? {
            show(&format!("{key}.{inner}"), cell(raw, nulls).map_err(invalid)?)?;
        }
    }
    Ok(())
}

/// What the parser says, without the place, which it counts from the start of the part it was given.
pub(super) fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    format!("is not valid JSON: {message}")
}

/// That a key stands twice in an object.
pub(super) fn twice(object: &Object<'_>, key: &str) -> JsonFault {
    JsonFault { at: object.at, message: format!("the key `{key}` stands twice in one object"), help: None }
}

fn cell<'a>(raw: &'a str, nulls: &[String]) -> Result<JsonCell<'a>, serde_json::Error> {
    let cell = plain_cell(raw)?;
    let is_null = match &cell {
        JsonCell::Number(text) => nulls.iter().any(|null| null == text),
        JsonCell::Text(text) => nulls.iter().any(|null| null == text),
        JsonCell::Null | JsonCell::Bool(_) => false,
    };
    Ok(if is_null { JsonCell::Null } else { cell })
}

fn plain_cell(raw: &str) -> Result<JsonCell<'_>, serde_json::Error> {
    Ok(match raw.as_bytes().first() {
        Some(b'n') => JsonCell::Null,
        Some(b't') => JsonCell::Bool(true),
        Some(b'f') => JsonCell::Bool(false),
        Some(b'"') if raw.contains('\\') => JsonCell::Text(Cow::Owned(serde_json::from_str(raw)?)),
        Some(b'"') => JsonCell::Text(Cow::Borrowed(&raw[1..raw.len() - 1])),
        Some(b'[' | b'{') => JsonCell::Text(Cow::Borrowed(raw)),
        _ => JsonCell::Number(raw),
    })
}

/// Keys and the texts of their values, as they stand.
pub(super) fn members(raw: &str) -> Result<Vec<(Cow<'_, str>, &str)>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(raw);
    let members = deserializer.deserialize_map(MembersVisitor)?;
    deserializer.end()?;
    Ok(members)
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Vec<(Cow<'de, str>, &'de str)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key_seed(KeySeed)? {
            members.push((key, map.next_value::<&'de RawValue>()?.get()));
        }
        Ok(members)
    }
}

/// A key, borrowed from the text unless it has escapes.
struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}
