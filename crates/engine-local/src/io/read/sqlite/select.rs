//! What is read from a database: a table in the order of its rows, or a query.

use rusqlite::OptionalExtension;
use rusqlite::fallible_iterator::FallibleIterator;
use tidemill_core::diagnostic::nearest;
use tidemill_core::spec::SqlText;
use tidemill_core::table::{EngineError, Scan, ScanPart, Value};

use super::open::Database;

/// A statement to read, and how its rows are called.
pub(super) struct Select {
    pub sql: String,
    /// In messages: ``table `orders` `` or `the query`.
    pub shown: String,
    /// A statement that gives the rowids in the same order, if rows have some.
    rowids: Option<String>,
    /// What of the scan it is.
    part: ScanPart,
    /// What the query's numbered parameters stand for.
    parameters: Vec<rusqlite::types::Value>,
}

impl Select {
    /// The table or query of the scan; with neither, the only table there is.
    pub fn of(database: &Database<'_>, scan: &Scan) -> Result<Self, EngineError> {
        if let Some(query) = &scan.query {
            return Self::query(database, query).map_err(|error| error.of(ScanPart::Query));
        }
        let tables = tables(database)?;
        let list = || tables.iter().map(|table| format!("`{table}`")).collect::<Vec<_>>().join(", ");
        let table = match (&scan.table, tables.as_slice()) {
            (Some(table), _) => table,
            (None, [only]) => only,
            (None, []) => return Err(database.origin.error(None, "has no tables")),
            (None, _) => {
                return Err(database.origin.error_with_help(
                    None,
                    format!("has several tables: {}", list()),
                    "say which with `table`",
                ));
            }
        };
        match tables.iter().find(|name| name.eq_ignore_ascii_case(table)) {
            Some(table) => Self::table(database, table).map_err(|error| error.of(ScanPart::Table)),
            None => {
                let message = format!("has no table `{table}`");
                let help = match nearest(table, tables.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if tables.is_empty() => "there are no tables".to_owned(),
                    None => format!("there is {}", list()),
                };
                Err(database.origin.error_with_help(None, message, help).of(ScanPart::Table))
            }
        }
    }

    fn table(database: &Database<'_>, table: &str) -> Result<Self, EngineError> {
        let fail = |error: rusqlite::Error| database.error(&error);
        let connection = &database.connection;
        let mut statement = connection.prepare("SELECT name, pk FROM pragma_table_xinfo(?1)").map_err(fail)?;
        let columns: Vec<(String, u32)> = statement
            .query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))
            .and_then(Iterator::collect)
            .map_err(fail)?;
        let (kind, without_rowid): (String, bool) = connection
            .query_row("SELECT type, wr FROM pragma_table_list WHERE schema = 'main' AND name = ?1", [table], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()
            .map_err(fail)?
            .unwrap_or(("table".into(), false));
        let quoted = quote(table);
        let rowid = ["rowid", "_rowid_", "oid"]
            .into_iter()
            .find(|alias| !columns.iter().any(|(column, _)| column.eq_ignore_ascii_case(alias)))
            .filter(|_| kind == "table" && !without_rowid);
        let mut key: Vec<&(String, u32)> = columns.iter().filter(|(_, position)| *position > 0).collect();
        key.sort_by_key(|(_, position)| *position);
        let order = match rowid {
            Some(rowid) => format!(" ORDER BY {rowid}"),
            None if key.is_empty() => String::new(),
            None => {
                let names: Vec<String> = key.into_iter().map(|(name, _)| quote(name)).collect();
                format!(" ORDER BY {}", names.join(", "))
            }
        };
        Ok(Self {
            sql: format!("SELECT * FROM {quoted}{order}"),
            shown: format!("table `{table}`"),
            rowids: rowid.map(|rowid| format!("SELECT {rowid} FROM {quoted} ORDER BY {rowid}")),
            part: ScanPart::Table,
            parameters: Vec::new(),
        })
    }

    fn query(database: &Database<'_>, query: &SqlText) -> Result<Self, EngineError> {
        let (query, parameters) =
            query.bound(|number| format!("?{number}"), |_, list| format!("({})", list.join(", ")));
        let refuse = |message: &str| {
            let help = "write one statement that begins with `SELECT` or `WITH`";
            Err(database.origin.error_with_help(None, message, help))
        };
        let mut batch = rusqlite::Batch::new(&database.connection, &query);
        let Some(statement) = batch.next().map_err(|error| database.error(&error))? else {
            return refuse("the query is empty");
        };
        // A statement such as PRAGMA only reads as well, but not what is stored.
        let text = statement.expanded_sql().unwrap_or_default();
        let word: String = bare(&text).chars().take_while(char::is_ascii_alphabetic).collect();
        let selects = ["select", "with", "values"].iter().any(|known| word.eq_ignore_ascii_case(known));
        if !selects || !statement.readonly() || statement.column_count() == 0 {
            return refuse("the query is not a SELECT");
        }
        match batch.next() {
            Ok(None) => Ok(Self {
                sql: query.clone(),
                shown: "the query".into(),
                rowids: None,
                part: ScanPart::Query,
                parameters: parameters.iter().map(parameter).collect(),
            }),
            _ => refuse("the query has more than one statement"),
        }
    }

    /// An error in what it gives: of a query, that is the query's.
    pub fn blamed(&self, error: EngineError) -> EngineError {
        if self.part == ScanPart::Query { error.of(self.part) } else { error }
    }

    /// The values to run the statement with.
    pub fn parameters(&self) -> impl rusqlite::Params {
        rusqlite::params_from_iter(&self.parameters)
    }

    /// How the row of that number, from 1, is called in a message.
    pub fn place(&self, database: &Database<'_>, row: usize) -> Result<String, EngineError> {
        let (mut place, mut left) = (None, row);
        self.each_place(database, &mut |rowid| {
            place = Some(rowid);
            left = left.saturating_sub(1);
            left > 0
        })?;
        Ok(match place {
            Some(rowid) if self.rowids.is_some() => format!("the row with rowid {rowid}"),
            _ => format!("row {row} of {}", self.shown),
        })
    }

    /// Calls `show` with the rowid (or the number from 1) of each row until it says false.
    pub fn each_place(&self, database: &Database<'_>, show: &mut dyn FnMut(u64) -> bool) -> Result<(), EngineError> {
        let fail = |error: rusqlite::Error| database.error(&error);
        let mut statement = database.connection.prepare(self.rowids.as_deref().unwrap_or(&self.sql)).map_err(fail)?;
        let mut rows = statement.query(self.parameters()).map_err(fail)?;
        let mut number = 0;
        while let Some(row) = rows.next().map_err(fail)? {
            number += 1;
            let rowid = if self.rowids.is_some() { row.get::<_, i64>(0).map_err(fail)? } else { number };
            // A negative rowid can be made only on purpose; it has no place among places.
            if !show(u64::try_from(rowid).unwrap_or(0)) {
                break;
            }
        }
        Ok(())
    }
}

/// A value as SQLite takes it; dates as the ISO text that its date functions know.
fn parameter(value: &Value) -> rusqlite::types::Value {
    use rusqlite::types::Value as Stored;
    match value {
        Value::Null => Stored::Null,
        Value::Bool(value) => Stored::Integer((*value).into()),
        Value::Int(value) => Stored::Integer(*value),
        Value::Float(value) => Stored::Real(*value),
        other => Stored::Text(other.to_string()),
    }
}

/// The tables and views by name.
fn tables(database: &Database<'_>) -> Result<Vec<String>, EngineError> {
    let sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
               ORDER BY name";
    let mut statement = database.connection.prepare(sql).map_err(|error| database.error(&error))?;
    let names = statement.query_map([], |row| row.get(0)).and_then(Iterator::collect);
    names.map_err(|error| database.error(&error))
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// SQL without the spaces and comments before its first word.
fn bare(sql: &str) -> &str {
    let mut rest = sql.trim_start();
    loop {
        let behind = if let Some(comment) = rest.strip_prefix("--") {
            comment.split_once('\n').map_or("", |(_, behind)| behind)
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, behind)| behind)
        } else {
            return rest;
        };
        rest = behind.trim_start();
    }
}
