//! SQLite: the values that are stored decide the types, for a declared type is only a wish there.

mod interruption;
mod open;
mod row_chunks;
mod select;

use polars::prelude::DataFrame;
use rusqlite::types::ValueRef;
use tidemill_core::table::{DataType, EngineError, Field, Scan, Schema};

use self::open::Database;
use self::row_chunks::{RowChunk, each_chunk};
use self::select::Select;
use super::column::{self, Builder, Misfit};
use super::evidence::{Evidence, Tally};
use super::places::places_of;
use super::source_file::SourceFile;

/// Rows for which room is made at first.
const ROWS: usize = 4_096;

pub(in crate::io) fn infer(files: &[SourceFile], scan: &Scan, head: Option<usize>) -> Result<Schema, EngineError> {
    infer_columns(files, scan, head).map(|(schema, _)| schema)
}

/// The columns, and the rows too if they could be built on the way: types are first taken from the scan's schema, else from
/// the first rows, and that these hold for all is known only at the end.
pub(in crate::io) fn infer_and_read(
    files: &[SourceFile],
    scan: &Scan,
) -> Result<(Schema, Option<Vec<DataFrame>>), EngineError> {
    infer_columns(files, scan, None)
}

fn infer_columns(
    files: &[SourceFile],
    scan: &Scan,
    head: Option<usize>,
) -> Result<(Schema, Option<Vec<DataFrame>>), EngineError> {
    let mut all = Tally::new();
    let mut blobs: Vec<String> = Vec::new();
    let mut declared = Schema::new();
    let mut frames = head.is_none().then(Vec::new);
    for origin in files {
        let database = Database::open(origin)?;
        let select = Select::of(&database, scan)?;
        let found =
            look_at(&database, &select, head, frames.is_some(), &scan.schema).map_err(|error| select.blamed(error))?;
        if let Some(Some(row)) = found.blobs.first().filter(|_| found.blobs.iter().all(Option::is_some)) {
            return Err(select.blamed(refused_blob(&database, &select, &found.declared[0].0, *row)?));
        }
        let with_blobs = found.declared.iter().zip(&found.blobs).filter(|(_, blob)| blob.is_some());
        blobs.extend(with_blobs.map(|((name, _), _)| name.clone()));
        for ((name, data_type), seen) in found.declared.iter().zip(found.seen) {
            // A column declared BOOL in which other ints turned up is one of ints.
            *all.entry(name.clone()).or_default() |= seen.without_bool_beside_numbers();
            match data_type {
                Some(data_type) if !declared.contains(name) => declared.set(name, *data_type),
                _ => {}
            }
        }
        match (found.columns, &mut frames) {
            (Some(columns), Some(frames)) => frames.push(column::frame(columns, found.rows)?),
            _ => frames = None,
        }
    }
    let typed = all.into_iter().filter(|(name, _)| !blobs.contains(name)).map(|(name, evidence)| {
        let data_type = data_type_of(evidence, declared.get(&name));
        (name, data_type)
    });
    Ok((typed.collect(), frames))
}

/// The type of a column in which that was seen.
fn data_type_of(evidence: Evidence, declared: Option<DataType>) -> DataType {
    match (evidence, declared) {
        (Evidence::NONE, Some(declared)) => declared,
        (Evidence::BOOL, declared) if declared != Some(DataType::Bool) => DataType::Int,
        _ => evidence.data_type(),
    }
}

/// The columns of a statement, and the types that their tables declare.
type Declared = Vec<(String, Option<DataType>)>;

/// What has been seen of a statement's rows.
struct TableInference<'a> {
    declared: Declared,
    seen: Vec<Evidence>,
    /// The first row in which a column holds a blob, which tables do not: it is left out.
    blobs: Vec<Option<usize>>,
    rows: usize,
    /// Whether the rows are to be kept.
    keep: bool,
    /// The columns that must be there, of types to try.
    wanted: &'a Schema,
    /// The rows, as long as all of them fit.
    columns: Option<Vec<Builder>>,
}

/// A blob in a column that must be there.
struct Blob {
    row: usize,
    column: usize,
}

impl TableInference<'_> {
    fn take(&mut self, part: &RowChunk) -> Result<(), Blob> {
        for (number, row) in part.rows().enumerate() {
            for (at, value) in row.enumerate() {
                self.seen[at] |= match value {
                    ValueRef::Null => Evidence::NONE,
                    ValueRef::Integer(0 | 1) if self.declared[at].1 == Some(DataType::Bool) => Evidence::BOOL,
                    ValueRef::Integer(value) => Evidence::of_int(value),
                    ValueRef::Real(_) => Evidence::FLOAT,
                    ValueRef::Text(_) => Evidence::TEXT,
                    ValueRef::Blob(_) if self.wanted.contains(&self.declared[at].0) => {
                        return Err(Blob { row: self.rows + number + 1, column: at });
                    }
                    ValueRef::Blob(_) => {
                        self.blobs[at].get_or_insert(self.rows + number + 1);
                        Evidence::NONE
                    }
                };
            }
        }
        if self.rows == 0 && self.keep {
            self.columns = Some(Builder::all(&self.guess(), ROWS));
        }
        if let Some(columns) = &mut self.columns {
            let fit = |mut row| columns.iter_mut().zip(&mut row).all(|(column, value)| add(column, value).is_ok());
            if !part.rows().all(fit) {
                self.columns = None;
            }
        }
        self.rows += part.len();
        Ok(())
    }

    /// The types that the columns will probably have.
    fn guess(&self) -> Schema {
        let typed = self.declared.iter().zip(&self.seen).map(|((name, declared), seen)| {
            let inferred = || data_type_of(seen.without_bool_beside_numbers(), *declared);
            let data_type = self.wanted.get(name).unwrap_or_else(inferred);
            (name.clone(), data_type)
        });
        typed.collect()
    }
}

fn look_at<'a>(
    database: &Database<'_>,
    select: &Select,
    head: Option<usize>,
    keep: bool,
    wanted: &'a Schema,
) -> Result<TableInference<'a>, EngineError> {
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
    let width = declared.len();
    let (seen, blobs) = (vec![Evidence::NONE; width], vec![None; width]);
    let mut inference = TableInference { declared, seen, blobs, rows: 0, keep, wanted, columns: None };
    let rows = statement.query(select.parameters()).map_err(fail)?;
    match each_chunk(database, rows, width, head, |part| inference.take(part))? {
        Ok(()) => Ok(inference),
        Err(Blob { row, column }) => Err(refused_blob(database, select, &inference.declared[column].0, row)?),
    }
}

/// That a column that must be there holds a blob in that row.
fn refused_blob(
    database: &Database<'_>,
    select: &Select,
    column: &str,
    row: usize,
) -> Result<EngineError, EngineError> {
    Ok(database.origin.error_with_help(
        None,
        format!("column `{column}` holds a blob in {}", select.place(database, row)?),
        "leave the column out with a `query`, or turn it into text there with `hex(…)`",
    ))
}

/// What is worth knowing of how the first of the files is read.
pub(in crate::io) fn remarks(files: &[SourceFile], scan: &Scan) -> Result<Vec<String>, EngineError> {
    let Some(origin) = files.first().filter(|_| !scan.is_selection) else { return Ok(Vec::new()) };
    let database = Database::open(origin)?;
    let select = Select::of(&database, scan)?;
    let statement = database.connection.prepare(&select.sql).map_err(|error| database.error(&error))?;
    let left_out = statement.column_names().filter(|name| !scan.schema.contains(name));
    let remark = |name: &str| {
        format!(
            "{}: column `{name}` of {} is left out: it holds blobs, which tables cannot",
            origin.shown, select.shown
        )
    };
    Ok(left_out.map(remark).collect())
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

pub(in crate::io) fn read(files: &[SourceFile], scan: &Scan) -> Result<Vec<DataFrame>, EngineError> {
    files.iter().map(|origin| read_one(origin, scan)).collect()
}

fn read_one(origin: &SourceFile, scan: &Scan) -> Result<DataFrame, EngineError> {
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
    // The place of each of the statement's columns among the wanted ones.
    let wanted: Vec<Option<usize>> = (0..names.len()).map(|at| positions.iter().position(|from| *from == at)).collect();
    let mut columns = Builder::all(&scan.schema, ROWS);
    let rows = statement.query(select.parameters()).map_err(fail)?;
    let mut count = 0;
    let took = each_chunk(&database, rows, names.len(), None, |part| {
        for row in part.rows() {
            count += 1;
            for (value, wanted) in row.zip(&wanted) {
                let Some(at) = *wanted else { continue };
                add(&mut columns[at], value).map_err(|_| (count, at, shown(value)))?;
            }
        }
        Ok(())
    })?;
    if let Err((row, at, value)) = took {
        let (column, place) = (&columns[at], select.place(&database, row)?);
        return Err(origin.error_with_help(
            None,
            format!("column `{}` in {place}: {value} is not of type {}", column.name(), column.data_type()),
            "correct the value, or load the column as string and convert it in a `normalize` task",
        ));
    }
    column::frame(columns, count)
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
pub(in crate::io) fn places(
    files: &[SourceFile],
    scan: &Scan,
    rows: &[u64],
) -> Result<Vec<(String, u64)>, EngineError> {
    places_of(files, rows, |origin, next| {
        let database = Database::open(origin)?;
        Select::of(&database, scan)?.each_place(&database, next)
    })
}
