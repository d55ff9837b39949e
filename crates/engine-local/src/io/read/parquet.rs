//! Parquet: typed already; what is typed otherwise than our tables is widened if nothing is lost.

use std::fs::File;
use std::io::{Cursor, Read};
use std::os::unix::fs::FileExt;
use std::slice;

use polars::io::mmap::MmapBytesReader;
use polars::prelude::{
    ArrowDataType, ChunkApply, Column, DataFrame, DataType as Polars, IntoColumn, ParquetReader, PolarsError,
    PolarsResult, SerReader, Series, TimeUnit,
};
use tidemill_core::format::quantity;
use tidemill_core::table::{DataType, EngineError, Scan, Schema, SourceCounts};

use super::arrow_type::{held_as, is_noted_otherwise, shown};
use super::nested;
use super::parquet_pages;
use super::source_file::SourceFile;
use super::source_rows::SourceRows;
use crate::arrays::types::{NANOS, times, to_polars};
use crate::error::internal;
use crate::runtime::{memory, panic_hook};

/// The bytes that a file ends with: four that say how long its metadata are, and four letters.
const LENGTH_AND_NAME: u64 = 8;

/// Reads no rows, only what the files say of their columns.
pub(in crate::io) fn infer(files: &[SourceFile], scan: &Scan) -> Result<Schema, EngineError> {
    let mut all: Option<Schema> = None;
    for origin in files {
        let schema = schema_of(origin, &columns_of(origin)?, &scan.schema)?;
        all = Some(match all {
            None => schema,
            Some(all) => united(&files[0], all, origin, &schema)?,
        });
    }
    Ok(all.unwrap_or_default())
}

/// The file, with what it says of itself, which stands at its end: how long that is, and the name of the format, are last.
fn opened(origin: &SourceFile) -> Result<File, EngineError> {
    let file = origin.open()?;
    let Some(end) = origin.parts.as_ref().map(|copy| copy.length()) else { return Ok(file) };
    let mut length = [0; LENGTH_AND_NAME as usize];
    let last = end.saturating_sub(LENGTH_AND_NAME);
    origin.fetch(slice::from_ref(&(last..end)))?;
    file.read_exact_at(&mut length, last).map_err(|error| origin.io_error(&error))?;
    let [a, b, c, d, ..] = length;
    let begins = last.saturating_sub(u32::from_le_bytes([a, b, c, d]).into());
    origin.fetch(slice::from_ref(&(begins..end)))?;
    Ok(file)
}

/// The columns of a file, by the names and types that it says they have.
fn columns_of(origin: &SourceFile) -> Result<Vec<(String, ArrowDataType)>, EngineError> {
    let mut reader = ParquetReader::new(opened(origin)?);
    let schema = undamaged(origin, || reader.schema())?;
    Ok(schema.iter().map(|(name, field)| (name.to_string(), field.dtype().clone())).collect())
}

/// The columns that tables can hold; one that is wanted must be among them.
fn schema_of(origin: &SourceFile, columns: &[(String, ArrowDataType)], wanted: &Schema) -> Result<Schema, EngineError> {
    let nothing_held = columns.iter().all(|(_, stored)| held_as(stored).is_none());
    let is_refused = |name: &str, stored| held_as(stored).is_none() && (nothing_held || wanted.contains(name));
    if let Some((name, stored)) = columns.iter().find(|(name, stored)| is_refused(name, stored)) {
        return Err(origin.error_with_help(
            None,
            format!("column `{name}` is of type {}, which tables cannot hold", shown(stored)),
            "leave it out, or flatten it, where the file is made",
        ));
    }
    Ok(columns.iter().filter_map(|(name, stored)| Some((name.as_str(), held_as(stored)?))).collect())
}

/// What is worth knowing of how the first of the files is read.
pub(in crate::io) fn remarks(files: &[SourceFile], scan: &Scan) -> Result<Vec<String>, EngineError> {
    let Some(origin) = files.first().filter(|_| !scan.is_selection) else { return Ok(Vec::new()) };
    let left_out = |(name, stored): &(String, ArrowDataType)| {
        let (file, stored) = (&origin.shown, shown(stored));
        format!("{file}: column `{name}` is left out: it is of type {stored}, which tables cannot hold")
    };
    Ok(columns_of(origin)?.iter().filter(|(_, stored)| held_as(stored).is_none()).map(left_out).collect())
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

pub(in crate::io) fn read(files: &[SourceFile], scan: &Scan) -> Result<SourceRows, EngineError> {
    let mut all = SourceRows::default();
    for origin in files {
        let frame = read_one(origin, &scan.schema, &mut all.warnings)?;
        all.frames.push(frame);
    }
    Ok(all)
}

/// What a value of a list takes at least.
const LEAST_BYTES: u128 = 8;

fn read_one(origin: &SourceFile, schema: &Schema, warnings: &mut Vec<String>) -> Result<DataFrame, EngineError> {
    let columns = columns_of(origin)?;
    let held = schema_of(origin, &columns, schema)?;
    if let Some(missing) = schema.names().find(|name| !held.contains(name)) {
        return Err(origin.error(None, format!("has no column `{missing}`")));
    }
    let wanted: Vec<&(String, ArrowDataType)> = columns.iter().filter(|(name, _)| schema.contains(name)).collect();
    let names = |columns: &[&(String, ArrowDataType)]| columns.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let file = origin.open()?;
    let mut reader = ParquetReader::new(opened(origin)?);
    let parts = undamaged(origin, || Ok(parquet_pages::parts_of(reader.get_metadata()?, &names(&wanted))))?;
    origin.fetch(&parts)?;
    let of_lists = undamaged(origin, || parquet_pages::look_at(&file, reader.get_metadata()?, &names(&wanted)))?;
    memory::room_for(of_lists * LEAST_BYTES, || format!("the values in the lists of {}", origin.shown))?;
    let (otherwise, as_noted) = wanted.iter().copied().partition::<Vec<_>, _>(|(_, stored)| is_noted_otherwise(stored));
    let mut frame = selected(origin, origin.open()?, names(&as_noted))?;
    if !otherwise.is_empty() {
        for column in selected(origin, without_noted_types(origin)?, names(&otherwise))?.into_columns() {
            frame.with_column(column).map_err(internal)?;
        }
    }
    let columns = schema.fields().iter().map(|field| {
        let column = frame.column(&field.name).map_err(internal)?;
        // That it is there has been looked at above.
        let stored =
            wanted.iter().find(|(name, _)| *name == field.name).map_or(&ArrowDataType::Null, |(_, stored)| stored);
        column_as(origin, column, stored, field.data_type, warnings)
    });
    DataFrame::new(frame.height(), columns.collect::<Result<_, _>>()?).map_err(internal)
}

/// The column of a stored type as the one that is wanted of it.
pub(super) fn column_as(
    origin: &SourceFile,
    column: &Column,
    stored: &ArrowDataType,
    wanted: DataType,
    warnings: &mut Vec<String>,
) -> Result<Column, EngineError> {
    if !nested::is_nested(stored) {
        warnings.extend(lost_nanoseconds(origin, column)?);
        return converted(origin, column, held_as(stored), wanted);
    }
    let mut flat = |inner: Series, stored: &ArrowDataType| {
        let inner = inner.with_name(column.name().clone()).into_column();
        let held = held_as(stored).unwrap_or(DataType::Null);
        Ok(column_as(origin, &inner, stored, held, warnings)?.take_materialized_series())
    };
    let json = nested::json(column.as_materialized_series(), stored, &mut flat)?;
    converted(origin, &json.with_name(column.name().clone()).into_column(), Some(DataType::String), wanted)
}

fn selected<R: MmapBytesReader>(origin: &SourceFile, file: R, names: Vec<String>) -> Result<DataFrame, EngineError> {
    undamaged(origin, || ParquetReader::new(file).with_columns(Some(names)).finish())
}

/// The file without the types that its writer has noted beside those of Parquet. The reader takes times that are noted as
/// seconds for such, though Parquet stores milliseconds.
fn without_noted_types(origin: &SourceFile) -> Result<Cursor<Vec<u8>>, EngineError> {
    const NOTE: &[u8] = b"ARROW:schema";
    let mut bytes = Vec::new();
    origin.open()?.read_to_end(&mut bytes).map_err(|error| origin.error(None, error.to_string()))?;
    // The last of its metadata: another name of the same length hides it.
    if let Some(at) = bytes.windows(NOTE.len()).rposition(|window| window == NOTE) {
        bytes[at] = b'_';
    }
    Ok(Cursor::new(bytes))
}

/// Says how many values have a fraction of a microsecond, which tables do not keep.
fn lost_nanoseconds(origin: &SourceFile, column: &Column) -> Result<Option<String>, EngineError> {
    if !matches!(column.dtype(), Polars::Datetime(TimeUnit::Nanoseconds, _) | Polars::Time) {
        return Ok(None);
    }
    let physical = column.to_physical_repr();
    let nanos = physical.i64().map_err(internal)?;
    let lost = nanos.iter().flatten().filter(|nanos| nanos % NANOS != 0).count() as u64;
    Ok((lost > 0).then(|| {
        let values = quantity(lost, "value");
        format!("{}: {values} of column `{}` lost nanoseconds: tables keep microseconds", origin.shown, column.name())
    }))
}

/// The column as the type that is wanted of it, which is the one it is held as or a wider one.
fn converted(
    origin: &SourceFile,
    column: &Column,
    held: Option<DataType>,
    wanted: DataType,
) -> Result<Column, EngineError> {
    let target = to_polars(wanted);
    let is_exact = held.is_some_and(|held| {
        let is_wider = matches!((held, wanted), (DataType::Int, DataType::Float | DataType::Decimal { .. }));
        held == wanted || held == DataType::Null || is_wider
    });
    let column = match column.dtype() {
        Polars::Time if wanted == DataType::Time => return whole_micros(column),
        same if *same == target => return Ok(column.clone()),
        // What is stored with a zone is stored as UTC, and stays that.
        Polars::Datetime(unit, Some(_)) => {
            let instants = column.to_physical_repr();
            instants.cast(&Polars::Datetime(*unit, None)).map_err(internal)?
        }
        _ => column.clone(),
    };
    let cast = if is_exact { column.strict_cast(&target).ok() } else { None };
    cast.ok_or_else(|| misfit(origin, &column, is_exact, wanted))
}

fn misfit(origin: &SourceFile, column: &Column, is_exact: bool, wanted: DataType) -> EngineError {
    let (name, held) = (column.name(), column.dtype());
    if !is_exact {
        return origin.error(None, format!("column `{name}` is of type {held}, not {wanted}"));
    }
    let message = format!("column `{name}` is of type {held}, and not all of it fits {wanted}");
    if *held != Polars::UInt64 {
        return origin.error(None, message);
    }
    origin.error_with_help(None, message, "say `decimal(20,0)` in `columns`, which holds all of it")
}

/// Times of day without what is below a microsecond.
fn whole_micros(column: &Column) -> Result<Column, EngineError> {
    let physical = column.to_physical_repr();
    let nanos = physical.i64().map_err(internal)?.apply_values(|nanos| nanos - nanos.rem_euclid(NANOS));
    Ok(times(nanos).into_column())
}

/// File and number of rows, given in ascending order.
pub(in crate::io) fn places(files: &[SourceFile], rows: &[u64]) -> Result<Vec<(String, u64)>, EngineError> {
    let mut found = Vec::with_capacity(rows.len());
    let mut before = 0;
    for origin in files {
        let mut reader = ParquetReader::new(opened(origin)?);
        let height = undamaged(origin, || reader.num_rows())? as u64;
        let here = rows[found.len()..].iter().take_while(|row| **row < before + height);
        let here: Vec<_> = here.map(|row| (origin.shown.clone(), row - before + 1)).collect();
        found.extend(here);
        before += height;
    }
    Ok(found)
}

/// Rows, and NULLs of the columns of the scan, as the ends of the files tell them.
pub(in crate::io) fn counts(files: &[SourceFile], scan: &Scan) -> Result<SourceCounts, EngineError> {
    let mut all = SourceCounts { rows: 0, nulls: Some(vec![0; scan.schema.len()]) };
    for origin in files {
        let mut reader = ParquetReader::new(opened(origin)?);
        let metadata = undamaged(origin, || reader.get_metadata().cloned())?;
        all.rows += metadata.num_rows as u64;
        let here = scan.schema.names().map(|name| parquet_pages::nulls_of(&metadata, name));
        all.nulls =
            all.nulls.and_then(|sums| sums.into_iter().zip(here).map(|(sum, nulls)| Some(sum + nulls?)).collect());
    }
    Ok(all)
}

/// What the reader finds. There is damage at which it panics instead of saying so.
pub(super) fn undamaged<T>(origin: &SourceFile, read: impl FnOnce() -> PolarsResult<T>) -> Result<T, EngineError> {
    let damaged = |said: String| origin.error(None, format!("is not a whole Parquet file: {said}"));
    match panic_hook::caught(read) {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(PolarsError::Duplicate(said))) => {
            Err(origin.error(None, format!("has two columns of one name, which a table cannot: {said}")))
        }
        Ok(Err(error)) => Err(damaged(error.to_string())),
        Err(panic) => Err(damaged(panic)),
    }
}
