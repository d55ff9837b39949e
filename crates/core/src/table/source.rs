//! Where tables come from and go to, in words that any engine understands.

use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{FileFormat, Schema};
use crate::connection::WriteMode;
use crate::spec::SqlText;

/// What a path below the warehouse begins with.
pub const WAREHOUSE: &str = "warehouse:";

/// Where a file or folder is: a path below the project's folder with `/` between its parts, or an absolute one.
///
/// An engine on this machine resolves it against the project's folder, a remote one against its own root; nothing in core
/// opens it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Location(String);

impl Location {
    /// Takes the path as it is written in the pipeline file.
    pub fn new(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What of a path below the warehouse is behind `warehouse:`: `sales/2024/*.parquet`. A connection may have that name.
    pub fn below_warehouse(&self) -> Option<&str> {
        let below = self.0.strip_prefix(WAREHOUSE).filter(|below| !below.starts_with("//"))?;
        Some(below.trim_start_matches('/'))
    }

    /// Where it leads other than to the file system of this machine: `s3` of `s3://bucket/key`; [`WAREHOUSE`].
    pub fn scheme(&self) -> Option<&str> {
        if self.below_warehouse().is_some() {
            return Some(WAREHOUSE);
        }
        let (scheme, _) = self.0.split_once("://")?;
        let is_one = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        is_one.then_some(scheme)
    }

    /// Whether it is a URL with a password.
    pub fn has_password(&self) -> bool {
        self.password().is_some_and(|range| range.len() > 1)
    }

    /// Where in it a password stands, with the colon before it.
    fn password(&self) -> Option<Range<usize>> {
        let start = self.scheme().filter(|scheme| *scheme != WAREHOUSE)?.len() + "://".len();
        let authority = self.0[start..].split(['/', '?']).next()?;
        let (user, _) = authority.rsplit_once('@')?;
        let (name, _) = user.split_once(':')?;
        Some(start + name.len()..start + user.len())
    }
}

impl schemars::JsonSchema for Location {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Path".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "x-expected": "a path"})
    }
}

/// As it is written, but for a password in it.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.password() {
            Some(range) => f.pad(&format!("{}{}", &self.0[..range.start], &self.0[range.end..])),
            None => f.pad(&self.0),
        }
    }
}

/// How a file is compressed, by its ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Compression {
    /// Not at all.
    None,
    /// `.gz`.
    Gzip,
    /// `.zst`.
    Zstd,
}

/// How the files of a source are read; what is not given is the format's default.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct ScanOptions {
    /// CSV: what stands between two fields; default `,`, for `.tsv` a tab.
    pub delimiter: Option<char>,
    /// CSV: `,` where that stands before the fraction of numbers, and points between thousands; default `.`.
    pub decimal: Option<char>,
    /// CSV and XLSX: whether the first row names the columns; default true, else they are `column_1`, `column_2`, …
    pub header: Option<bool>,
    /// CSV and JSON: `utf-8` (default), or any label of the WHATWG encoding standard (`latin1`, `utf-16le`, …).
    pub encoding: Option<String>,
    /// JSON: where in the document the array of records is, as `data.items`; default the only array of objects.
    pub records: Option<String>,
    /// CSV: what stands between the thousands of numbers; default nothing, and a point where `decimal` is a comma.
    pub thousands: Option<char>,
    /// CSV: lines that begin with it are no rows.
    pub comment: Option<char>,
    /// CSV: whether fields that a row lacks at its end are NULL, and no fault.
    pub fill_ragged: bool,
    /// CSV and JSON: texts that mean NULL, beside the empty unquoted field; XLSX: what cells show.
    pub null_values: Vec<String>,
    /// CSV and XLSX: rows to leave out before the header.
    pub skip_rows: usize,
    /// A column that says which file each row comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
}

/// A table read from files.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scan {
    /// The files, in order, with any glob resolved; at least one.
    pub files: Vec<Location>,
    /// Their format.
    pub format: FileFormat,
    /// SQLite and databases: the table, unless there is a query.
    pub table: Option<String>,
    /// SQLite and databases: a query instead of a table, in their own SQL.
    pub query: Option<SqlText>,
    /// XLSX: the sheet; default the first.
    pub sheet: Option<String>,
    /// How to read them.
    pub options: ScanOptions,
    /// Whether the columns are the user's choice, so that there is nothing to say of others.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_selection: bool,
    /// The columns that the result has, in order: those of the head of the files at check, of the whole files in a run.
    pub schema: Schema,
}

impl Scan {
    /// These columns of these files, read without options.
    pub fn of_files(files: Vec<Location>, format: FileFormat, schema: Schema) -> Self {
        let options = ScanOptions::default();
        Self { files, format, table: None, query: None, sheet: None, options, is_selection: true, schema }
    }

    /// Its files in a few words: `data/a.csv and 3 more`.
    pub fn title(&self) -> String {
        match self.files.as_slice() {
            [] => "no file".to_owned(),
            [file] => file.to_string(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        }
    }
}

/// What the files of a source say of how much is in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceCounts {
    /// The rows of all files.
    pub rows: u64,
    /// The NULLs of each column of `scan.schema`; None where a file does not say it of all of them.
    pub nulls: Option<Vec<u64>>,
}

/// How a table is written to a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct SinkOptions {
    /// CSV: what stands between two fields; default `,`, for `.tsv` a tab.
    pub delimiter: Option<char>,
    /// CSV: begin with a byte-order mark, as Excel likes it.
    pub bom: bool,
    /// CSV: how NULL is written; default an empty field.
    pub null: Option<String>,
    /// CSV, XLSX: put `'` before a text that a spreadsheet would take for a formula; default off for CSV, on for XLSX.
    pub escape_formulas: Option<bool>,
    /// Of a table of a database: how it is written; None for files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<DatabaseOptions>,
}

/// How a table of a database is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DatabaseOptions {
    /// The table, as the file names it.
    pub table: String,
    /// What becomes of the rows that are there.
    pub mode: WriteMode,
    /// Whether it is made if it is not there.
    pub create: bool,
}

/// Where and how a table is published.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Sink {
    /// The final path.
    pub path: Location,
    /// By its ending.
    pub format: FileFormat,
    /// How.
    pub options: SinkOptions,
    /// The name of the table in an SQLite file or of the sheet in a workbook: the task's id.
    pub table: String,
}
