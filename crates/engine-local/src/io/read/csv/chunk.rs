//! Parts of a CSV file, each a range of whole records that is worked on by itself.

use std::borrow::Cow;
use std::ops::Range;

use tidemill_core::table::{DataType, Schema};

use super::super::column::{Builder, Misfit};
use super::super::evidence::Evidence;
use super::super::text::{self, classify};
use super::file::CsvFile;
use super::record::{Broken, Cursor, Field};

/// Large enough that the work on a part outweighs its administration, small enough that two cores share a file evenly.
const CHUNK_BYTES: usize = 4 << 20;

/// What is wrong with a file; `at` is a byte of its text.
#[derive(Debug)]
pub(super) enum CsvFault {
    Broken(Broken),
    Ragged { at: usize, found: usize, end: bool },
    Misfit { at: usize, column: String, data_type: DataType, value: String },
}

impl CsvFault {
    /// Whether it might be none if the text went on.
    pub fn is_at_end(&self) -> bool {
        match self {
            Self::Broken(Broken::Unterminated(_)) => true,
            Self::Ragged { end, .. } => *end,
            _ => false,
        }
    }
}

impl From<Broken> for CsvFault {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl CsvFile<'_> {
    /// Cuts the rows into parts.
    pub fn chunks(&self) -> Result<Vec<Range<usize>>, CsvFault> {
        let bytes = self.text.as_bytes();
        let quotes = bytes[self.body..].contains(&b'"');
        let mut chunks = Vec::new();
        let mut cursor = Cursor::new(&self.text, self.body, &self.grammar);
        while !cursor.is_at_end() {
            let start = cursor.at;
            let target = start + CHUNK_BYTES;
            if quotes {
                // A line end may lie inside a field, so records are counted off one by one.
                while !cursor.is_at_end() && cursor.at < target {
                    cursor.skip_record()?;
                }
            } else if target < bytes.len() {
                cursor.at = target;
                cursor.skip_line();
            } else {
                cursor.at = bytes.len();
            }
            chunks.push(start..cursor.at);
        }
        Ok(chunks)
    }

    /// What the first rows of a part show of each column, and how many rows that were.
    pub fn evidence(&self, chunk: Range<usize>, limit: usize) -> Result<(Vec<Evidence>, usize), CsvFault> {
        let mut inference = ColumnInference { file: self, evidence: self.no_evidence(), rows: 0, limit };
        if limit > 0 {
            self.visit(chunk, &mut inference)?;
        }
        Ok((inference.evidence, inference.rows))
    }

    /// The columns of a part; `targets` says which column of the schema each column of the file is.
    pub fn columns(
        &self,
        chunk: Range<usize>,
        targets: &[Option<usize>],
        schema: &Schema,
    ) -> Result<(Vec<Builder>, usize), CsvFault> {
        let columns = Builder::all(schema, chunk.len() / (8 * self.names.len()).max(1));
        let mut build = Build { file: self, targets, columns, rows: 0 };
        self.visit(chunk, &mut build)?;
        Ok((build.columns, build.rows))
    }

    /// Calls `row` with where each record starts, until it says false.
    pub fn each_record(&self, row: impl FnMut(usize) -> bool) -> Result<(), CsvFault> {
        self.visit(self.body..self.text.len(), &mut Count(row))
    }

    /// Shows every field of a range of records.
    fn visit(&self, range: Range<usize>, visitor: &mut impl Visitor) -> Result<(), CsvFault> {
        let width = self.names.len();
        let mut cursor = Cursor::new(&self.text, range.start, &self.grammar);
        while cursor.at < range.end {
            if cursor.skip_comment() {
                continue;
            }
            let start = cursor.at;
            let mut column = 0;
            loop {
                let (field, last) = cursor.field()?;
                // A line with nothing on it is no record, unless that is how a record of one NULL looks.
                if last && column == 0 && width > 1 && field.is_null() {
                    break;
                }
                if column < width {
                    visitor.field(column, field, start)?;
                }
                column += 1;
                if last {
                    break;
                }
            }
            if column == 0 {
                continue;
            }
            if self.fills && (self.whole || !cursor.is_at_end()) {
                for lacking in column..width {
                    visitor.field(lacking, Field::Plain(""), start)?;
                }
                column = column.max(width);
            }
            if column != width {
                return Err(CsvFault::Ragged { at: start, found: column, end: cursor.is_at_end() });
            }
            // Where the text was cut off, the record may go on.
            let cut = !self.whole && cursor.is_at_end();
            if cut || !visitor.row(start) {
                return Ok(());
            }
        }
        Ok(())
    }

    fn value<'t>(&self, field: Field<'t>) -> Option<Cow<'t, str>> {
        if field.is_null() {
            return None;
        }
        let value = field.value();
        let null = !self.null_values.is_empty() && self.null_values.iter().any(|null| *null == value);
        (!null).then_some(value)
    }

    fn classify(&self, value: &str) -> Evidence {
        let Some(style) = self.number_style else { return classify(value) };
        match style.plain(value) {
            Some(number) => classify(&number),
            None if text::bool(value).is_some() => Evidence::BOOL,
            None => Evidence::TEXT,
        }
    }

    fn add(&self, column: &mut Builder, value: &str) -> Result<(), Misfit> {
        match self.number_style.filter(|_| column.data_type().is_numeric()) {
            Some(style) => column.text(style.plain(value).as_deref().unwrap_or(UNKNOWN)),
            None => column.text(value),
        }
    }
}

/// A text that is no value of any other type.
const UNKNOWN: &str = "?";

/// Is shown the fields of records in order; `at` is where their record starts.
trait Visitor {
    fn field(&mut self, column: usize, field: Field<'_>, at: usize) -> Result<(), CsvFault>;

    /// The record is complete; whether to go on.
    fn row(&mut self, at: usize) -> bool;
}

/// Looks at values to find the types of columns.
struct ColumnInference<'f> {
    file: &'f CsvFile<'f>,
    evidence: Vec<Evidence>,
    rows: usize,
    limit: usize,
}

impl Visitor for ColumnInference<'_> {
    fn field(&mut self, column: usize, field: Field<'_>, _at: usize) -> Result<(), CsvFault> {
        if let Some(value) = self.file.value(field) {
            self.evidence[column] |= self.file.classify(&value);
        }
        Ok(())
    }

    fn row(&mut self, _at: usize) -> bool {
        self.rows += 1;
        self.rows < self.limit
    }
}

/// Turns values into columns.
struct Build<'f> {
    file: &'f CsvFile<'f>,
    targets: &'f [Option<usize>],
    columns: Vec<Builder>,
    rows: usize,
}

impl Visitor for Build<'_> {
    fn field(&mut self, column: usize, field: Field<'_>, at: usize) -> Result<(), CsvFault> {
        let Some(target) = self.targets[column] else { return Ok(()) };
        let column = &mut self.columns[target];
        let Some(value) = self.file.value(field) else {
            column.null();
            return Ok(());
        };
        self.file.add(column, &value).map_err(|_| CsvFault::Misfit {
            at,
            column: column.name().to_owned(),
            data_type: column.data_type(),
            value: value.into_owned(),
        })
    }

    fn row(&mut self, _at: usize) -> bool {
        self.rows += 1;
        true
    }
}

/// Only says where records start.
struct Count<F>(F);

impl<F: FnMut(usize) -> bool> Visitor for Count<F> {
    fn field(&mut self, _column: usize, _field: Field<'_>, _at: usize) -> Result<(), CsvFault> {
        Ok(())
    }

    fn row(&mut self, at: usize) -> bool {
        (self.0)(at)
    }
}
