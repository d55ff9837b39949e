//! A workbook of several tables, as an engine is asked to write it.

use super::{Location, TableRef};

/// A workbook with a sheet for each of several tables.
pub struct WorkbookJob<'a> {
    /// The final path, for messages.
    pub path: Location,
    /// The sheets, in order; at least one.
    pub sheets: Vec<Sheet<'a>>,
    /// Put `'` before a text that a spreadsheet would take for a formula.
    pub escape_formulas: bool,
}

/// One sheet: a table, pictures, or a table with pictures beside it.
pub struct Sheet<'a> {
    /// What its tab says.
    pub name: String,
    /// Its table.
    pub table: Option<&'a TableRef>,
    /// The table's columns that are shown, in order.
    pub columns: Vec<SheetColumn>,
    /// Shown at the right of the table, from top to bottom.
    pub pictures: Vec<SheetImage>,
}

/// How a column is shown on a sheet.
pub struct SheetColumn {
    /// Its name in the table.
    pub name: String,
    /// What stands above it.
    pub heading: String,
    /// In letters; as wide as its longest value if None.
    pub width: Option<f64>,
    /// Excel's number format, such as `#,##0.00` or `dd.mm.yyyy`; by the column's type if None.
    pub format: Option<String>,
}

/// A picture on a sheet.
pub struct SheetImage {
    /// PNG, JPEG or GIF.
    pub bytes: Vec<u8>,
    /// What it shows, for who cannot see it.
    pub alt: String,
}
