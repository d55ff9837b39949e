//! Nodes → typed parameters, by serde.

use std::cell::RefCell;
use std::fmt;

use serde::de::value::{SeqDeserializer, StringDeserializer, U32Deserializer};
use serde::de::{self, DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, VariantAccess, Visitor};

use crate::diagnostic::{Diagnostic, SourceMap, Span};

use super::at::AT;
use super::containers::ONE_OR_MANY;
use super::interpolate::{Filled, Text, fill};
use super::sql_fill::fill_sql;
use super::sql_text::SQL_TEXT;
use super::template_text::TEMPLATE;
use super::{Key, Node, NodeValue, Scope};

/// Reads a node into a type, its `${{ }}` filled from the scope.
///
/// # Errors
/// Every `${{ }}` that cannot be filled, and the first value that does not fit; what a schema can find should have been found
/// by validation before.
pub fn read<T: DeserializeOwned>(node: &Node, scope: &Scope, sources: &SourceMap) -> Result<T, Vec<Diagnostic>> {
    let cx = Cx { scope, sources, found: RefCell::new(Vec::new()) };
    let result = T::deserialize(Reader { node, cx: &cx, place: node.span, literal: false });
    let mut found = cx.found.into_inner();
    match result {
        Ok(value) if found.is_empty() => Ok(value),
        Ok(_) => Err(found),
        Err(ReadError(error)) => {
            if let Some(error) = error.filter(|error| !found.contains(error)) {
                let error = if error.labels.is_empty() { error.at(node.span, "") } else { *error };
                found.push(error);
            }
            Err(found)
        }
    }
}

struct Cx<'a> {
    scope: &'a Scope,
    sources: &'a SourceMap,
    found: RefCell<Vec<Diagnostic>>,
}

/// Why reading stopped; None if what is wrong has been noted already.
#[derive(Debug)]
struct ReadError(Option<Box<Diagnostic>>);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_ref().map_or("noted", |error| &error.message))
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Some(Box::new(Diagnostic::error(message.to_string()))))
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::custom(format!("expected {}, found {}", wanted(expected), unexpected(found)))
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::custom(format!("expected {}, found {}", wanted(expected), unexpected(found)))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let error =
            Diagnostic::error(format!("`{variant}` is not known here")).suggest(variant, expected.iter().copied());
        Self(Some(Box::new(error)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let error = Diagnostic::error(format!("unknown key `{field}`")).suggest(field, expected.iter().copied());
        Self(Some(Box::new(error)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format!("the key `{field}` is missing"))
    }
}

/// What serde wants, in the words that validation uses.
fn wanted(expected: &dyn de::Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a string" => "text".to_owned(),
        "a sequence" => "a list".to_owned(),
        _ => text,
    }
}

fn unexpected(found: de::Unexpected<'_>) -> String {
    match found {
        de::Unexpected::Bool(value) => format!("`{value}`"),
        de::Unexpected::Unsigned(value) => format!("`{value}`"),
        de::Unexpected::Signed(value) => format!("`{value}`"),
        de::Unexpected::Float(value) => format!("`{value}`"),
        de::Unexpected::Str(text) => format!("the text `{text}`"),
        de::Unexpected::Unit | de::Unexpected::Option => "nothing".to_owned(),
        de::Unexpected::Seq => "a list".to_owned(),
        de::Unexpected::Map => "a map".to_owned(),
        other => other.to_string(),
    }
}

impl ReadError {
    /// Gives the error a place if it has none.
    fn placed(mut self, span: Span) -> Self {
        if let Some(error) = &mut self.0
            && error.labels.is_empty()
        {
            **error = error.as_ref().clone().at(span, "");
        }
        self
    }
}

/// One node in the eyes of serde.
#[derive(Clone, Copy)]
struct Reader<'a> {
    node: &'a Node,
    cx: &'a Cx<'a>,
    /// What to underline: of a block map or list its key.
    place: Span,
    /// The node is the value of a `${{ }}`: another one in it is text.
    literal: bool,
}

impl<'a> Reader<'a> {
    /// Calls `go` with the node, or with the value of the `${{ }}` that it wholly is.
    fn resolved<R>(self, go: impl FnOnce(Reader<'_>) -> Result<R, ReadError>) -> Result<R, ReadError> {
        let text = match &self.node.value {
            NodeValue::String(text) if !self.literal && text.contains("${{") => text,
            _ => return go(self).map_err(|error| error.placed(self.place)),
        };
        let text = Text { text, span: self.node.span, sources: self.cx.sources };
        let node = match fill(text, self.cx.scope, None) {
            Ok(Filled::Text(text)) => Node { value: NodeValue::String(text), span: self.node.span },
            Ok(Filled::Value(value)) => Node::from_json(&value, self.node.span),
            Err(errors) => {
                // Text can go on as it is, so that other mistakes are found too; reading fails in the end.
                self.cx.found.borrow_mut().extend(errors);
                let raw = Reader { literal: true, ..self };
                return go(raw).map_err(|_| ReadError(None));
            }
        };
        go(Reader { node: &node, literal: true, ..self }).map_err(|error| error.placed(self.place))
    }

    /// The list that it is the `${{ }}` of; any other is left to who reads the one value, which may be a text that is rendered
    /// later.
    fn list_value(&self) -> Option<Node> {
        let NodeValue::String(text) = &self.node.value else { return None };
        if self.literal || !text.contains("${{") {
            return None;
        }
        match fill(Text { text, span: self.node.span, sources: self.cx.sources }, self.cx.scope, None) {
            Ok(Filled::Value(value)) if value.is_array() => Some(Node::from_json(&value, self.node.span)),
            _ => None,
        }
    }

    fn fail<R>(&self, expected: &dyn de::Expected) -> Result<R, ReadError> {
        Err(de::Error::custom(format!("expected {expected}, found {}", self.node.value.kind())))
    }

    /// Passes a place and what belongs to it, in the form that the types of this room ask for.
    fn placed<'de, V: Visitor<'de>>(self, visitor: V, rest: Vec<Element<'_>>) -> Result<V::Value, ReadError> {
        let numbers = [u32::from(self.place.file.0), self.place.start, self.place.end];
        let parts = numbers.into_iter().map(Element::Number).chain(rest);
        visitor.visit_seq(SeqDeserializer::new(parts))
    }

    /// A text that keeps its `${{ }}`: numbers and the like as they stand in the file.
    fn raw_text(&self) -> Option<String> {
        match &self.node.value {
            NodeValue::String(text) if self.literal => Some(text.replace("${{", "$${{")),
            NodeValue::String(text) => Some(text.clone()),
            NodeValue::Bool(_) | NodeValue::Int(_) | NodeValue::Float(_) => self.node.value.scalar_text(),
            _ => None,
        }
    }

    fn sql<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let raw = match &self.node.value {
            // A number as SQL is what stands in the file: `1.50` has two digits behind the point.
            NodeValue::Float(_) | NodeValue::Int(_) if !self.literal => {
                let source = self.cx.sources.get(self.node.span.file);
                source.and_then(|file| file.text.get(self.node.span.range())).map(str::to_owned)
            }
            _ => self.raw_text(),
        };
        let Some(raw) = raw else { return self.fail(&"SQL") };
        if self.literal && matches!(self.node.value, NodeValue::String(_)) {
            return Err(ReadError(Some(Box::new(
                Diagnostic::error("SQL cannot come out of a `${{ }}`")
                    .at(self.place, "a value is never pasted into SQL as text")
                    .help("write the SQL here and use `${{ }}` for single values in it"),
            ))));
        }
        let filled = fill_sql(Text { text: &raw, span: self.node.span, sources: self.cx.sources }, self.cx.scope);
        let (text, holes) = filled.unwrap_or_else(|errors| {
            self.cx.found.borrow_mut().extend(errors);
            (raw.clone(), Vec::new())
        });
        let holes = super::sql_text::holes_to_json(&holes).map_err(de::Error::custom)?;
        let scalar = Reader { place: self.node.span, ..self };
        scalar.placed(visitor, vec![Element::Text(raw), Element::Text(text), Element::Text(holes)])
    }

    fn visit_map<'de, V: Visitor<'de>>(self, visitor: V, entries: &[(Key, Node)]) -> Result<V::Value, ReadError> {
        visitor.visit_map(MapReader {
            entries: entries.iter(),
            value: None,
            cx: self.cx,
            literal: self.literal,
            place: self.place,
        })
    }

    fn items(self, items: &'a [Node]) -> impl Iterator<Item = Reader<'a>> {
        let (cx, literal) = (self.cx, self.literal);
        items.iter().map(move |node| Reader { node, cx, place: node.span, literal })
    }
}

/// One of the things that [`At`](super::At) and its relatives are made of.
enum Element<'a> {
    Number(u32),
    Text(String),
    Node(Reader<'a>),
}

impl<'de> IntoDeserializer<'de, ReadError> for Element<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> de::Deserializer<'de> for Element<'_> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self {
            Self::Number(number) => U32Deserializer::new(number).deserialize_any(visitor),
            Self::Text(text) => StringDeserializer::new(text).deserialize_any(visitor),
            Self::Node(reader) => reader.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self {
            Self::Node(reader) => reader.deserialize_option(visitor),
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match self {
            Self::Node(reader) => reader.deserialize_newtype_struct(name, visitor),
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match self {
            Self::Node(reader) => reader.deserialize_enum(name, variants, visitor),
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self {
            Self::Node(reader) => reader.deserialize_f64(visitor),
            other => other.deserialize_any(visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

impl<'de> de::Deserializer<'de> for Reader<'_> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.resolved(|reader| match &reader.node.value {
            NodeValue::Null => visitor.visit_unit(),
            NodeValue::Bool(value) => visitor.visit_bool(*value),
            NodeValue::Int(value) => visitor.visit_i64(*value),
            NodeValue::Float(value) => visitor.visit_f64(*value),
            NodeValue::String(text) => visitor.visit_str(text),
            NodeValue::List(items) => visitor.visit_seq(SeqDeserializer::new(reader.items(items).map(Element::Node))),
            NodeValue::Map(entries) => reader.visit_map(visitor, entries),
        })
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.resolved(|reader| match &reader.node.value {
            NodeValue::Int(value) => visitor.visit_f64(*value as f64),
            _ => reader.deserialize_any(visitor),
        })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.node.value {
            NodeValue::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        match name {
            AT => self.placed(visitor, vec![Element::Node(self)]),
            SQL_TEXT => self.sql(visitor).map_err(|error| error.placed(self.place)),
            TEMPLATE => match self.raw_text() {
                Some(text) => Reader { place: self.node.span, ..self }.placed(visitor, vec![Element::Text(text)]),
                None => self.fail(&"text").map_err(|error: ReadError| error.placed(self.place)),
            },
            ONE_OR_MANY => {
                let filled = self.list_value();
                let reader = filled.as_ref().map_or(self, |node| Reader { node, literal: true, ..self });
                let read = match &reader.node.value {
                    NodeValue::List(items) => {
                        visitor.visit_seq(SeqDeserializer::new(reader.items(items).map(Element::Node)))
                    }
                    _ => visitor.visit_seq(SeqDeserializer::new(std::iter::once(Element::Node(reader)))),
                };
                read.map_err(|error| error.placed(self.place))
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.resolved(|reader| match &reader.node.value {
            NodeValue::String(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            NodeValue::Map(entries) if entries.len() == 1 => {
                let (key, value) = &entries[0];
                visitor.visit_enum(EnumReader { key, value: Reader { node: value, place: value.place(key), ..reader } })
            }
            _ => reader.fail(&"a name"),
        })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// A map in the eyes of serde.
struct MapReader<'a> {
    entries: std::slice::Iter<'a, (Key, Node)>,
    value: Option<(&'a Key, &'a Node)>,
    cx: &'a Cx<'a>,
    literal: bool,
    place: Span,
}

impl<'de> de::MapAccess<'de> for MapReader<'_> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some((key, value));
        let node = Node { value: NodeValue::String(key.name.clone()), span: key.span };
        // Keys are names: a `${{ }}` in them stays text.
        let reader = Reader { node: &node, cx: self.cx, place: key.span, literal: true };
        seed.deserialize(reader).map(Some).map_err(|error| error.placed(key.span))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, ReadError> {
        let Some((key, node)) = self.value.take() else {
            return Err(ReadError(Some(Box::new(Diagnostic::error("a value before its key").at(self.place, "")))));
        };
        let place = node.place(key);
        seed.deserialize(Reader { node, cx: self.cx, place, literal: self.literal })
            .map_err(|error| error.placed(place))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// `{variant: value}` in the eyes of serde.
struct EnumReader<'a> {
    key: &'a Key,
    value: Reader<'a>,
}

impl<'de, 'a> EnumAccess<'de> for EnumReader<'a> {
    type Error = ReadError;
    type Variant = Reader<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Reader<'a>), ReadError> {
        let name: StringDeserializer<ReadError> = self.key.name.clone().into_deserializer();
        Ok((seed.deserialize(name).map_err(|error| error.placed(self.key.span))?, self.value))
    }
}

impl<'de> VariantAccess<'de> for Reader<'_> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        self.fail(&"no value")
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ReadError> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, ReadError> {
        de::Deserializer::deserialize_any(self, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        de::Deserializer::deserialize_any(self, visitor)
    }
}
