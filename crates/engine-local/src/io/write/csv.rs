//! CSV as RFC 4180 has it, with LF at line ends: quotes only where they are needed, NULL and the empty text told apart.

use std::io::Write;
use std::ops::Range;
use std::path::Path;

use polars::prelude::IdxSize;
use tidemill_core::table::{Sink, Written};

use super::blocks::{columns, unfit};
use super::cells::{Cell, Cells};
use super::output::TextFileWriter;
use super::write_error::WriteError;
use crate::store::output_table::OutputTable;
use crate::store::row_group::{Dictionary, RowGroup};

struct Style {
    delimiter: u8,
    /// How NULL is written, quoted if it must be.
    null: Vec<u8>,
    /// The same without quotes: a text that is equal to it must be quoted.
    null_text: String,
    escape_formulas: bool,
}

/// Neighbouring columns of a row group that are all run-length encoded, or all are not.
struct Stretch {
    columns: Range<usize>,
    by_run: bool,
    /// Of those that do, the fields of a run.
    text: Vec<u8>,
}

/// The fields of a column.
enum Fields<'a> {
    /// Formatted one by one.
    Each(Cells<'a>),
    /// The different ones, one behind the other, where each ends, behind a 0, and for each row which one is its.
    Distinct { text: Vec<u8>, ends: Vec<usize>, codes: Vec<IdxSize> },
}

pub(in crate::io) fn write(table: &OutputTable, sink: &Sink, path: &Path) -> Result<Written, WriteError> {
    let style = Style::of(sink)?;
    let first = table.head().map_err(WriteError::Engine)?;
    let mut head = Vec::new();
    if sink.options.bom {
        head.extend_from_slice(b"\xEF\xBB\xBF");
    }
    for (at, (name, _)) in columns(&first)?.iter().enumerate() {
        if at > 0 {
            head.push(style.delimiter);
        }
        style.push_text(name, &mut head);
    }
    head.push(b'\n');
    let mut output = TextFileWriter::create(sink, path)?;
    output.write_all(&head)?;
    output.parts(table.row_groups(), |at, out| {
        style.push_row_group(&table.row_group(at).map_err(WriteError::Engine)?, out)
    })?;
    Ok(output.finish()?.into())
}

impl Style {
    fn of(sink: &Sink) -> Result<Self, String> {
        let name = sink.path.as_str().to_ascii_lowercase();
        let plain = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
        let default = if plain.ends_with(".tsv") { '\t' } else { ',' };
        let delimiter = sink.options.delimiter.unwrap_or(default);
        let delimiter = match u8::try_from(delimiter) {
            Ok(byte) if byte.is_ascii() && !matches!(byte, b'"' | b'\n' | b'\r') => byte,
            _ => return Err(format!("{delimiter:?} cannot be a delimiter: use one ASCII character")),
        };
        let null_text = sink.options.null.clone().unwrap_or_default();
        let escape_formulas = sink.options.escape_formulas.unwrap_or(false);
        let mut style = Self { delimiter, null: Vec::new(), null_text, escape_formulas };
        let mut null = Vec::new();
        push_quoted_if(style.needs_quotes(&style.null_text), &style.null_text, &mut null);
        style.null = null;
        Ok(style)
    }

    /// Adds the rows of a row group. Neighbouring columns that repeat themselves are formatted once for each run and then copied, and
    /// of others each different value once: tables that were joined repeat theirs, and copying costs a fraction of formatting.
    fn push_row_group(&self, row_group: &RowGroup, out: &mut Vec<u8>) -> Result<(), WriteError> {
        let mut columns = Vec::with_capacity(row_group.columns.len());
        for (at, column) in row_group.columns.iter().enumerate() {
            let cells = Cells::of(&column.values).ok_or_else(|| unfit(&column.values))?;
            let dictionary =
                if column.by_run { None } else { Dictionary::of(&column.values).map_err(WriteError::Engine)? };
            columns.push(match dictionary {
                Some(dictionary) => self.formatted(&cells, at, dictionary),
                None => Fields::Each(cells),
            });
        }
        let mut stretches: Vec<Stretch> = Vec::new();
        for (at, column) in row_group.columns.iter().enumerate() {
            match stretches.last_mut() {
                Some(last) if last.by_run == column.by_run => last.columns.end = at + 1,
                _ => stretches.push(Stretch { columns: at..at + 1, by_run: column.by_run, text: Vec::new() }),
            }
        }
        let mut push_run = |run: usize, rows: Range<usize>| {
            for stretch in stretches.iter_mut().filter(|stretch| stretch.by_run) {
                stretch.text.clear();
                self.push_fields(&columns, stretch.columns.clone(), run, &mut stretch.text);
            }
            for row in rows {
                for stretch in &stretches {
                    if stretch.by_run {
                        out.extend_from_slice(&stretch.text);
                    } else {
                        self.push_fields(&columns, stretch.columns.clone(), row, out);
                    }
                }
                out.push(b'\n');
            }
        };
        match &row_group.run_lengths {
            Some(lengths) => lengths.runs().enumerate().for_each(|(run, (start, end))| push_run(run, start..end)),
            None => push_run(0, 0..row_group.rows),
        }
        Ok(())
    }

    /// The different fields of a column, with the delimiters in front of them.
    fn formatted<'a>(&self, cells: &Cells<'a>, at: usize, dictionary: Dictionary) -> Fields<'a> {
        let (mut text, mut ends) = (Vec::new(), vec![0]);
        for row in &dictionary.firsts {
            if at > 0 {
                text.push(self.delimiter);
            }
            self.push(cells.get(*row as usize), &mut text);
            ends.push(text.len());
        }
        Fields::Distinct { text, ends, codes: dictionary.codes }
    }

    /// Adds some columns of a row, with the delimiters in front of them.
    fn push_fields(&self, fields: &[Fields<'_>], columns: Range<usize>, row: usize, out: &mut Vec<u8>) {
        for at in columns {
            match &fields[at] {
                Fields::Distinct { text, ends, codes } => {
                    let place = codes[row] as usize;
                    out.extend_from_slice(&text[ends[place]..ends[place + 1]]);
                }
                Fields::Each(cells) => {
                    if at > 0 {
                        out.push(self.delimiter);
                    }
                    self.push(cells.get(row), out);
                }
            }
        }
    }

    fn push(&self, cell: Cell<'_>, out: &mut Vec<u8>) {
        match cell {
            Cell::Null => out.extend_from_slice(&self.null),
            Cell::String(text) => self.push_text(text, out),
            // A number contains the delimiter only if somebody chose a digit, a point or a sign for one.
            cell => {
                let start = out.len();
                cell.push_to(out);
                if out[start..].contains(&self.delimiter) {
                    out.insert(start, b'"');
                    out.push(b'"');
                }
            }
        }
    }

    fn push_text(&self, text: &str, out: &mut Vec<u8>) {
        let formula =
            self.escape_formulas && matches!(text.as_bytes().first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'));
        if formula {
            let text = format!("'{text}");
            return push_quoted_if(self.needs_quotes(&text), &text, out);
        }
        push_quoted_if(text.is_empty() || text == self.null_text || self.needs_quotes(text), text, out);
    }

    fn needs_quotes(&self, text: &str) -> bool {
        text.bytes().any(|byte| byte == self.delimiter || matches!(byte, b'"' | b'\n' | b'\r'))
    }
}

fn push_quoted_if(quotes: bool, text: &str, out: &mut Vec<u8>) {
    if !quotes {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}
