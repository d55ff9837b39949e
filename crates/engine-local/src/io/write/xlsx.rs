//! Tables on sheets of Excel: the header bold and in view, every column in its own number format.

use std::path::Path;

use polars::prelude::DataFrame;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};
use tidemill_core::table::Sink;

use super::blocks::columns;
use super::cells::{Cell, Cells};
use crate::values::calendar::MICROS_PER_DAY;

/// Rows of a sheet below the header.
const MOST_ROWS: usize = 1_048_575;
const MOST_COLUMNS: usize = 16_384;
/// Letters of a sheet's name.
const MOST_NAME: usize = 31;
/// Excel keeps numbers as floats: what has more digits is written as text, so that none is lost.
const EXACT: u128 = 10_u128.pow(15);
/// Days from Excel's day 0 to 1970-01-01.
const EPOCH: i32 = 25_569;

/// A column of a sheet.
pub(super) struct Column<'a> {
    pub heading: &'a str,
    pub cells: Cells<'a>,
    pub format: Format,
}

pub(in crate::io) fn write(frame: &DataFrame, sink: &Sink, path: &Path) -> Result<(), String> {
    let column = |(heading, cells)| Column { heading, format: format(&cells), cells };
    let columns: Vec<Column<'_>> = columns(frame)?.into_iter().map(column).collect();
    fits(frame.height(), columns.len())?;
    let save = || {
        let mut workbook = empty()?;
        let sheet = workbook.add_worksheet();
        sheet.set_name(sheet_name(&sink.table))?;
        put_table(sheet, &columns, frame.height(), sink.options.escape_formulas.unwrap_or(true))?;
        workbook.save(path)
    };
    save().map_err(|error: XlsxError| error.to_string())
}

/// Whether a sheet holds so much.
pub(super) fn fits(rows: usize, columns: usize) -> Result<(), String> {
    if rows > MOST_ROWS {
        return Err(format!("the table has {rows} rows, a sheet holds {MOST_ROWS}: write csv or parquet instead"));
    }
    if columns > MOST_COLUMNS {
        return Err(format!("the table has {columns} columns, a sheet holds {MOST_COLUMNS}"));
    }
    Ok(())
}

/// A workbook without sheets.
pub(super) fn empty() -> Result<Workbook, XlsxError> {
    let mut workbook = Workbook::new();
    // A fixed date, so that equal tables give equal bytes.
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?));
    Ok(workbook)
}

/// Puts a table on a sheet, its header bold and always in view.
pub(super) fn put_table(
    sheet: &mut Worksheet,
    columns: &[Column<'_>],
    rows: usize,
    guard: bool,
) -> Result<(), XlsxError> {
    sheet.set_freeze_panes(1, 0)?;
    for (at, column) in (0..).zip(columns) {
        sheet.write_string_with_format(0, at, guarded(column.heading, guard), &heading(&column.cells))?;
        for (row, number) in (0..rows).zip(1..) {
            put(sheet, number, at, column.cells.get(row), &column.format, guard)?;
        }
    }
    Ok(())
}

fn put(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: Cell<'_>,
    format: &Format,
    guard: bool,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Null => return Ok(()),
        Cell::Bool(value) => sheet.write_boolean(row, column, value)?,
        Cell::Int(value) if u128::from(value.unsigned_abs()) < EXACT => {
            sheet.write_number_with_format(row, column, value as f64, format)?
        }
        Cell::Float(value) if value.is_finite() => sheet.write_number_with_format(row, column, value, format)?,
        Cell::Decimal(unscaled, _) if unscaled.unsigned_abs() < EXACT => {
            // A decimal of so few digits is always a number.
            let value: f64 = cell.text().parse().unwrap_or_default();
            sheet.write_number_with_format(row, column, value, format)?
        }
        Cell::Date(days) if is_in_calendar(days) => {
            sheet.write_number_with_format(row, column, f64::from(days + EPOCH), format)?
        }
        Cell::Datetime(micros) if i32::try_from(micros.div_euclid(MICROS_PER_DAY)).is_ok_and(is_in_calendar) => {
            let days = micros as f64 / MICROS_PER_DAY as f64 + f64::from(EPOCH);
            sheet.write_number_with_format(row, column, days, format)?
        }
        Cell::Time(micros) => {
            sheet.write_number_with_format(row, column, micros as f64 / MICROS_PER_DAY as f64, format)?
        }
        Cell::String(text) => sheet.write_string(row, column, guarded(text, guard))?,
        Cell::Int(_) | Cell::Float(_) | Cell::Decimal(..) | Cell::Date(_) | Cell::Datetime(_) => {
            sheet.write_string(row, column, cell.text())?
        }
    };
    Ok(())
}

/// Whether Excel knows the day and everyone agrees on its number: 1900-03-01 to 9999-12-31.
fn is_in_calendar(days: i32) -> bool {
    (61 - EPOCH..=2_958_465 - EPOCH).contains(&days)
}

/// The look of a column's heading: it stands above its values, which Excel puts to the right where they are numbers.
fn heading(cells: &Cells<'_>) -> Format {
    let bold = Format::new().set_bold();
    if cells.are_numbers() { bold.set_align(FormatAlign::Right) } else { bold }
}

/// The number format of a column's type.
pub(super) fn format(cells: &Cells<'_>) -> Format {
    let format = Format::new();
    match cells {
        Cells::Decimal(_, 0) => format.set_num_format("#,##0"),
        Cells::Decimal(_, scale) => format.set_num_format(format!("#,##0.{}", "0".repeat(usize::from(*scale)))),
        Cells::Date(_) => format.set_num_format("yyyy-mm-dd"),
        Cells::Datetime(_) => format.set_num_format("yyyy-mm-dd hh:mm:ss"),
        Cells::Time(_) => format.set_num_format("hh:mm:ss"),
        _ => format,
    }
}

/// A text that no spreadsheet takes for a formula, even after it has been saved as CSV.
fn guarded(text: &str, guard: bool) -> String {
    let formula = matches!(text.as_bytes().first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'));
    if guard && formula { format!("'{text}") } else { text.to_owned() }
}

/// A task's id as the name of a sheet, which is short and has no brackets or slashes.
fn sheet_name(table: &str) -> String {
    table.chars().map(|letter| if "[]:*?/\\".contains(letter) { '-' } else { letter }).take(MOST_NAME).collect()
}
