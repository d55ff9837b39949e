//! How missing values are filled: normalize's `missing` and join's `fill` say it alike.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use tidemill_core::diagnostic::{Diagnostic, Span};
use tidemill_core::spec::{At, OrderedMap};
use tidemill_core::table::{DataType, Fill, Schema, Value};

use super::table_task::unknown_column;

/// The strategies by name.
const STRATEGIES: [&str; 5] = ["mean", "median", "zero", "drop", "keep"];

/// One strategy for every numeric column, or one (or a value) for each column named.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Missing {
    /// For every numeric column.
    Every(String),
    /// For each column by itself.
    #[serde(serialize_with = "OrderedMap::unordered")]
    Each(OrderedMap<At<serde_json::Value>>),
}

/// What is to be done, resolved against a schema.
#[derive(Default)]
pub struct Filling {
    /// Columns that are filled.
    pub fill: Vec<(String, Fill)>,
    /// Columns whose NULLs take their rows away.
    pub drop: Vec<String>,
}

impl Missing {
    /// Resolves names and values against the columns there are; `span` is where it stands.
    pub fn resolve(&self, span: Span, schema: &Schema) -> Result<Filling, Vec<Diagnostic>> {
        let mut filling = Filling::default();
        let mut mistakes = Vec::new();
        match self {
            Self::Every(strategy) => {
                if !STRATEGIES.contains(&strategy.as_str()) {
                    return Err(vec![
                        Diagnostic::error(format!("unknown strategy `{strategy}`"))
                            .at(span, "for missing numbers")
                            .suggest(strategy, STRATEGIES),
                    ]);
                }
                for field in schema.fields().iter().filter(|field| field.data_type.is_numeric()) {
                    filling.add(&field.name, strategy);
                }
            }
            Self::Each(columns) => {
                for (column, how) in columns {
                    match resolve_one(column, how, schema) {
                        Ok(Resolved::Strategy(strategy)) => filling.add(&column.value, &strategy),
                        Ok(Resolved::Value(value)) => filling.fill.push((column.value.clone(), Fill::Value(value))),
                        Err(mistake) => mistakes.push(mistake),
                    }
                }
            }
        }
        // A row that lacks two values is counted with the first: the table's order decides, not that of the keys.
        filling.drop.sort_by_key(|column| schema.place(column));
        if mistakes.is_empty() { Ok(filling) } else { Err(mistakes) }
    }
}

impl Filling {
    fn add(&mut self, column: &str, strategy: &str) {
        let fill = match strategy {
            "mean" => Fill::Mean,
            "median" => Fill::Median,
            "zero" => Fill::Zero,
            "drop" => return self.drop.push(column.to_owned()),
            _ => return,
        };
        self.fill.push((column.to_owned(), fill));
    }
}

enum Resolved {
    Strategy(String),
    Value(Value),
}

fn resolve_one(column: &At<String>, how: &At<serde_json::Value>, schema: &Schema) -> Result<Resolved, Diagnostic> {
    let Some(data_type) = schema.get(&column.value) else { return Err(unknown_column(column, schema)) };
    if let Some(text) = how.value.as_str().filter(|text| STRATEGIES.contains(text)) {
        // A text column may be filled with the word "mean" as little as a number can: the strategies win.
        let is_number = data_type.is_numeric() || data_type == DataType::Null;
        if !is_number && !matches!(text, "drop" | "keep") {
            return Err(Diagnostic::error(format!("`{text}` needs numbers, and `{}` is {data_type}", column.value))
                .at(how.span, "for missing values")
                .help("give a value, or `drop` or `keep`"));
        }
        return Ok(Resolved::Strategy(text.to_owned()));
    }
    constant(&how.value, data_type).map(Resolved::Value).ok_or_else(|| {
        let diagnostic = Diagnostic::error(format!("`{}` does not fit column `{}`", shown(&how.value), column.value))
            .at(how.span, format!("the column is {data_type}"));
        match how.value.as_str() {
            Some(text) => diagnostic.suggest(text, STRATEGIES),
            None => diagnostic.help("give a value of the column's type, or one of mean, median, zero, drop, keep"),
        }
    })
}

/// A value as the file has it.
pub fn shown(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value of the file as a constant of a column's type; None if it does not fit.
pub fn constant(value: &serde_json::Value, data_type: DataType) -> Option<Value> {
    let text = value.as_str();
    Some(match data_type {
        DataType::Bool => Value::Bool(value.as_bool()?),
        DataType::Int => Value::Int(value.as_i64()?),
        DataType::Float => Value::Float(value.as_f64()?),
        DataType::Decimal { precision, scale } => {
            let written = if value.is_number() { value.to_string() } else { text?.to_owned() };
            decimal(&written, precision, scale)?
        }
        DataType::String => Value::String(shown(value)),
        // A column without values takes the type of what is filled in.
        DataType::Null => match value {
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::Number(number) => number.as_i64().map_or_else(
                || number.as_f64().map_or_else(|| Value::String(number.to_string()), Value::Float),
                Value::Int,
            ),
            other => Value::String(shown(other)),
        },
        DataType::Date => {
            let day: jiff::civil::Date = text?.parse().ok()?;
            Value::Date(jiff::civil::date(1970, 1, 1).until(day).ok()?.get_days())
        }
        DataType::Datetime => {
            let at: jiff::civil::DateTime = text?.parse().ok()?;
            let since = jiff::civil::datetime(1970, 1, 1, 0, 0, 0, 0).duration_until(at);
            Value::Datetime(i64::try_from(since.as_micros()).ok()?)
        }
        DataType::Time => {
            let at: jiff::civil::Time = text?.parse().ok()?;
            let since = jiff::civil::Time::midnight().duration_until(at);
            Value::Time(i64::try_from(since.as_micros()).ok()?)
        }
    })
}

/// A decimal that needs no rounding to have that scale and fits the precision.
fn decimal(text: &str, precision: u8, scale: u8) -> Option<Value> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if !(whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())) || fraction.len() > usize::from(scale) {
        return None;
    }
    let padded = format!("{whole}{fraction:0<width$}", width = usize::from(scale));
    let unscaled: i128 = padded.parse().ok()?;
    (unscaled < 10i128.checked_pow(u32::from(precision))?)
        .then_some(Value::Decimal { unscaled: sign * unscaled, scale })
}

impl<'de> Deserialize<'de> for Missing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MissingVisitor;

        impl<'de> Visitor<'de> for MissingVisitor {
            type Value = Missing;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a strategy, or a map from columns to strategies or values")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Missing, E> {
                Ok(Missing::Every(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Missing, A::Error> {
                OrderedMap::deserialize(de::value::MapAccessDeserializer::new(map)).map(Missing::Each)
            }
        }

        deserializer.deserialize_any(MissingVisitor)
    }
}

impl JsonSchema for Missing {
    fn schema_name() -> Cow<'static, str> {
        "Missing".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
        json_schema!({"anyOf": [
            {"type": "string", "enum": STRATEGIES},
            {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
        ]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(decimal("1.5", 18, 2), Some(Value::Decimal { unscaled: 150, scale: 2 }));
        assert_eq!(decimal("-3", 18, 2), Some(Value::Decimal { unscaled: -300, scale: 2 }));
        assert_eq!(decimal("1.555", 18, 2), None);
        assert_eq!(decimal("1000", 3, 0), None);
        assert_eq!(decimal("1e3", 18, 2), None);
    }
}
