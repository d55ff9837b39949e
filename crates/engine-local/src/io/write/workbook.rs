//! Workbooks of several tables: a sheet each, columns as wide as their values, pictures beside them.

use std::path::Path;

use polars::prelude::DataFrame;
use rust_xlsxwriter::{Format, Image, Worksheet, XlsxError};
use tidemill_core::table::{EngineError, Sheet, SheetColumn, SheetImage, WorkbookJob};

use super::blocks::columns;
use super::cells::{Cell, Cells};
use super::xlsx::{Column, empty, fits, format, put_table};
use crate::store::output_table::OutputTable;
use crate::store::table_handle::TableHandle;

/// Letters of a column at most, unless it is said otherwise: longer texts are cut by the next column.
const MOST_WIDTH: usize = 60;
/// Letters of a column at least.
const LEAST_WIDTH: usize = 6;
/// Pixels of an inch, and of a row of usual height.
const INCH: f64 = 96.0;
const ROW: f64 = 20.0;

/// Writes a workbook to `path`.
///
/// # Errors
/// If a table cannot be read, a sheet cannot hold it, or the file cannot be written.
pub fn write_workbook(workbook: &WorkbookJob<'_>, path: &Path) -> Result<(), EngineError> {
    let failed = |message: String| EngineError::Sink { path: workbook.path.to_string(), message };
    let mut file = empty().map_err(|error| failed(error.to_string()))?;
    for sheet in &workbook.sheets {
        let frame = match sheet.table {
            Some(table) => OutputTable(TableHandle::of(table)?).whole()?,
            None => DataFrame::empty(),
        };
        let on_sheet = |message: String| failed(format!("sheet `{}`: {message}", sheet.name));
        let columns = shown(&frame, &sheet.columns).map_err(on_sheet)?;
        fits(frame.height(), columns.len()).map_err(on_sheet)?;
        fill(file.add_worksheet(), sheet, &columns, frame.height(), workbook.escape_formulas)
            .map_err(|error| on_sheet(error.to_string()))?;
    }
    file.save(path).map_err(|error| failed(error.to_string()))
}

/// The columns of the sheet, of those that the table has.
fn shown<'a>(frame: &'a DataFrame, wanted: &'a [SheetColumn]) -> Result<Vec<Column<'a>>, String> {
    let mut known = columns(frame)?;
    let column = |wanted: &'a SheetColumn| {
        let at = known.iter().position(|(name, _)| *name == wanted.name);
        let (_, cells) = known.swap_remove(at.ok_or_else(|| format!("there is no column `{}`", wanted.name))?);
        let format = match &wanted.format {
            Some(format) => Format::new().set_num_format(format),
            None => format(&cells),
        };
        Ok(Column { heading: &wanted.heading, cells, format })
    };
    wanted.iter().map(column).collect()
}

fn fill(
    page: &mut Worksheet,
    sheet: &Sheet<'_>,
    columns: &[Column<'_>],
    rows: usize,
    guard: bool,
) -> Result<(), XlsxError> {
    page.set_name(&sheet.name)?;
    if sheet.table.is_some() {
        put_table(page, columns, rows, guard)?;
    }
    for ((at, column), wanted) in (0..).zip(columns).zip(&sheet.columns) {
        page.set_column_width(at, wanted.width.unwrap_or_else(|| width(column, rows, wanted.format.as_deref())))?;
    }
    let beside = if columns.is_empty() { 0 } else { columns.len() as u16 + 1 };
    put_pictures(page, &sheet.pictures, beside)
}

/// Pictures below one another, in the size that they have on paper.
fn put_pictures(page: &mut Worksheet, pictures: &[SheetImage], column: u16) -> Result<(), XlsxError> {
    let mut row = 1;
    for picture in pictures {
        let image = Image::new_from_buffer(&picture.bytes)?.set_alt_text(&picture.alt);
        let rows = (image.height() / image.height_dpi() * INCH / ROW).ceil() as u32;
        page.insert_image(row, column, &image)?;
        row += rows + 1;
    }
    Ok(())
}

/// So many letters that the longest value and the heading fit.
fn width(column: &Column<'_>, rows: usize, format: Option<&str>) -> f64 {
    let longest = match column.cells {
        Cells::Date(_) => format.map_or("2024-01-01".len(), code_letters),
        Cells::Datetime(_) => format.map_or("2024-01-01 00:00:00".len(), code_letters),
        Cells::Time(_) => format.map_or("00:00:00".len(), code_letters),
        _ => (0..rows).map(|row| letters(column.cells.get(row), format)).max().unwrap_or(0),
    };
    // The letters of the header are bold, and a cell has margins.
    let heading = wide(column.heading) + 1;
    (longest.max(heading) + 2).clamp(LEAST_WIDTH, MOST_WIDTH) as f64
}

/// About so many letters a value takes.
fn letters(cell: Cell<'_>, format: Option<&str>) -> usize {
    match cell {
        Cell::Null => 0,
        Cell::String(text) => text.lines().map(wide).max().unwrap_or(0),
        Cell::Decimal(..) | Cell::Int(_) | Cell::Float(_) => {
            let text = cell.text();
            let whole = text.split('.').next().unwrap_or_default().len();
            // With signs between thousands; a format adds its digits and letters.
            match (format, cell) {
                (Some(format), _) => whole + whole / 3 + code_letters(format) / 2,
                (None, Cell::Decimal(..)) => text.len() + whole / 3,
                (None, _) => text.len().min(12),
            }
        }
        _ => cell.text().len(),
    }
}

/// About so many letters the code of a number format writes beside those of its value: of dates, all.
fn code_letters(code: &str) -> usize {
    let section = code.split(';').next().unwrap_or_default();
    // Conditions and colours in brackets are not written.
    let shown: String = section.split('[').map(|part| part.split_once(']').map_or(part, |(_, shown)| shown)).collect();
    let signs = shown.chars().filter(|sign| !matches!(sign, '"' | '\\')).count();
    // The longest names of months and days have nine letters.
    signs + 5 * (shown.matches("mmmm").count() + shown.matches("dddd").count())
}

/// The width of a text; letters of East Asia are twice as wide.
fn wide(text: &str) -> usize {
    text.chars()
        .map(|letter| if letter >= '\u{1100}' && !('\u{2000}'..='\u{206f}').contains(&letter) { 2 } else { 1 })
        .sum()
}
