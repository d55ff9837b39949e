//! Values as JSON writes them.

use polars::prelude::{DataType as Physical, Series, StringChunked};
use tidemill_core::table::DataType;

use super::cast;
use crate::arrays::typed::texts;
use crate::error::Outcome;

/// Values of one type that are written into JSON, as PostgreSQL's `to_json` writes them.
pub(crate) struct JsonValues {
    texts: StringChunked,
    /// Whether the texts are JSON as they stand.
    is_bare: bool,
}

impl JsonValues {
    /// Numbers and bools are bare, all else stands in quotes, NaN and infinities too: JSON has no such numbers.
    ///
    /// # Errors
    /// If the column is of none of the types that tables hold.
    pub fn of(values: &Series) -> Outcome<Self> {
        let is_bare = matches!(
            values.dtype(),
            Physical::Int64 | Physical::Decimal(..) | Physical::Boolean | Physical::Float64 | Physical::Null
        );
        let cells = match values.dtype() {
            Physical::String | Physical::Null => values.clone(),
            _ => cast(values, DataType::String, &|row| row as u64 + 1)?,
        };
        Ok(Self { texts: texts(&cells)?, is_bare })
    }

    /// Of texts that are JSON.
    pub fn of_json(texts: StringChunked) -> Self {
        Self { texts, is_bare: true }
    }

    /// The values, to be written one by one.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&str>> {
        self.texts.iter()
    }

    /// One of them.
    pub fn get(&self, place: usize) -> Option<&str> {
        self.texts.get(place)
    }

    /// Writes one of the values behind what is there.
    pub fn write(&self, value: Option<&str>, json: &mut String) {
        match value {
            None => json.push_str("null"),
            Some(value) if self.is_bare && !matches!(value.trim_start_matches('-'), "NaN" | "inf" | "Infinity") => {
                json.push_str(value);
            }
            Some(value) => write_text(value, json),
        }
    }
}

/// Writes a text in quotes.
pub(crate) fn write_text(text: &str, json: &mut String) {
    json.push_str(&serde_json::Value::from(text).to_string());
}
