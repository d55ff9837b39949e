//! Types as a pipeline file names them.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::DataType;

/// A type that a column is declared to have: one of the engine's, or `money`, which is `decimal(18,2)` read tolerantly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeclaredType {
    /// The type of the column.
    pub data_type: DataType,
    /// Whether currency signs, white space and thousands commas are taken off when text is read.
    pub money: bool,
}

impl DeclaredType {
    /// The names, as messages list them.
    pub const NAMES: [&'static str; 9] =
        ["int", "float", "bool", "string", "date", "datetime", "time", "money", "decimal(p,s)"];

    /// Reads the name of a type.
    ///
    /// # Errors
    /// In a sentence what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plain = |data_type| Ok(Self { data_type, money: false });
        let lower = text.trim().to_ascii_lowercase();
        match lower.as_str() {
            "int" => plain(DataType::Int),
            "float" => plain(DataType::Float),
            "bool" => plain(DataType::Bool),
            "string" => plain(DataType::String),
            "date" => plain(DataType::Date),
            "datetime" => plain(DataType::Datetime),
            "time" => plain(DataType::Time),
            "money" => Ok(Self { data_type: DataType::MONEY, money: true }),
            _ => match lower.strip_prefix("decimal") {
                Some(rest) => plain(decimal(rest.trim())?),
                None => Err(unknown(text)),
            },
        }
    }
}

fn decimal(arguments: &str) -> Result<DataType, String> {
    let numbers = arguments
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
        .and_then(|inner| inner.split_once(','))
        .and_then(|(p, s)| Some((p.trim().parse::<u8>().ok()?, s.trim().parse::<u8>().ok()?)));
    match numbers {
        Some((precision, scale)) if (1..=38).contains(&precision) && scale <= precision => {
            Ok(DataType::Decimal { precision, scale })
        }
        Some(_) => Err("a decimal has 1 to 38 digits, and no more of them behind the point".to_owned()),
        None => Err("a decimal is written decimal(18,2): digits in all, digits behind the point".to_owned()),
    }
}

fn unknown(text: &str) -> String {
    let hint = match crate::diagnostic::nearest(text, DeclaredType::NAMES) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there is {}", DeclaredType::NAMES.join(", ")),
    };
    format!("unknown type `{text}`: {hint}")
}

impl fmt::Display for DeclaredType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.money { f.pad("money") } else { self.data_type.fmt(f) }
    }
}

impl Serialize for DeclaredType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DeclaredType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for DeclaredType {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ColumnType".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "x-expected": "a type: int, float, bool, string, date, datetime, time, money or decimal(p,s)"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_and_printed_alike() {
        for name in ["int", "float", "bool", "string", "date", "datetime", "time", "money", "decimal(18,4)"] {
            assert_eq!(DeclaredType::parse(name).map(|declared| declared.to_string()), Ok(name.to_owned()));
        }
        assert_eq!(DeclaredType::parse("Decimal( 9 , 0 )").map(|d| d.to_string()), Ok("decimal(9,0)".to_owned()));
    }

    #[test]
    fn what_is_no_type_is_explained() {
        assert_eq!(DeclaredType::parse("intt"), Err("unknown type `intt`: did you mean `int`?".to_owned()));
        assert!(DeclaredType::parse("decimal").is_err_and(|message| message.contains("decimal(18,2)")));
        assert!(DeclaredType::parse("decimal(2,3)").is_err_and(|message| message.contains("1 to 38 digits")));
    }
}
