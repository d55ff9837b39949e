//! What is read, as SQL of the server with its parameters.

use std::cell::Cell;

use mysql_async::Value as Parameter;
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind, DatabaseSource, DatabaseTable};
use tidemill_core::spec::{SqlHole, SqlText};
use tidemill_core::table::{Schema, Value, decimal_text};

use super::calendar;
use super::settings::Settings;

/// A statement and what its `?` stand for.
pub(super) struct Query {
    /// The statement.
    pub sql: String,
    /// The parameters, in their order.
    pub parameters: Vec<Parameter>,
}

/// A name as it stands in a statement.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A table as it stands in a statement.
pub(super) fn quoted_table(table: &DatabaseTable) -> String {
    let schema = table.schema.as_ref().map(|schema| format!("{}.", quoted(schema))).unwrap_or_default();
    format!("{schema}{}", quoted(&table.name))
}

impl Query {
    /// All of a table or of a query, or those columns of a table.
    ///
    /// # Errors
    /// If a parameter stands where the server knows none.
    pub fn of(
        settings: &Settings,
        source: DatabaseSource<'_>,
        columns: Option<&Schema>,
    ) -> Result<Self, ConnectionError> {
        let table = match source {
            DatabaseSource::Query(text) => return Self::bound(settings, text),
            DatabaseSource::Table(table) => settings.table(table),
        };
        let selected = columns
            .filter(|columns| !columns.is_empty())
            .map_or_else(|| "*".to_owned(), |columns| columns.names().map(quoted).collect::<Vec<_>>().join(", "));
        Ok(Self { sql: format!("select {selected} from {}", quoted_table(&table)), parameters: Vec::new() })
    }

    /// A query of the file.
    ///
    /// # Errors
    /// If a list stands where the server knows none.
    pub fn bound(settings: &Settings, text: &SqlText) -> Result<Self, ConnectionError> {
        let values: Vec<Value> = text.holes.iter().flat_map(values_of).collect();
        let in_any = Cell::new(false);
        let place = |number: usize| values.get(number - 1).map_or_else(|| "?".to_owned(), placeholder);
        let (sql, parameters) = text.bound(place, |before, places| {
            in_any.set(in_any.get() || stands_in_any(before));
            // A list of nothing is a query of no rows, so that `not in` is true for it.
            let list =
                if places.is_empty() { "select null from dual where false".to_owned() } else { places.join(", ") };
            if before.trim_end().ends_with('(') { list } else { format!("({list})") }
        });
        let wrong = |message: &str| ConnectionError::new(ConnectionErrorKind::Query, &settings.name, message);
        if in_any.get() {
            return Err(wrong("knows no arrays, so a list cannot stand in `any(…)`").help("write `column in ${{ … }}`"));
        }
        if parameters.len() != values.len() {
            return Err(wrong("has a query with a parameter inside of quotes")
                .help("let `${{ … }}` stand outside of quotes; in a text before it, write '' for a quote, not \\'"));
        }
        let parameters =
            parameters.iter().map(|value| parameter(value).ok_or_else(|| wrong("has a parameter beyond all dates")));
        Ok(Self { sql, parameters: parameters.collect::<Result<_, _>>()? })
    }
}

fn values_of(hole: &SqlHole) -> Vec<Value> {
    match hole {
        SqlHole::One(value) => vec![value.clone()],
        SqlHole::Many(values) => values.clone(),
        SqlHole::Now { logical_time } => vec![Value::String(logical_time.clone())],
    }
}

/// A decimal goes as text, which the server would compare as a float.
fn placeholder(value: &Value) -> String {
    match value {
        Value::Decimal { scale, .. } => format!("cast(? as decimal(65,{}))", (*scale).min(30)),
        _ => "?".to_owned(),
    }
}

fn stands_in_any(before: &str) -> bool {
    let word = before.trim_end().trim_end_matches('(').trim_end().to_ascii_lowercase();
    before.trim_end().ends_with('(') && ["any", "all", "some"].iter().any(|name| word.ends_with(name))
}

/// A value as the server takes it; None if it is a day of no year from 0 to 9999.
pub(super) fn parameter(value: &Value) -> Option<Parameter> {
    Some(match value {
        Value::Null => Parameter::NULL,
        Value::Bool(value) => Parameter::Int(i64::from(*value)),
        Value::Int(value) => Parameter::Int(*value),
        Value::Float(value) => Parameter::Double(*value),
        Value::Decimal { unscaled, scale } => Parameter::Bytes(decimal_text(*unscaled, *scale).into_bytes()),
        Value::String(text) => Parameter::Bytes(text.clone().into_bytes()),
        Value::Date(days) => {
            let (year, month, day) = calendar::civil(*days)?;
            Parameter::Date(year, month, day, 0, 0, 0, 0)
        }
        Value::Datetime(micros) => calendar::datetime(*micros)?,
        Value::Time(micros) => calendar::time(*micros),
    })
}
