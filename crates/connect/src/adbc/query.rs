//! What is read, as SQL of the database with its parameters.

use tidemill_core::connection::{ConnectionError, DatabaseSource, DatabaseTable};
use tidemill_core::spec::SqlText;
use tidemill_core::table::{Schema, Value};

use super::settings::Settings;
use crate::placeholders;

/// Databases that quote names with backticks.
const BACKTICKS: [&str; 5] = ["bigquery", "mysql", "databricks", "spark", "hive"];

/// A statement and what its placeholders stand for.
pub(super) struct Query {
    /// The statement.
    pub sql: String,
    /// The parameters, in their order.
    pub parameters: Vec<Value>,
}

impl Settings {
    /// A name as it stands in a statement.
    pub fn quoted(&self, name: &str) -> String {
        let quote = if BACKTICKS.iter().any(|database| self.is_for(database)) { "`" } else { "\"" };
        format!("{quote}{}{quote}", name.replace(quote, &quote.repeat(2)))
    }

    /// Names between commas.
    pub fn quoted_all<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> String {
        names.into_iter().map(|name| self.quoted(name)).collect::<Vec<_>>().join(", ")
    }

    /// A table as it stands in a statement.
    pub fn quoted_table(&self, table: &DatabaseTable) -> String {
        let schema = table.schema.iter().flat_map(|schema| schema.split('.'));
        let parts: Vec<String> = schema.chain([table.name.as_str()]).map(|part| self.quoted(part)).collect();
        parts.join(".")
    }

    /// The placeholder of a parameter, by its number from 1.
    pub fn placeholder(&self, number: usize) -> String {
        if self.is_for("postgres") { format!("${number}") } else { "?".to_owned() }
    }
}

impl Query {
    /// All of a table or of a query, or those columns of a table.
    ///
    /// # Errors
    /// If a parameter stands where it cannot.
    pub fn of(
        settings: &Settings,
        source: DatabaseSource<'_>,
        columns: Option<&Schema>,
    ) -> Result<Self, ConnectionError> {
        let table = match source {
            DatabaseSource::Query(text) => return Self::bound(settings, text),
            DatabaseSource::Table(table) => settings.table(table),
        };
        let selected = match columns.filter(|columns| !columns.is_empty()) {
            Some(columns) => settings.quoted_all(columns.names()),
            None => "*".to_owned(),
        };
        Ok(Self { sql: format!("select {selected} from {}", settings.quoted_table(&table)), parameters: Vec::new() })
    }

    /// A query of the file.
    ///
    /// # Errors
    /// If a parameter stands where it cannot.
    pub fn bound(settings: &Settings, text: &SqlText) -> Result<Self, ConnectionError> {
        let place = |number: usize, value: &Value| {
            let place = settings.placeholder(number);
            match value {
                // It goes as text: not every driver takes a decimal.
                Value::Decimal { .. } => format!("cast({place} as {})", value.data_type()),
                _ => place,
            }
        };
        let (sql, parameters) = placeholders::bound(&settings.name, text, place, "select null where 1 = 0")?;
        Ok(Self { sql, parameters })
    }

    /// The same columns, and no row.
    pub fn of_no_rows(&self) -> Self {
        let sql = self.sql.trim().trim_end_matches(';');
        // On lines of its own, for the query may end with a comment.
        Self { sql: format!("select * from (\n{sql}\n) tidemill_columns limit 0"), parameters: self.parameters.clone() }
    }
}
