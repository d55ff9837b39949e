//! Reading sources: from files to the columns of a [`Scan`].
//!
//! Every format is read in two steps that agree with each other: [`infer`] looks at the values and decides the type of each
//! column, [`read`] turns the values into exactly those types and refuses what does not fit. So a schema that came from the
//! head of a file is never silently widened or narrowed when the whole file is read.

mod arrow_type;
mod column;
pub(super) mod csv;
mod encoding;
mod evidence;
mod filename;
mod foreign;
mod header;
pub(super) mod json;
mod nested;
pub(super) mod parquet;
mod parquet_bounds;
mod parquet_pages;
pub(super) mod parquet_view;
mod places;
pub(crate) mod remedy;
pub(crate) mod source_file;
pub(crate) mod source_rows;
pub(super) mod sqlite;
#[cfg(test)]
mod tests;
mod text;
pub(super) mod xlsx;

use polars::prelude::DataFrame;
use tidemill_core::table::{EngineError, Field, Scan, Schema};

use self::source_file::SourceFile;
use self::source_rows::SourceRows;
use super::formats::FormatCodec;
use crate::arrays::types;
use crate::error::internal;

/// The columns of a source: of the first `head` rows, or of all of it. Columns that the scan's schema names must be such
/// that tables can hold them.
///
/// # Errors
/// If a file cannot be read as what it should be.
pub fn infer(
    codec: &dyn FormatCodec,
    files: &[SourceFile],
    scan: &Scan,
    head: Option<usize>,
) -> Result<Schema, EngineError> {
    filename::with_file(codec.infer(files, &filename::own_columns(scan), head)?, files, scan)
}

/// The columns of the whole of a source and, where it was no more work, its rows: all columns, of the types that the scan's
/// schema gives or, without one, that will probably be asked for. They are what [`read`] gives for a schema of these types.
///
/// # Errors
/// If a file cannot be read as what it should be.
pub fn infer_and_read(
    codec: &dyn FormatCodec,
    files: &[SourceFile],
    scan: &Scan,
) -> Result<(Schema, Option<DataFrame>), EngineError> {
    if scan.options.filename.is_some() {
        return Ok((infer(codec, files, scan, None)?, None));
    }
    let (schema, frames) = codec.infer_and_read(files, scan)?;
    let rows = frames.map(|frames| one(frames, &scan.schema)).transpose();
    // Files of different columns do not go together before somebody says which are wanted.
    Ok((schema, rows.ok().flatten()))
}

/// The rows of a source: exactly the columns of `scan.schema`, in that order and of those types; files in their order. And what
/// there is to say of them.
///
/// # Errors
/// If a file cannot be read, lacks a column, or holds a value that does not fit the type of its column.
pub fn read(
    codec: &dyn FormatCodec,
    files: &[SourceFile],
    scan: &Scan,
) -> Result<(DataFrame, Vec<String>), EngineError> {
    let SourceRows { frames, warnings } = filename::read(codec, files, scan)?;
    Ok((one(frames, &scan.schema)?, warnings))
}

/// What is worth knowing of how the source is read.
///
/// # Errors
/// If a file cannot be read.
pub fn remarks(codec: &dyn FormatCodec, files: &[SourceFile], scan: &Scan) -> Result<Vec<String>, EngineError> {
    codec.remarks(files, &filename::own_columns(scan))
}

/// The frames below each other.
///
/// # Errors
/// If they do not have the same columns.
pub fn one(frames: Vec<DataFrame>, schema: &Schema) -> Result<DataFrame, EngineError> {
    let mut frames = frames.into_iter();
    let Some(mut all) = frames.next() else {
        return types::empty(schema);
    };
    for frame in frames {
        all.vstack_mut_owned(frame).map_err(internal)?;
    }
    all.rechunk_mut();
    Ok(all)
}

/// The columns that [`read`] would give, out of rows that were read before it was known which are wanted; None if a column is
/// not there or of another type.
pub fn columns_of(rows: &DataFrame, schema: &Schema) -> Option<DataFrame> {
    let column = |field: &Field| {
        let column = rows.column(&field.name).ok()?;
        (types::known(column.dtype()) == Some(field.data_type)).then(|| column.clone())
    };
    let columns = schema.fields().iter().map(column).collect::<Option<_>>()?;
    DataFrame::new(rows.height(), columns).ok()
}

/// Where rows come from: for each 0-based row number of the table that [`read`] gives, the file and the place in it, from 1.
///
/// The place is the line on which the record starts (CSV, JSON, NDJSON), the rowid (tables of SQLite), or the number of
/// the row in its file.
///
/// # Errors
/// If a file cannot be read any more.
pub fn places(
    codec: &dyn FormatCodec,
    files: &[SourceFile],
    scan: &Scan,
    rows: &[u64],
) -> Result<Vec<(String, u64)>, EngineError> {
    let mut wanted: Vec<u64> = rows.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let found = codec.places(files, scan, &wanted)?;
    rows.iter()
        .map(|row| {
            let place = wanted.binary_search(row).ok().and_then(|at| found.get(at));
            place.cloned().ok_or_else(|| EngineError::Internal(format!("the source has no row {row}")))
        })
        .collect()
}
