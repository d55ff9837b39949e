//! Workbooks: typed cells, so the cells decide the types of columns.

use calamine::{Data, Range, Reader, open_workbook_auto_from_rs};
use polars::prelude::DataFrame;
use std::io::{BufReader, Cursor, Read};
use tidemill_core::diagnostic::nearest;
use tidemill_core::table::{EngineError, Scan, Schema};

use super::column::{self, Builder, Misfit};
use super::evidence::{self, Evidence, Tally};
use super::header::{renamed, unique_names};
use super::source_file::SourceFile;
use crate::values::iso;

/// A sheet below the rows that are skipped.
struct Sheet {
    range: Range<Data>,
    /// What the header calls the columns, if there is one.
    header: Vec<String>,
    names: Vec<String>,
    /// The row of the range, from 0, where the values begin.
    body: usize,
    /// The number of the range's first row in the sheet, from 0.
    top: u64,
}

impl Sheet {
    fn open(origin: &SourceFile, scan: &Scan) -> Result<Self, EngineError> {
        let mut bytes = Vec::new();
        BufReader::new(origin.open()?).read_to_end(&mut bytes).map_err(|error| origin.io_error(&error))?;
        let damaged = |error: calamine::Error| origin.error(None, format!("is not a workbook: {error}"));
        let mut workbook = open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(damaged)?;
        let sheets = workbook.sheet_names();
        let name = match (&scan.sheet, sheets.first()) {
            (Some(sheet), _) if sheets.contains(sheet) => sheet.clone(),
            (Some(sheet), _) => {
                let list: Vec<String> = sheets.iter().map(|sheet| format!("`{sheet}`")).collect();
                let help = match nearest(sheet, sheets.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there is {}", list.join(", ")),
                };
                return Err(origin.error_with_help(None, format!("has no sheet `{sheet}`"), help));
            }
            (None, Some(first)) => first.clone(),
            (None, None) => return Err(origin.error(None, "has no sheets")),
        };
        let range = workbook.worksheet_range(&name).map_err(damaged)?;
        let top = range.start().map_or(0, |(row, _)| u64::from(row));
        let skip = (scan.options.skip_rows as u64).saturating_sub(top) as usize;
        let empty = || origin.error(None, format!("sheet `{name}` is empty"));
        let first = range.rows().nth(skip).ok_or_else(empty)?;
        let header = scan.options.header.unwrap_or(true);
        let named = |cell| text(cell).filter(|_| header).unwrap_or_default();
        let found: Vec<String> = first.iter().map(named).collect();
        let names = unique_names(found.iter().cloned());
        Ok(Self { range, header: found, names, body: skip + usize::from(header), top })
    }

    fn rows(&self) -> impl Iterator<Item = &[Data]> {
        self.range.rows().skip(self.body)
    }
}

pub(in crate::io) fn infer(files: &[SourceFile], scan: &Scan) -> Result<Schema, EngineError> {
    let mut all = Tally::new();
    for origin in files {
        let sheet = Sheet::open(origin, scan)?;
        let mut seen = vec![Evidence::NONE; sheet.names.len()];
        for row in sheet.rows() {
            seen.iter_mut().zip(row).for_each(|(seen, cell)| *seen |= evidence_of(cell));
        }
        evidence::merge(&mut all, sheet.names.into_iter().zip(seen).collect());
    }
    Ok(evidence::schema(all))
}

fn evidence_of(cell: &Data) -> Evidence {
    match cell {
        Data::Empty => Evidence::NONE,
        Data::Bool(_) => Evidence::BOOL,
        Data::Int(value) => Evidence::of_int(*value),
        // A workbook knows only floats: those that are whole are meant as ints.
        Data::Float(value) if value.fract() == 0.0 && value.abs() <= (1_i64 << 53) as f64 => Evidence::INT,
        Data::Float(_) => Evidence::FLOAT,
        Data::String(_) | Data::Error(_) | Data::DurationIso(_) => Evidence::TEXT,
        Data::DateTime(value) if value.is_duration() => Evidence::TEXT,
        Data::DateTime(value) if value.as_f64() < 1.0 => Evidence::TIME,
        Data::DateTime(value) if value.as_f64().fract() == 0.0 => Evidence::DATE,
        Data::DateTime(_) => Evidence::DATETIME,
        Data::DateTimeIso(text) if iso::date(text).is_some() => Evidence::DATE,
        Data::DateTimeIso(text) if iso::datetime(text).is_some() => Evidence::DATETIME,
        Data::DateTimeIso(_) => Evidence::TEXT,
    }
}

/// A cell as text; None for an empty one.
fn text(cell: &Data) -> Option<String> {
    Some(match cell {
        Data::Empty => return None,
        Data::Bool(value) => value.to_string(),
        Data::Int(value) => value.to_string(),
        Data::Float(value) => value.to_string(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Error(error) => error.to_string(),
        Data::DateTime(value) if value.is_duration() => value.as_f64().to_string(),
        Data::DateTime(value) => {
            let (year, month, day, hour, minute, second, milli) = value.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            let fraction = if milli == 0 { String::new() } else { format!(".{milli:03}") };
            let time = format!("{hour:02}:{minute:02}:{second:02}{fraction}");
            match evidence_of(cell) {
                Evidence::TIME => time,
                Evidence::DATE => date,
                _ => format!("{date}T{time}"),
            }
        }
    })
}

pub(in crate::io) fn read(files: &[SourceFile], scan: &Scan) -> Result<Vec<DataFrame>, EngineError> {
    files.iter().map(|origin| read_one(origin, scan)).collect()
}

fn read_one(origin: &SourceFile, scan: &Scan) -> Result<DataFrame, EngineError> {
    let sheet = Sheet::open(origin, scan)?;
    let mut columns = Builder::all(&scan.schema, sheet.range.height());
    let mut rows = 0;
    let positions = columns.iter().map(|column| {
        let found = sheet.names.iter().position(|name| name == column.name());
        found.ok_or_else(|| origin.error(None, format!("has no column `{}`", column.name())))
    });
    let positions: Vec<usize> = positions.collect::<Result<_, _>>()?;
    for row in sheet.rows() {
        rows += 1;
        for (&at, column) in positions.iter().zip(&mut columns) {
            let cell = row.get(at).unwrap_or(&Data::Empty);
            if add(column, cell).is_err() {
                let shown = text(cell).unwrap_or_default();
                let line = sheet.top + (sheet.body + rows) as u64;
                let message = format!("column `{}`: `{shown}` is not of type {}", column.name(), column.data_type());
                return Err(origin.error(Some(line), message));
            }
        }
    }
    column::frame(columns, rows)
}

fn add(column: &mut Builder, cell: &Data) -> Result<(), Misfit> {
    match cell {
        Data::Empty => column.null(),
        Data::Bool(value) => column.bool(*value)?,
        Data::Int(value) => column.int(*value)?,
        Data::Float(value) => column.float(*value)?,
        other => column.string(&text(other).unwrap_or_default())?,
    }
    Ok(())
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
    let mut found = Vec::with_capacity(rows.len());
    let mut before = 0;
    for origin in files {
        let sheet = Sheet::open(origin, scan)?;
        let height = sheet.rows().count() as u64;
        let first = sheet.top + sheet.body as u64 + 1;
        let here = rows[found.len()..].iter().take_while(|row| **row < before + height);
        let here: Vec<_> = here.map(|row| (origin.shown.clone(), row - before + first)).collect();
        found.extend(here);
        before += height;
    }
    Ok(found)
}
