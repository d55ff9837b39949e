//! SQLite: one table in a file of its own.
//!
//! A decimal of up to 15 digits is stored as a number, for a float gives all of them back; a longer one as text, so that no
//! digit is lost. Their columns are declared without a type, because every type that sounds like a number would let SQLite
//! turn those texts into floats. Dates and times are ISO 8601 texts.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use polars::prelude::DataFrame;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, params_from_iter};
use tidemill_core::table::{Sink, Written};

use super::blocks::columns;
use super::cells::{Cell, Cells};
use super::not_finite::NotFinite;

/// A float holds every decimal of so many digits, and prints them back.
const EXACT_DIGITS: u32 = 15;

pub(in crate::io) fn write(frame: &DataFrame, sink: &Sink, path: &Path) -> Result<Written, String> {
    let columns = columns(frame)?;
    if columns.is_empty() {
        return Err("a table of SQLite needs at least one column".into());
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.to_string()),
        _ => {}
    }
    insert(&columns, frame.height(), &sink.table, path).map_err(|error| match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message,
        other => other.to_string(),
    })?;
    let mut lost = NotFinite::new(|value| !value.is_nan());
    lost.count(&columns);
    Ok(Written { digest: None, warnings: lost.warnings(sink, "SQLite stores no such numbers") })
}

fn insert(columns: &[(&str, Cells<'_>)], rows: usize, table: &str, path: &Path) -> rusqlite::Result<()> {
    let mut connection = Connection::open(path)?;
    // The file is new and replaced as a whole if this fails, so no journal is needed.
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let declared: Vec<String> =
        columns.iter().map(|(name, cells)| format!("{} {}", quote(name), declared(cells))).collect();
    let places = vec!["?"; columns.len()].join(", ");
    let transaction = connection.transaction()?;
    transaction.execute(&format!("CREATE TABLE {} ({})", quote(table), declared.join(", ")), [])?;
    let mut statement = transaction.prepare(&format!("INSERT INTO {} VALUES ({places})", quote(table)))?;
    for row in 0..rows {
        statement.execute(params_from_iter(columns.iter().map(|(_, cells)| stored(cells.get(row)))))?;
    }
    drop(statement);
    transaction.commit()
}

fn declared(cells: &Cells<'_>) -> &'static str {
    match cells {
        Cells::Bool(_) => "BOOLEAN",
        Cells::Int(_) => "INTEGER",
        Cells::Float(_) => "REAL",
        Cells::Decimal(..) | Cells::Null => "",
        Cells::String(_) | Cells::Date(_) | Cells::Datetime(_) | Cells::Time(_) => "TEXT",
    }
}

fn stored(cell: Cell<'_>) -> ToSqlOutput<'_> {
    let value = match cell {
        Cell::String(text) => return ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        Cell::Null => Value::Null,
        Cell::Bool(value) => Value::Integer(i64::from(value)),
        Cell::Int(value) => Value::Integer(value),
        Cell::Float(value) => Value::Real(value),
        Cell::Decimal(unscaled, _) if unscaled.unsigned_abs() < 10_u128.pow(EXACT_DIGITS) => {
            cell.text().parse().map_or(Value::Null, Value::Real)
        }
        Cell::Decimal(..) | Cell::Date(_) | Cell::Datetime(_) | Cell::Time(_) => Value::Text(cell.text()),
    };
    ToSqlOutput::Owned(value)
}
