//! What is read, as SQL of the database with its parameters.

use std::cell::Cell;

use tidemill_core::connection::{ConnectionError, ConnectionErrorKind as Kind, DatabaseSource, DatabaseTable};
use tidemill_core::spec::{SqlHole, SqlText};
use tidemill_core::table::{Schema, Value};

use super::settings::Settings;

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
        let values: Vec<Value> = text.holes.iter().flat_map(values_of).collect();
        let in_any = Cell::new(false);
        let place = |number: usize| {
            let place = settings.placeholder(number);
            match values.get(number - 1) {
                // It goes as text: not every driver takes a decimal.
                Some(value @ Value::Decimal { .. }) => format!("cast({place} as {})", value.data_type()),
                _ => place,
            }
        };
        let (sql, parameters) = text.bound(place, |before, places| {
            in_any.set(in_any.get() || stands_in_any(before));
            // A list of nothing is a query of no rows, so that `not in` is true for it.
            let list = if places.is_empty() { "select null where 1 = 0".to_owned() } else { places.join(", ") };
            if before.trim_end().ends_with('(') { list } else { format!("({list})") }
        });
        let wrong = |message: &str| ConnectionError::new(Kind::Query, &settings.name, message);
        if in_any.get() {
            return Err(wrong("takes no list inside of `any(…)`").help("write `column in ${{ … }}`"));
        }
        if parameters.len() != values.len() {
            return Err(wrong("has a query with a parameter inside of quotes")
                .help("let `${{ … }}` stand outside of quotes; in a text before it, write '' for a quote, not \\'"));
        }
        Ok(Self { sql, parameters })
    }

    /// The same columns, and no row.
    pub fn of_no_rows(&self) -> Self {
        let sql = self.sql.trim().trim_end_matches(';');
        // On lines of its own, for the query may end with a comment.
        Self { sql: format!("select * from (\n{sql}\n) tidemill_columns limit 0"), parameters: self.parameters.clone() }
    }
}

fn values_of(hole: &SqlHole) -> Vec<Value> {
    match hole {
        SqlHole::One(value) => vec![value.clone()],
        SqlHole::Many(values) => values.clone(),
        SqlHole::Now { logical_time } => vec![Value::String(logical_time.clone())],
    }
}

fn stands_in_any(before: &str) -> bool {
    let word = before.trim_end().trim_end_matches('(').trim_end().to_ascii_lowercase();
    before.trim_end().ends_with('(') && ["any", "all", "some"].iter().any(|name| word.ends_with(name))
}
