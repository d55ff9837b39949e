//! JSON and NDJSON: objects to rows.
//!
//! A key is a column; the keys of an object inside an object are columns named `outer.inner`. What is nested deeper, and
//! every array, is kept as its JSON text. Objects may stand in an array, one after another, or in an array inside an object;
//! an object without such an array is one row. Numbers are judged by how they are written, as in CSV; texts stay texts.

mod cell;
mod document;

use indexmap::IndexMap;
use polars::prelude::DataFrame;
use polars_core::runtime::RAYON;
use rayon::prelude::*;
use tidemill_core::table::{EngineError, Scan, Schema};

use self::cell::{JsonCell, JsonFault};
use self::document::{Document, Object};
use super::column::{self, Builder};
use super::evidence::{self, Evidence, Tally};
use super::places::{LineCounter, places_of};
use super::source_file::SourceFile;
use crate::runtime::memory;

/// Objects that are worked on together.
const CHUNK_ROWS: usize = 8_192;
/// Reads so much of a file for its head, and more if that is not enough.
const HEAD_BYTES: usize = 1 << 18;

pub(in crate::io) fn infer(
    files: &[SourceFile],
    scan: &Scan,
    head: Option<usize>,
    lines: bool,
) -> Result<Schema, EngineError> {
    let mut all = Tally::new();
    let mut left = head;
    for origin in files {
        let document = match left {
            Some(0) => break,
            Some(rows) => Document::head(origin, scan, lines, rows, HEAD_BYTES)?,
            None => Document::whole(origin, scan, lines)?,
        };
        let objects = document.objects(left.unwrap_or(usize::MAX))?;
        left = left.map(|left| left.saturating_sub(objects.list.len()));
        let one = |part| origin.unless_cancelled(|| evidence_of(part, &scan.options.null_values));
        let parts: Vec<_> = RAYON.install(|| objects.list.par_chunks(CHUNK_ROWS).map(one).collect());
        for part in parts {
            evidence::merge(&mut all, part?.map_err(|fault| document.explain(fault))?);
        }
    }
    Ok(evidence::schema(all))
}

fn evidence_of(objects: &[Object<'_>], nulls: &[String]) -> Result<Tally, JsonFault> {
    let mut tally = Tally::new();
    // The number of the last object that had the key, from 1.
    let mut last: Vec<usize> = Vec::new();
    for (row, object) in (1..).zip(objects) {
        cell::each(object, nulls, |key, cell| {
            let seen = match cell {
                JsonCell::Null => Evidence::NONE,
                JsonCell::Bool(_) => Evidence::BOOL,
                JsonCell::Number(text) => super::text::classify(text),
                JsonCell::Text(_) => Evidence::TEXT,
            };
            match tally.get_full_mut(key) {
                Some((at, ..)) if last[at] == row => return Err(cell::twice(object, key)),
                Some((at, _, evidence)) => {
                    *evidence |= seen;
                    last[at] = row;
                }
                None => {
                    tally.insert(key.to_owned(), seen);
                    last.push(row);
                }
            }
            Ok(())
        })?;
    }
    Ok(tally)
}

pub(in crate::io) fn read(files: &[SourceFile], scan: &Scan, lines: bool) -> Result<Vec<DataFrame>, EngineError> {
    let targets: IndexMap<&str, usize> = scan.schema.names().enumerate().map(|(at, name)| (name, at)).collect();
    let mut seen = vec![false; targets.len()];
    let mut frames = Vec::new();
    for origin in files {
        let document = Document::whole(origin, scan, lines)?;
        let objects = document.objects(usize::MAX)?;
        let (rows, keys) = (objects.list.len(), scan.schema.len());
        memory::room_for(rows as u128 * keys as u128 * 8, || {
            format!("{}: {rows} objects with {keys} different keys", origin.shown)
        })?;
        let one = |part| origin.unless_cancelled(|| columns(part, &targets, scan));
        let parts: Vec<_> = RAYON.install(|| objects.list.par_chunks(CHUNK_ROWS).map(one).collect());
        for (part, objects) in parts.into_iter().zip(objects.list.chunks(CHUNK_ROWS)) {
            let (columns, found) = part?.map_err(|fault| document.explain(fault))?;
            seen.iter_mut().zip(found).for_each(|(seen, found)| *seen |= found);
            frames.push(column::frame(columns, objects.len())?);
        }
    }
    // A key may be missing from objects, but a column that no object has is a mistake.
    match seen.iter().position(|seen| !seen) {
        Some(missing) if !frames.is_empty() => {
            let column = &scan.schema.fields()[missing].name;
            Err(files[0].error(None, format!("no object has a key `{column}`")))
        }
        _ => Ok(frames),
    }
}

type BuiltColumns = (Vec<Builder>, Vec<bool>);

fn columns(objects: &[Object<'_>], targets: &IndexMap<&str, usize>, scan: &Scan) -> Result<BuiltColumns, JsonFault> {
    let mut columns = Builder::all(&scan.schema, objects.len());
    let mut seen = vec![false; columns.len()];
    // The number of the last object that had the key, from 1.
    let mut filled = vec![0; columns.len()];
    for (row, object) in (1..).zip(objects) {
        cell::each(object, &scan.options.null_values, |key, cell| {
            let Some(&target) = targets.get(key) else { return Ok(()) };
            seen[target] = true;
            if std::mem::replace(&mut filled[target], row) == row {
                return Err(cell::twice(object, key));
            }
            let column = &mut columns[target];
            let fits = match &cell {
                JsonCell::Null => {
                    column.null();
                    Ok(())
                }
                JsonCell::Bool(value) => column.bool(*value),
                JsonCell::Number(text) => column.text(text),
                JsonCell::Text(text) => column.string(text),
            };
            fits.map_err(|_| JsonFault {
                at: object.at,
                message: format!("key `{key}`: {cell} is not of type {}", column.data_type()),
                help: Some(
                    "correct the value, or load the column as string and convert it in a `normalize` task".into(),
                ),
            })
        })?;
        let missing = filled.iter().enumerate().filter(|(_, last)| **last != row);
        missing.for_each(|(column, _)| columns[column].null());
    }
    Ok((columns, seen))
}

/// File and line of rows, given in ascending order.
pub(in crate::io) fn places(
    files: &[SourceFile],
    scan: &Scan,
    rows: &[u64],
    lines: bool,
) -> Result<Vec<(String, u64)>, EngineError> {
    places_of(files, rows, |origin, next| {
        let document = Document::whole(origin, scan, lines)?;
        let mut lines = LineCounter::new(document.text.as_bytes());
        let objects = document.objects(usize::MAX)?;
        let _ = objects.list.iter().all(|object| next(lines.at(object.at)));
        Ok(())
    })
}
