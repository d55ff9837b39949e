//! What is read, as SQL of the server with its parameters.

use mysql_async::Value as Parameter;
use tidemill_core::connection::{ConnectionError, ConnectionErrorKind, DatabaseSource, DatabaseTable};
use tidemill_core::spec::SqlText;
use tidemill_core::table::{Schema, Value, decimal_text};

use super::calendar;
use super::settings::Settings;
use crate::placeholders;

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
        let (sql, values) = placeholders::bound(
            &settings.name,
            text,
            |_, value| placeholder(value),
            "select null from dual where false",
        )?;
        let beyond =
            || ConnectionError::new(ConnectionErrorKind::Query, &settings.name, "has a parameter beyond all dates");
        let parameters = values.iter().map(|value| parameter(value).ok_or_else(beyond));
        Ok(Self { sql, parameters: parameters.collect::<Result<_, _>>()? })
    }
}

/// A decimal goes as text, which the server would compare as a float.
fn placeholder(value: &Value) -> String {
    match value {
        Value::Decimal { scale, .. } => format!("cast(? as decimal(65,{}))", (*scale).min(30)),
        _ => "?".to_owned(),
    }
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
