//! A CSV file up to and including its header, and what is said of its faults.

use tidemill_core::diagnostic::nearest;
use tidemill_core::table::{EngineError, Scan, Schema};

use super::super::evidence::Evidence;
use super::super::source_file::{SourceFile, line_at};
use super::chunk::CsvFault;
use super::record::{Broken, Cursor, Field, Grammar};

/// A file in memory.
pub(super) struct CsvFile<'a> {
    pub origin: &'a SourceFile,
    /// Its text, or the beginning of it.
    pub text: String,
    /// Whether the text is all of the file.
    pub whole: bool,
    /// Where the first row begins.
    pub body: usize,
    /// The names of the columns.
    pub names: Vec<String>,
    pub grammar: Grammar,
    /// Texts that mean NULL.
    pub null_values: &'a [String],
}

impl<'a> CsvFile<'a> {
    /// Reads the file, at most about `limit` bytes of it (more if the header needs more), and its header.
    pub fn open(origin: &'a SourceFile, scan: &'a Scan, limit: Option<usize>) -> Result<Self, EngineError> {
        let grammar = Grammar::new(delimiter(origin, scan)?);
        let mut limit = limit;
        loop {
            let source = origin.text(scan.options.encoding.as_deref(), limit)?;
            let mut file = Self {
                origin,
                text: source.text,
                whole: source.whole,
                body: 0,
                names: Vec::new(),
                grammar,
                null_values: &scan.options.null_values,
            };
            match file.read_header(scan) {
                Ok(()) if file.whole || file.body < file.text.len() => return Ok(file),
                Err(error) if file.whole => return Err(error),
                // The header may go on where the text was cut off.
                _ => limit = limit.map(|limit| limit.saturating_mul(8)),
            }
        }
    }

    fn read_header(&mut self, scan: &Scan) -> Result<(), EngineError> {
        let skip = scan.options.skip_rows;
        let mut cursor = Cursor::new(&self.text, 0, &self.grammar);
        (0..skip).for_each(|_| cursor.skip_line());
        cursor.skip_blank_lines();
        if cursor.is_at_end() {
            let message =
                if skip == 0 { "is empty".into() } else { format!("has nothing below its first {skip} rows") };
            return Err(self.origin.error(None, message));
        }
        let start = cursor.at;
        let mut names = Vec::new();
        loop {
            let (field, last) = cursor.field().map_err(|broken| self.explain(CsvFault::Broken(broken)))?;
            names.push(field);
            if last {
                break;
            }
        }
        let header = scan.options.header.unwrap_or(true);
        self.body = if header { cursor.at } else { start };
        let number = |(at, field): (usize, &Field<'_>)| match field.value() {
            name if header && !name.is_empty() => name.into_owned(),
            _ => format!("column_{}", at + 1),
        };
        self.names = names.iter().enumerate().map(number).collect();
        self.names_differ(start)
    }

    fn names_differ(&self, header: usize) -> Result<(), EngineError> {
        let mut seen = std::collections::HashMap::with_capacity(self.names.len());
        for (at, name) in self.names.iter().enumerate() {
            if let Some(first) = seen.insert(name, at) {
                return Err(self.origin.error_with_help(
                    Some(line_at(&self.text, header)),
                    format!("columns {} and {} are both called `{name}`", first + 1, at + 1),
                    "give one of them another name in the file",
                ));
            }
        }
        Ok(())
    }

    /// For each column of the file, which column of the schema it is, if any.
    pub fn targets(&self, schema: &Schema) -> Result<Vec<Option<usize>>, EngineError> {
        for column in schema.names() {
            if !self.names.iter().any(|name| name == column) {
                let message = format!("has no column `{column}`");
                let near = nearest(column, self.names.iter().map(String::as_str));
                return Err(match near {
                    Some(near) => self.origin.error_with_help(None, message, format!("did you mean `{near}`?")),
                    None => self.origin.error(None, message),
                });
            }
        }
        Ok(self.names.iter().map(|name| schema.names().position(|column| column == name)).collect())
    }

    /// Evidence of no rows.
    pub fn no_evidence(&self) -> Vec<Evidence> {
        vec![Evidence::NONE; self.names.len()]
    }

    /// A fault as an error that names the line.
    pub fn explain(&self, fault: CsvFault) -> EngineError {
        let line = |at| Some(line_at(&self.text, at));
        match fault {
            CsvFault::Broken(Broken::Unterminated(at)) => self.origin.error_with_help(
                line(at),
                "a quoted field begins here and never ends",
                "close it with `\"`; a quote inside a quoted field is written twice",
            ),
            CsvFault::Broken(Broken::AfterQuote(at)) => self.origin.error_with_help(
                line(at),
                "text follows the closing quote of a field",
                "write a quote inside a quoted field twice: `\"\"`",
            ),
            CsvFault::Ragged { at, found, .. } => {
                let (plural, expected) = (if found == 1 { "" } else { "s" }, self.names.len());
                let message = format!("found {found} field{plural}, expected {expected}");
                let fix = "a field with a delimiter in it must be quoted; rows above the header need `options: {skip_rows: N}`";
                self.origin.error_with_help(line(at), message, fix)
            }
            CsvFault::Misfit { at, column, data_type, value } => {
                let shown: String = value.chars().take(80).collect();
                self.origin.error_with_help(
                    line(at),
                    format!("column `{column}`: `{shown}` is not of type {data_type}"),
                    "correct the value, or load the column as string and convert it in a `normalize` task",
                )
            }
        }
    }
}

/// The byte between fields.
fn delimiter(origin: &SourceFile, scan: &Scan) -> Result<u8, EngineError> {
    let lower = origin.shown.to_ascii_lowercase();
    let plain = lower.strip_suffix(".gz").or_else(|| lower.strip_suffix(".zst")).unwrap_or(&lower);
    let default = if plain.ends_with(".tsv") { '\t' } else { ',' };
    let delimiter = scan.options.delimiter.unwrap_or(default);
    match u8::try_from(delimiter) {
        Ok(byte) if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(byte),
        _ => Err(origin.error_with_help(
            None,
            format!("{delimiter:?} cannot be a delimiter"),
            "use one ASCII character that is no quote and no line end",
        )),
    }
}
