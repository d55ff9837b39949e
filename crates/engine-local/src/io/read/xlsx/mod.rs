//! Workbooks: typed cells, so the cells decide the types of columns.

mod cell;
mod package;
mod repeated_cells;
mod sheet;

use std::collections::HashMap;

use polars::prelude::DataFrame;
use tidemill_core::table::{EngineError, Scan, Schema};

use self::cell::Content;
use self::sheet::Sheet;
use super::column::{self, Builder};
use super::evidence::{self, Evidence, Tally};
use super::header::renamed;
use super::places::places_of;
use super::source_file::SourceFile;
use super::source_rows::SourceRows;

pub(in crate::io) fn infer(files: &[SourceFile], scan: &Scan) -> Result<Schema, EngineError> {
    let mut all = Tally::new();
    for origin in files {
        let sheet = Sheet::open(origin, scan)?;
        let mut seen = vec![Evidence::NONE; sheet.names.len()];
        for cell in sheet.cells() {
            seen[(cell.column - sheet.first_column) as usize] |= cell.content.evidence();
        }
        evidence::merge(&mut all, sheet.names.into_iter().zip(seen).collect());
    }
    Ok(evidence::schema(all))
}

pub(in crate::io) fn read(files: &[SourceFile], scan: &Scan) -> Result<SourceRows, EngineError> {
    let mut all = SourceRows::default();
    for origin in files {
        let sheet = Sheet::open(origin, scan)?;
        let columns = positions(origin, &sheet, &scan.schema)?;
        all.frames.push(frame(origin, &sheet, &columns, scan)?);
        all.warnings.extend(uncomputed(origin, &sheet, &columns));
        all.warnings.extend(errors(origin, &sheet, &columns));
    }
    Ok(all)
}

/// The number in the sheet of each column that is wanted.
fn positions(origin: &SourceFile, sheet: &Sheet, schema: &Schema) -> Result<Vec<u32>, EngineError> {
    let places: HashMap<&str, u32> = sheet.names.iter().map(String::as_str).zip(sheet.first_column..).collect();
    let position = |wanted: &str| {
        places.get(wanted).copied().ok_or_else(|| origin.error(None, format!("has no column `{wanted}`")))
    };
    schema.names().map(position).collect()
}

fn frame(origin: &SourceFile, sheet: &Sheet, positions: &[u32], scan: &Scan) -> Result<DataFrame, EngineError> {
    let mut columns = Builder::all(&scan.schema, sheet.height());
    for (row, cells) in sheet.rows() {
        for (position, column) in positions.iter().zip(&mut columns) {
            let Ok(at) = cells.binary_search_by_key(position, |cell| cell.column) else {
                column.null();
                continue;
            };
            let content = &cells[at].content;
            if content.add_to(column).is_err() {
                return Err(misfit(origin, u64::from(row) + 1, column, content));
            }
        }
    }
    column::frame(columns, sheet.height())
}

fn misfit(origin: &SourceFile, line: u64, column: &Builder, content: &Content) -> EngineError {
    let shown = content.text();
    let message = format!("column `{}`: `{shown}` is not of type {}", column.name(), column.data_type());
    if content.is_error() {
        let help = format!("correct the formula, or say `options: {{null_values: [\"{shown}\"]}}`");
        return origin.error_with_help(Some(line), message, help);
    }
    origin.error(Some(line), message)
}

/// That formulas of the columns have no value, because no program has computed them.
fn uncomputed(origin: &SourceFile, sheet: &Sheet, columns: &[u32]) -> Option<String> {
    let here = |(row, column): &&(u32, u32)| u64::from(*row) + 1 >= sheet.first_line() && columns.contains(column);
    let mut found = sheet.uncomputed.iter().filter(here);
    let (row, column) = found.next()?;
    let (file, first) = (&origin.shown, package::name(*row, *column));
    let formulas = match found.count() {
        0 => format!("the formula in {first} of {file} has never been computed and is NULL"),
        more => format!("{} formulas of {file} have never been computed and are NULL, the first in {first}", more + 1),
    };
    Some(format!("{formulas}: open the workbook in a spreadsheet program and save it"))
}

/// That cells hold errors, which are read as texts.
fn errors(origin: &SourceFile, sheet: &Sheet, columns: &[u32]) -> Option<String> {
    let mut found = sheet.cells().iter().filter(|cell| cell.content.is_error() && columns.contains(&cell.column));
    let first = found.next()?;
    let (name, text) = (package::name(first.row, first.column), first.content.text());
    let cells = match found.count() {
        0 => format!("cell {name} of {} holds the error {text}", origin.shown),
        more => format!("{} cells of {} hold errors, the first {text} in {name}", more + 1, origin.shown),
    };
    Some(format!("{cells}, read as a text: `options: {{null_values: [\"{text}\"]}}` makes it NULL"))
}

/// What is worth knowing of how the first of the files is read.
pub(in crate::io) fn remarks(files: &[SourceFile], scan: &Scan) -> Result<Vec<String>, EngineError> {
    // The workbook is not read once more for nothing: only a name with a number behind it may have stood twice.
    let is_numbered = |name: &str| name.ends_with(|last: char| last.is_ascii_digit()) && name.contains('_');
    let Some(origin) = files.first().filter(|_| scan.schema.names().any(is_numbered)) else { return Ok(Vec::new()) };
    let sheet = Sheet::open(origin, scan)?;
    Ok(renamed(&sheet.header, &sheet.names).map(|remark| format!("{}: {remark}", origin.shown)).into_iter().collect())
}

/// File and row of the sheet of rows, given in ascending order.
pub(in crate::io) fn places(
    files: &[SourceFile],
    scan: &Scan,
    rows: &[u64],
) -> Result<Vec<(String, u64)>, EngineError> {
    places_of(files, rows, |origin, next| {
        let sheet = Sheet::open(origin, scan)?;
        let _ = (sheet.first_line()..).take(sheet.height()).all(next);
        Ok(())
    })
}
