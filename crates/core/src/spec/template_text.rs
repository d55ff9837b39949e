//! Text that is rendered when its task runs.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::diagnostic::Span;

use super::at::next_span;

/// The name by which [`Template`] asks the reader of nodes for its raw text.
pub(crate) const TEMPLATE: &str = "$tidemill::Template";

/// A text that is rendered when its task runs: it may use `tasks`, `inputs`, `outputs`, `secrets`, `run.status` too.
#[derive(Clone, Debug, Default)]
pub struct Template {
    /// The text as the user wrote it.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// Two templates are equal wherever they stand.
impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Template;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let span = next_span(&mut seq)?;
                let text = seq.next_element()?.ok_or_else(|| de::Error::custom("a template has a text"))?;
                Ok(Template { text, span })
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
                Ok(Template { text: String::deserialize(inner)?, span: Span::default() })
            }
        }

        deserializer.deserialize_newtype_struct(TEMPLATE, TextVisitor)
    }
}

impl JsonSchema for Template {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number", "boolean"], "x-expected": "text"})
    }
}
