//! The key `kind` of a chart.

use std::borrow::Cow;
use std::sync::LazyLock;

use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tidemill_figures::Kind;

/// How a chart draws.
#[derive(Clone, Copy)]
pub(super) struct ChartKind(pub(super) Kind);

impl ChartKind {
    /// The names of all kinds.
    fn names() -> Vec<&'static str> {
        Kind::all().iter().map(|kind| kind.name()).collect()
    }

    /// The names in a sentence: `line`, `bar` or `hist`.
    pub(super) fn alternatives() -> String {
        let names: Vec<String> = Self::names().iter().map(|name| format!("`{name}`")).collect();
        let (last, others) = names.split_last().map_or(("", &[][..]), |(last, others)| (last.as_str(), others));
        format!("{} or {last}.", others.join(", "))
    }
}

impl Serialize for ChartKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de> Deserialize<'de> for ChartKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        static NAMES: LazyLock<Vec<&str>> = LazyLock::new(ChartKind::names);
        let name = String::deserialize(deserializer)?;
        Kind::named(&name).map(ChartKind).ok_or_else(|| D::Error::unknown_variant(&name, &NAMES))
    }
}

impl JsonSchema for ChartKind {
    fn schema_name() -> Cow<'static, str> {
        "ChartKind".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
        json_schema!({
            "type": "string",
            "enum": Self::names(),
            "description": "How a chart draws.",
        })
    }
}
