//! One sheet of a workbook, kept cell by cell: what lies between them takes no room.

use std::io::{BufReader, Cursor, Read};

use calamine::{Data, Error, Reader, Sheets, Xlsb, XlsbError, Xlsx, XlsxError, open_workbook_auto_from_rs};
use tidemill_core::diagnostic::nearest;
use tidemill_core::table::{EngineError, Scan};

use super::cell::Content;
use super::{package, repeated_cells};
use crate::io::read::header::unique_names;
use crate::io::read::source_file::SourceFile;
use crate::runtime::panic_hook;

/// A table of so many cells is made whatever they hold.
const ALWAYS: u64 = 1 << 26;
/// Of a larger one, at least one cell in so many must hold something.
const SPARSE: u64 = 1_000;

/// A cell that is not empty, by row and column from 0.
pub(super) struct Placed {
    pub row: u32,
    pub column: u32,
    pub content: Content,
}

/// A sheet below the rows that are skipped.
pub(super) struct Sheet {
    /// What the header calls the columns, if there is one.
    pub header: Vec<String>,
    /// The names of the columns.
    pub names: Vec<String>,
    /// The first column that holds something.
    pub first_column: u32,
    /// Where formulas stand that have no value.
    pub uncomputed: Vec<(u32, u32)>,
    /// Sorted by row and column.
    cells: Vec<Placed>,
    /// The first row of values.
    body: u32,
    /// The last row.
    last: u32,
}

/// What is read of a sheet before it is known where its table lies.
#[derive(Default)]
struct Cells {
    placed: Vec<Placed>,
    uncomputed: Vec<(u32, u32)>,
}

impl Cells {
    fn push(&mut self, (row, column): (u32, u32), data: Data) {
        self.placed.extend(Content::of(data).map(|content| Placed { row, column, content }));
    }
}

impl Sheet {
    /// Reads the sheet that is asked for. What the reader of workbooks takes for impossible is a damaged file.
    pub fn open(origin: &SourceFile, scan: &Scan) -> Result<Self, EngineError> {
        let refused = |panic| Err(origin.error(None, format!("is not a workbook: {panic}")));
        panic_hook::caught(|| Self::read(origin, scan)).unwrap_or_else(refused)
    }

    fn read(origin: &SourceFile, scan: &Scan) -> Result<Self, EngineError> {
        let mut bytes = Vec::new();
        BufReader::new(origin.open()?).read_to_end(&mut bytes).map_err(|error| origin.io_error(&error))?;
        package::check(origin, &bytes)?;
        repeated_cells::check(origin, &bytes)?;
        let damaged = |error: Error| origin.error(None, format!("is not a workbook: {error}"));
        let mut workbook = open_workbook_auto_from_rs(Cursor::new(bytes.as_slice())).map_err(damaged)?;
        let (name, number) = chosen(&workbook.sheet_names(), origin, scan)?;
        let mut cells = match &mut workbook {
            Sheets::Xlsx(workbook) => cells(workbook, &name).map_err(|error| damaged(error.into()))?,
            Sheets::Xlsb(workbook) => binary_cells(workbook, &name).map_err(|error| damaged(error.into()))?,
            other => {
                let range = other.worksheet_range(&name).map_err(damaged)?;
                let (top, left) = range.start().unwrap_or_default();
                let mut cells = Cells::default();
                let used = range.used_cells();
                used.for_each(|(row, column, data)| cells.push((top + row as u32, left + column as u32), data.clone()));
                cells
            }
        };
        if cells.placed.iter().any(|cell| cell.content.may_be_rounded())
            && let Some(mut long) = package::long_numbers(&bytes, number)
        {
            for cell in cells.placed.iter_mut().filter(|cell| matches!(cell.content, Content::Data(Data::Float(_)))) {
                if let Some(digits) = long.remove(&(cell.row, cell.column)) {
                    cell.content = Content::Number(digits);
                }
            }
        }
        Self::of(cells, &name, origin, scan)
    }

    fn of(cells: Cells, name: &str, origin: &SourceFile, scan: &Scan) -> Result<Self, EngineError> {
        let Cells { placed: mut cells, uncomputed } = cells;
        // Of two cells in one place the later counts.
        cells.reverse();
        cells.sort_by_key(|cell| (cell.row, cell.column));
        cells.dedup_by_key(|cell| (cell.row, cell.column));
        let empty = || origin.error(None, format!("sheet `{name}` is empty"));
        let top = cells.first().ok_or_else(empty)?.row;
        let last = cells.last().map_or(top, |cell| cell.row);
        let columns = || cells.iter().map(|cell| cell.column);
        let (first_column, last_column) = (columns().min().unwrap_or(0), columns().max().unwrap_or(0));
        let head = top.max(u32::try_from(scan.options.skip_rows).unwrap_or(u32::MAX));
        if head > last {
            return Err(empty());
        }
        let area = (u64::from(last - head) + 1) * (u64::from(last_column - first_column) + 1);
        if area > ALWAYS && area / SPARSE > cells.len() as u64 {
            let far = cells.iter().max_by_key(|cell| (u64::from(cell.row) + 1) * (u64::from(cell.column) + 1));
            let far = far.map_or_else(String::new, |cell| package::name(cell.row, cell.column));
            let message = format!("sheet `{name}` has {} cells that hold something, in a table of {area}", cells.len());
            return Err(origin.error_with_help(None, message, format!("empty the cells far out, such as {far}")));
        }
        let header = scan.options.header.unwrap_or(true);
        let found = header_texts(&cells, header, head, first_column..=last_column);
        let names = unique_names(found.iter().cloned());
        let body = head + u32::from(header);
        cells.retain(|cell| cell.row >= body);
        if !scan.options.null_values.is_empty() {
            cells.retain(|cell| !scan.options.null_values.contains(&cell.content.text()));
        }
        Ok(Self { header: found, names, first_column, uncomputed, cells, body, last })
    }

    /// The cells of the table below its header.
    pub fn cells(&self) -> &[Placed] {
        &self.cells
    }

    /// How many rows there are below the header.
    pub fn height(&self) -> usize {
        (self.last + 1 - self.body) as usize
    }

    /// The line of the first row of values, from 1.
    pub fn first_line(&self) -> u64 {
        u64::from(self.body) + 1
    }

    /// The cells of each row, in order, with the number of the row from 0.
    pub fn rows(&self) -> impl Iterator<Item = (u32, &[Placed])> {
        let mut rest = self.cells.as_slice();
        (self.body..=self.last).map(move |row| {
            let (here, below) = rest.split_at(rest.iter().take_while(|cell| cell.row == row).count());
            rest = below;
            (row, here)
        })
    }
}

/// The sheet that is asked for, or the first, and its place among the others.
fn chosen(sheets: &[String], origin: &SourceFile, scan: &Scan) -> Result<(String, usize), EngineError> {
    let Some(sheet) = &scan.sheet else {
        let first = sheets.first().ok_or_else(|| origin.error(None, "has no sheets"))?;
        return Ok((first.clone(), 0));
    };
    if let Some(number) = sheets.iter().position(|name| name == sheet) {
        return Ok((sheet.clone(), number));
    }
    let list: Vec<String> = sheets.iter().map(|sheet| format!("`{sheet}`")).collect();
    let help = match nearest(sheet, sheets.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there is {}", list.join(", ")),
    };
    Err(origin.error_with_help(None, format!("has no sheet `{sheet}`"), help))
}

fn cells(workbook: &mut Xlsx<Cursor<&[u8]>>, sheet: &str) -> Result<Cells, XlsxError> {
    let mut reader = match workbook.worksheet_cells_reader(sheet) {
        // A sheet that is only a chart.
        Err(XlsxError::NotAWorksheet(_)) => return Ok(Cells::default()),
        reader => reader?,
    };
    let mut cells = Cells::default();
    while let Some(cell) = reader.next_cell_with_formula_metadata()? {
        let data = Data::from(cell.value);
        if cell.formula.is_some() && data == Data::Empty {
            cells.uncomputed.push(cell.pos);
        }
        cells.push(cell.pos, data);
    }
    Ok(cells)
}

/// Of a binary workbook, which says nothing of formulas without a value.
fn binary_cells(workbook: &mut Xlsb<Cursor<&[u8]>>, sheet: &str) -> Result<Cells, XlsbError> {
    let mut reader = workbook.worksheet_cells_reader(sheet)?;
    let mut cells = Cells::default();
    while let Some(cell) = reader.next_cell()? {
        cells.push(cell.get_position(), Data::from(cell.get_value().clone()));
    }
    Ok(cells)
}

/// The texts of the header's cells, empty where there is none.
fn header_texts(cells: &[Placed], header: bool, head: u32, columns: std::ops::RangeInclusive<u32>) -> Vec<String> {
    let row = &cells[cells.partition_point(|cell| cell.row < head)..];
    let row = &row[..row.iter().take_while(|cell| header && cell.row == head).count()];
    let text = |column: u32| row.binary_search_by_key(&column, |cell| cell.column).map(|at| row[at].content.text());
    columns.map(|column| text(column).unwrap_or_default()).collect()
}
