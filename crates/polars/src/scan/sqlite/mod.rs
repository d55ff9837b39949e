//! SQLite: the values that are stored decide the types, for a declared type is only a wish there.

mod open;
mod select;

use polars::prelude::DataFrame;
use rusqlite::types::ValueRef;
use tidemill_core::table::{DataType, EngineError, Field, Scan, Schema};

use self::open::Database;
use self::select::Select;
use super::column::{self, Builder, Misfit};
use super::evidence::{self, Evidence, Tally};
use super::origin::Origin;

/// Rows for which room is made at first.
const ROWS: usize = 4_096;

pub(super) fn infer(files: &[Origin], scan: &Scan, head: Option<usize>) -> Result<Schema, EngineError> {
    let mut all = Tally::new();
    let mut declared = Schema::new();
    for origin in files {
        let database = Database::open(origin)?;
        let select = Select::of(&database, scan)?;
        let (tally, types) = evidence_of(&database, &select, head)?;
        evidence::merge(&mut all, tally);
        for (name, data_type) in types {
            match data_type {
                Some(data_type) if !declared.contains(&name) => declared.set(name, data_type),
                _ => {}
            }
        }
    }
    let typed = all.into_iter().map(|(name, evidence)| {
        let data_type = match (evidence, declared.get(&name)) {
            (Evidence::NONE, Some(declared)) => declared,
            (Evidence::BOOL, declared) if declared != Some(DataType::Bool) => DataType::Int,
            _ => evidence.data_type(),
        };
        (name, data_type)
    });
    Ok(typed.collect())
}

type Declared = Vec<(String, Option<DataType>)>;

fn evidence_of(
    database: &Database<'_>,
    select: &Select,
    head: Option<usize>,
) -> Result<(Tally, Declared), EngineError> {
    let fail = |error: rusqlite::Error| database.error(&error);
    let mut statement = database.connection.prepare(&select.sql).map_err(fail)?;
    let declared: Declared =
        statement.columns().map(|column| (column.name().to_owned(), declared(column.decl_type()))).collect();
    for (at, (name, _)) in declared.iter().enumerate() {
        if let Some(first) = declared[..at].iter().position(|(other, _)| other == name) {
            let message = format!("columns {} and {} of the query are both called `{name}`", first + 1, at + 1);
            return Err(database.origin.error_with_help(None, message, "rename one of them with `AS`"));
        }
    }
    let mut seen = vec![Evidence::NONE; declared.len()];
    let mut rows = statement.query(select.parameters()).map_err(fail)?;
    let mut row_number = 0;
    while head.is_none_or(|head| row_number < head) {
        let Some(row) = rows.next().map_err(fail)? else { break };
        row_number += 1;
        for (at, seen) in seen.iter_mut().enumerate() {
            *seen |= match row.get_ref(at).map_err(fail)? {
                ValueRef::Null => Evidence::NONE,
                ValueRef::Integer(0 | 1) if declared[at].1 == Some(DataType::Bool) => Evidence::BOOL,
                ValueRef::Integer(value) => Evidence::of_int(value),
                ValueRef::Real(_) => Evidence::FLOAT,
                ValueRef::Text(_) => Evidence::TEXT,
                ValueRef::Blob(_) => {
                    return Err(database.origin.error_with_help(
                        None,
                        format!("column `{}` holds a blob in {}", declared[at].0, select.place(database, row_number)?),
                        "leave the column out with a `query`, or turn it into text there with `hex(…)`",
                    ));
                }
            };
        }
    }
    // A column declared BOOL in which other ints turned up is one of ints.
    let sober = |evidence: Evidence| evidence.without_bool_beside_numbers();
    let tally = declared.iter().zip(seen).map(|((name, _), evidence)| (name.clone(), sober(evidence))).collect();
    Ok((tally, declared))
}

/// What a declared type says of a column without values.
fn declared(text: Option<&str>) -> Option<DataType> {
    let upper = text?.to_ascii_uppercase();
    let says = |words: &[&str]| words.iter().any(|word| upper.contains(word));
    if says(&["BOOL"]) {
        Some(DataType::Bool)
    } else if says(&["INT"]) {
        Some(DataType::Int)
    } else if says(&["REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL"]) {
        Some(DataType::Float)
    } else {
        None
    }
}

pub(super) fn read(files: &[Origin], scan: &Scan) -> Result<Vec<DataFrame>, EngineError> {
    files.iter().map(|origin| read_one(origin, scan)).collect()
}

fn read_one(origin: &Origin, scan: &Scan) -> Result<DataFrame, EngineError> {
    let database = Database::open(origin)?;
    let select = Select::of(&database, scan)?;
    let fail = |error: rusqlite::Error| database.error(&error);
    let mut statement = database.connection.prepare(&select.sql).map_err(fail)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let position = |field: &Field| {
        let found = names.iter().position(|name| *name == field.name);
        found.ok_or_else(|| origin.error(None, format!("has no column `{}` in {}", field.name, select.shown)))
    };
    let positions: Vec<usize> = scan.schema.fields().iter().map(position).collect::<Result<_, _>>()?;
    let mut columns = Builder::all(&scan.schema, ROWS);
    let mut rows = statement.query(select.parameters()).map_err(fail)?;
    let mut row_number = 0;
    while let Some(row) = rows.next().map_err(fail)? {
        row_number += 1;
        for (&at, column) in positions.iter().zip(&mut columns) {
            let value = row.get_ref(at).map_err(fail)?;
            if add(column, value).is_err() {
                let place = select.place(&database, row_number)?;
                let (name, data_type) = (column.name(), column.data_type());
                return Err(origin.error_with_help(
                    None,
                    format!("column `{name}` in {place}: {} is not of type {data_type}", shown(value)),
                    "correct the value, or load the column as string and convert it in a `normalize` task",
                ));
            }
        }
    }
    column::frame(columns, row_number)
}

fn add(column: &mut Builder, value: ValueRef<'_>) -> Result<(), Misfit> {
    match value {
        ValueRef::Null => column.null(),
        ValueRef::Integer(value) => column.int(value)?,
        ValueRef::Real(value) => column.float(value)?,
        ValueRef::Text(bytes) => column.string(std::str::from_utf8(bytes).map_err(|_| Misfit)?)?,
        ValueRef::Blob(_) => return Err(Misfit),
    }
    Ok(())
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".into(),
        ValueRef::Integer(value) => format!("`{value}`"),
        ValueRef::Real(value) => format!("`{value}`"),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => format!("the text `{}`", text.chars().take(80).collect::<String>()),
            Err(_) => "a text that is not valid UTF-8".into(),
        },
        ValueRef::Blob(_) => "a blob".into(),
    }
}

/// File and rowid (of a query: number) of rows, given in ascending order.
pub(super) fn places(files: &[Origin], scan: &Scan, rows: &[u64]) -> Result<Vec<(String, u64)>, EngineError> {
    let mut found = Vec::with_capacity(rows.len());
    let mut before = 0;
    for origin in files {
        let database = Database::open(origin)?;
        let select = Select::of(&database, scan)?;
        let total = select.each_place(&database, |row, place| {
            if rows.get(found.len()) == Some(&(before + row)) {
                found.push((origin.shown.clone(), place));
            }
            found.len() < rows.len()
        })?;
        before += total;
    }
    Ok(found)
}
