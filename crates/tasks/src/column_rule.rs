//! How `normalize` reads a column.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::spec::{At, OneOrMany, OrderedMap};
use tidemill_core::table::{Conversion, DataType, DeclaredType, TextCase, Value, cannot_give};

/// How a column is read: a type, or a type and more.
#[derive(Serialize)]
pub struct ColumnRule {
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<At<DeclaredType>>,
    #[serde(flatten)]
    more: ColumnMore,
}

/// How a text becomes a value.
#[derive(Deserialize, Serialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
struct ColumnMap {
    /// The type: int, float, bool, string, date, datetime, time, money or decimal(p,s); default the column's own.
    #[serde(default)]
    r#type: Option<At<DeclaredType>>,
    /// For dates and times: a strftime format, or a list of them; default ISO 8601.
    #[serde(default)]
    format: OneOrMany<At<String>>,
    /// White space at both ends taken off; default false.
    #[serde(default)]
    trim: bool,
    /// Letters in one case: `lower`, `upper` or `title`.
    #[serde(default)]
    case: Option<TextCase>,
    /// Texts replaced as a whole, before the type is read; `null` for none.
    #[serde(default)]
    map: OrderedMap<At<serde_json::Value>>,
    /// Characters taken out wherever they stand.
    #[serde(default)]
    strip: Option<String>,
}

/// The rest of a column's rule.
#[derive(Serialize, Default)]
struct ColumnMore {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    format: Vec<At<String>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    trim: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<TextCase>,
    #[serde(skip_serializing_if = "OrderedMap::is_empty", serialize_with = "OrderedMap::unordered")]
    map: OrderedMap<At<serde_json::Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strip: Option<String>,
}

impl ColumnRule {
    /// The formats that have no meaning for the type, or never give a value of it.
    pub fn mistakes(&self, name: &At<String>, data_type: DataType) -> Vec<Diagnostic> {
        if self.more.format.is_empty() || matches!(data_type, DataType::Null) {
            return Vec::new();
        }
        if !matches!(data_type, DataType::Date | DataType::Datetime | DataType::Time) {
            let declared = self.r#type.as_ref().map_or_else(|| data_type.to_string(), |at| at.value.to_string());
            return vec![
                Diagnostic::error(format!("`format` has no meaning for {declared}"))
                    .at(self.more.format[0].span, format!("column `{}`", name.value))
                    .help("only dates, datetimes and times are read by a format"),
            ];
        }
        let wrong = |format: &At<String>| {
            let reason = cannot_give(&format.value, data_type)?;
            let message = format!("no {data_type} can be read by the format `{}`", format.value);
            Some(
                Diagnostic::error(message)
                    .at(format.span, reason)
                    .help(format!("a {data_type} is {}", example(data_type))),
            )
        };
        self.more.format.iter().filter_map(wrong).collect()
    }

    /// Whether it gives the column a type.
    pub fn declared(&self) -> Option<DataType> {
        self.r#type.as_ref().map(|at| at.value.data_type)
    }

    /// What is done to the column, which is of type `is`.
    pub fn conversion(&self, column: &str, is: DataType) -> Conversion {
        let declared = self.r#type.as_ref().map(|at| at.value);
        Conversion {
            column: column.to_owned(),
            data_type: declared.map_or(if is == DataType::Null { DataType::String } else { is }, |d| d.data_type),
            money: declared.is_some_and(|declared| declared.money),
            formats: self.more.format.iter().map(|format| format.value.clone()).collect(),
            trim: self.more.trim,
            case: self.more.case,
            strip: self.more.strip.clone(),
            map: self.more.map.iter().map(|(from, to)| (from.value.clone(), text_of(&to.value))).collect(),
        }
    }
}

/// A format that gives such a value.
fn example(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Date => "`%d.%m.%Y` for 31.12.2024",
        DataType::Time => "`%H:%M` for 23:59",
        _ => "`%d.%m.%Y %H:%M` for 31.12.2024 23:59, `%Y-%m-%dT%H:%M:%S%:z` for 2024-12-31T23:59:00+01:00",
    }
}

/// What a text is mapped to: text again, which the type then reads.
fn text_of(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::String(text) => Value::String(text.clone()),
        other => Value::String(other.to_string()),
    }
}

impl<'de> Deserialize<'de> for ColumnRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RuleVisitor;

        impl<'de> Visitor<'de> for RuleVisitor {
            type Value = ColumnRule;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a type, or a map with `type`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<ColumnRule, E> {
                let value = DeclaredType::parse(text).map_err(E::custom)?;
                Ok(ColumnRule { r#type: Some(At { value, span: Default::default() }), more: ColumnMore::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ColumnRule, A::Error> {
                let map = ColumnMap::deserialize(de::value::MapAccessDeserializer::new(map))?;
                let more =
                    ColumnMore { format: map.format.0, trim: map.trim, case: map.case, map: map.map, strip: map.strip };
                Ok(ColumnRule { r#type: map.r#type, more })
            }
        }

        deserializer.deserialize_any(RuleVisitor)
    }
}

impl JsonSchema for ColumnRule {
    fn schema_name() -> Cow<'static, str> {
        "ColumnRule".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        let short = generator.subschema_for::<DeclaredType>();
        let long = generator.subschema_for::<ColumnMap>();
        json_schema!({"anyOf": [short, long]})
    }
}
