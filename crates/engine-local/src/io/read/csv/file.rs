//! A CSV file up to and including its header, and what is said of its faults.

use std::collections::HashMap;

use tidemill_core::diagnostic::nearest;
use tidemill_core::table::{EngineError, Scan, Schema};

use super::super::evidence::Evidence;
use super::super::header::unique_names;
use super::super::remedy::remedy;
use super::super::source_file::{SourceFile, line_at};
use super::super::text::NumberStyle;
use super::chunk::CsvFault;
use super::record::{Broken, Cursor, Grammar};

/// A file in memory.
pub(super) struct CsvFile<'a> {
    pub origin: &'a SourceFile,
    /// Its text, or the beginning of it.
    pub text: String,
    /// Whether the text is all of the file.
    pub whole: bool,
    /// Where the header begins.
    pub start: usize,
    /// Where the first row begins.
    pub body: usize,
    /// The names of the columns.
    pub names: Vec<String>,
    /// What the header calls them, if there is one.
    pub header: Vec<String>,
    /// The byte between fields.
    pub delimiter: u8,
    /// The byte before comments.
    pub comment: Option<u8>,
    /// How numbers are written, where not as usual.
    pub number_style: Option<NumberStyle>,
    /// Whether fields that a row lacks are NULL.
    pub fills: bool,
    pub grammar: Grammar,
    /// Texts that mean NULL.
    pub null_values: &'a [String],
}

impl<'a> CsvFile<'a> {
    /// Reads the file, at most about `limit` bytes of it (more if the header needs more), and its header.
    pub fn open(origin: &'a SourceFile, scan: &'a Scan, limit: Option<usize>) -> Result<Self, EngineError> {
        let delimiter = delimiter(origin, scan)?;
        let comment = comment(origin, scan, delimiter)?;
        let grammar = Grammar::new(delimiter, comment);
        let mut limit = limit;
        loop {
            let source = origin.text(scan.options.encoding.as_deref(), limit)?;
            let mut file = Self {
                origin,
                text: source.text,
                whole: source.whole,
                start: 0,
                body: 0,
                names: Vec::new(),
                header: Vec::new(),
                delimiter,
                comment,
                number_style: number_style(scan),
                fills: scan.options.fill_ragged,
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
        self.start = start;
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
        let found = names.iter().map(|field| if header { field.value().into_owned() } else { String::new() });
        self.header = found.collect();
        self.names = unique_names(self.header.iter().cloned());
        Ok(())
    }

    /// For each column of the file, which column of the schema it is, if any.
    pub fn targets(&self, schema: &Schema) -> Result<Vec<Option<usize>>, EngineError> {
        let places: HashMap<&str, usize> = self.names.iter().map(String::as_str).zip(0..).collect();
        let mut targets = vec![None; self.names.len()];
        for (number, column) in schema.names().enumerate() {
            let place = places.get(column).ok_or_else(|| self.no_column(column))?;
            targets[*place] = Some(number);
        }
        Ok(targets)
    }

    fn no_column(&self, column: &str) -> EngineError {
        let message = format!("has no column `{column}`");
        match nearest(column, self.names.iter().map(String::as_str)) {
            Some(near) => self.origin.error_with_help(None, message, format!("did you mean `{near}`?")),
            None => self.origin.error(None, message),
        }
    }

    /// Evidence of no rows.
    pub fn no_evidence(&self) -> Vec<Evidence> {
        vec![Evidence::NONE; self.names.len()]
    }

    /// A fault as an error that names the line.
    pub fn explain(&self, fault: CsvFault) -> EngineError {
        let line = |at| Some(line_at(&self.text, at));
        let (at, message, help) = match fault {
            CsvFault::Broken(Broken::Unterminated(at)) => {
                let help = "close it with `\"`; a quote inside a quoted field is written twice".to_owned();
                (at, "a quoted field begins here and never ends".to_owned(), help)
            }
            CsvFault::Broken(Broken::AfterQuote(at)) => {
                let help =
                    self.delimiter_help().unwrap_or_else(|| "write a quote inside a quoted field twice: `\"\"`".into());
                (at, "text follows the closing quote of a field".to_owned(), help)
            }
            CsvFault::Ragged { at, found, .. } => {
                let (plural, expected) = (if found == 1 { "" } else { "s" }, self.names.len());
                let fewer =
                    if found < expected && !self.fills { "; `ragged: fill` takes missing fields for NULL" } else { "" };
                let help = self.delimiter_help().or_else(|| self.header_help(found)).unwrap_or_else(|| {
                    format!(
                        "a field with a delimiter in it must be quoted; rows above the header need `options: {{skip_rows: N}}`{fewer}"
                    )
                });
                (at, format!("found {found} field{plural}, expected {expected}"), help)
            }
            CsvFault::Misfit { at, column, data_type, value } => {
                let shown: String = value.chars().take(80).collect();
                let help = remedy(data_type, &value);
                (at, format!("column `{column}`: `{shown}` is not of type {data_type}"), help)
            }
        };
        self.origin.error_with_help(line(at), message, help)
    }

    /// Names the delimiter that fits, if this one does not.
    fn delimiter_help(&self) -> Option<String> {
        let fitting = self.fitting_delimiter()?;
        Some(format!("the delimiter seems to be {}: say {}", fitting.noun(), fitting.options()))
    }

    /// Says how many rows stand above the header, if this is a title and all records below it have as many fields as each other.
    fn header_help(&self, fields: usize) -> Option<String> {
        let widths = self.widths(self.delimiter);
        let below = widths.iter().skip_while(|(_, width)| *width == 1);
        let (start, _) = *below.clone().next()?;
        let is_title =
            self.names.len() == 1 && below.clone().count() > 1 && below.clone().all(|(_, width)| *width == fields);
        let line = line_at(&self.text, start);
        is_title.then(|| format!("if the header is line {line}, say `options: {{skip_rows: {}}}`", line - 1))
    }
}

/// How numbers are written, where not as usual.
fn number_style(scan: &Scan) -> Option<NumberStyle> {
    match (scan.options.decimal, scan.options.thousands) {
        (Some(','), thousands) => Some(NumberStyle { decimal: ',', thousands: thousands.unwrap_or('.') }),
        (_, Some(thousands)) => Some(NumberStyle { decimal: '.', thousands }),
        _ => None,
    }
}

/// The byte before comments.
fn comment(origin: &SourceFile, scan: &Scan, delimiter: u8) -> Result<Option<u8>, EngineError> {
    let Some(comment) = scan.options.comment else { return Ok(None) };
    match u8::try_from(comment) {
        Ok(byte) if byte.is_ascii() && byte != delimiter && !matches!(byte, b'"' | b'\n' | b'\r') => Ok(Some(byte)),
        _ => Err(origin.error_with_help(
            None,
            format!("{comment:?} cannot begin a comment"),
            "use one ASCII character that is no quote, no line end and not the delimiter, such as `#`",
        )),
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
