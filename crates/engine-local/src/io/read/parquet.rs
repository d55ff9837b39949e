//! Parquet: typed already; what is typed otherwise than our tables is widened if nothing is lost.

use polars::prelude::{Column, DataFrame, DataType as Polars, ParquetReader, SerReader};
use tidemill_core::table::{DataType, EngineError, Scan, Schema};

use super::source_file::SourceFile;
use crate::arrays::types::{known, to_polars};
use crate::error::internal;

/// Reads no rows, only what the files say of their columns.
pub(in crate::io) fn infer(files: &[SourceFile], scan: &Scan) -> Result<Schema, EngineError> {
    let mut all: Option<Schema> = None;
    for origin in files {
        let schema = schema_of(origin, &scan.schema)?;
        all = Some(match all {
            None => schema,
            Some(all) => united(&files[0], all, origin, &schema)?,
        });
    }
    Ok(all.unwrap_or_default())
}

/// The columns of a file, and how they are stored: those that tables cannot hold have no type of ours.
fn columns_of(origin: &SourceFile) -> Result<Vec<(String, Polars, Option<DataType>)>, EngineError> {
    let mut reader = ParquetReader::new(origin.open()?);
    let arrow = reader.schema().map_err(|error| damaged(origin, &error))?;
    let column = |(name, field): (&polars::prelude::PlSmallStr, &polars::prelude::ArrowField)| {
        let stored = Polars::from_arrow_dtype(field.dtype());
        let known = widened(&stored);
        (name.to_string(), stored, known)
    };
    Ok(arrow.iter().map(column).collect())
}

/// The columns that tables can hold; one that is wanted must be among them.
fn schema_of(origin: &SourceFile, wanted: &Schema) -> Result<Schema, EngineError> {
    let columns = columns_of(origin)?;
    let nothing_known = columns.iter().all(|(_, _, known)| known.is_none());
    let is_refused = |name: &str, known: Option<DataType>| known.is_none() && (nothing_known || wanted.contains(name));
    if let Some((name, stored, _)) = columns.iter().find(|(name, _, known)| is_refused(name, *known)) {
        return Err(origin.error_with_help(
            None,
            format!("column `{name}` is of type {stored}, which tables cannot hold"),
            "leave it out, or flatten it, where the file is made",
        ));
    }
    Ok(columns.into_iter().filter_map(|(name, _, known)| Some((name, known?))).collect())
}

/// What is worth knowing of how the first of the files is read.
pub(in crate::io) fn remarks(files: &[SourceFile], _scan: &Scan) -> Result<Vec<String>, EngineError> {
    let Some(origin) = files.first() else { return Ok(Vec::new()) };
    let columns = columns_of(origin)?.into_iter().filter(|(_, _, known)| known.is_none());
    Ok(columns
        .map(|(name, stored, _)| {
            format!("{}: column `{name}` is left out: it is of type {stored}, which tables cannot hold", origin.shown)
        })
        .collect())
}

/// The type of ours that holds a stored one.
fn widened(stored: &Polars) -> Option<DataType> {
    match stored {
        Polars::Int8 | Polars::Int16 | Polars::Int32 => Some(DataType::Int),
        Polars::UInt8 | Polars::UInt16 | Polars::UInt32 | Polars::UInt64 => Some(DataType::Int),
        Polars::Float32 => Some(DataType::Float),
        Polars::Datetime(..) => Some(DataType::Datetime),
        Polars::Categorical(..) | Polars::Enum(..) => Some(DataType::String),
        other => known(other),
    }
}

fn united(first: &SourceFile, all: Schema, origin: &SourceFile, other: &Schema) -> Result<Schema, EngineError> {
    let lacks = |file: &SourceFile, column: &str, than: &SourceFile| {
        file.error(None, format!("has no column `{column}`, which {} has", than.shown))
    };
    if let Some(column) = other.names().find(|column| !all.contains(column)) {
        return Err(lacks(first, column, origin));
    }
    let unite = |name: &str, one: DataType| {
        let two = other.get(name).ok_or_else(|| lacks(origin, name, first))?;
        let both = match (one, two) {
            (one, two) if one == two => one,
            (DataType::Int, DataType::Float) | (DataType::Float, DataType::Int) => DataType::Float,
            (DataType::Null, other) | (other, DataType::Null) => other,
            _ => {
                let message = format!("column `{name}` is of type {two}, but {one} in {}", first.shown);
                return Err(origin.error(None, message));
            }
        };
        Ok((name.to_owned(), both))
    };
    all.fields().iter().map(|field| unite(&field.name, field.data_type)).collect()
}

pub(in crate::io) fn read(files: &[SourceFile], scan: &Scan) -> Result<Vec<DataFrame>, EngineError> {
    files.iter().map(|origin| read_one(origin, &scan.schema)).collect()
}

fn read_one(origin: &SourceFile, schema: &Schema) -> Result<DataFrame, EngineError> {
    let stored = schema_of(origin, schema)?;
    if let Some(missing) = schema.names().find(|name| !stored.contains(name)) {
        return Err(origin.error(None, format!("has no column `{missing}`")));
    }
    let names: Vec<String> = schema.names().map(str::to_owned).collect();
    let frame = ParquetReader::new(origin.open()?)
        .with_columns(Some(names))
        .finish()
        .map_err(|error| damaged(origin, &error))?;
    let columns = schema.fields().iter().map(|field| {
        let column = frame.column(&field.name).map_err(internal)?;
        converted(origin, column, field.data_type)
    });
    DataFrame::new(frame.height(), columns.collect::<Result<_, _>>()?).map_err(internal)
}

fn converted(origin: &SourceFile, column: &Column, wanted: DataType) -> Result<Column, EngineError> {
    let target = to_polars(wanted);
    if *column.dtype() == target {
        return Ok(column.clone());
    }
    let exact = widened(column.dtype()).is_some_and(|stored| {
        stored == wanted || stored == DataType::Null || (stored == DataType::Int && wanted == DataType::Float)
    });
    let column = match column.dtype() {
        // What is stored with a zone is stored as UTC, and stays that.
        Polars::Datetime(unit, Some(_)) => {
            let instants = column.to_physical_repr();
            instants.cast(&Polars::Datetime(*unit, None)).map_err(internal)?
        }
        _ => column.clone(),
    };
    let cast = if exact { column.strict_cast(&target).ok() } else { None };
    cast.ok_or_else(|| {
        let message =
            format!("column `{}` is of type {}, and not all of it fits {wanted}", column.name(), column.dtype());
        origin.error(None, message)
    })
}

/// File and number of rows, given in ascending order.
pub(in crate::io) fn places(files: &[SourceFile], rows: &[u64]) -> Result<Vec<(String, u64)>, EngineError> {
    let mut found = Vec::with_capacity(rows.len());
    let mut before = 0;
    for origin in files {
        let height = ParquetReader::new(origin.open()?).num_rows().map_err(|error| damaged(origin, &error))? as u64;
        let here = rows[found.len()..].iter().take_while(|row| **row < before + height);
        let here: Vec<_> = here.map(|row| (origin.shown.clone(), row - before + 1)).collect();
        found.extend(here);
        before += height;
    }
    Ok(found)
}

fn damaged(origin: &SourceFile, error: &polars::prelude::PolarsError) -> EngineError {
    origin.error(None, format!("is not a whole Parquet file: {error}"))
}
