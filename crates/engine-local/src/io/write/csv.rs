//! CSV as RFC 4180 has it, with LF at line ends: quotes only where they are needed, NULL and the empty text told apart.

use std::io::Write;
use std::ops::Range;
use std::path::Path;

use polars::prelude::IdxSize;
use tidemill_core::ids::Digest;
use tidemill_core::table::Sink;

use super::cells::{Cell, Cells};
use super::output::Output;
use super::{Failed, columns, unfit};
use crate::store::row_group::{Listed, Part};
use crate::store::table_handle::Outgoing;

struct Style {
    delimiter: u8,
    /// How NULL is written, quoted if it must be.
    null: Vec<u8>,
    /// The same without quotes: a text that is equal to it must be quoted.
    null_text: String,
    escape_formulas: bool,
}

/// Neighbouring columns of a part that all repeat themselves, or all do not.
struct Stretch {
    columns: Range<usize>,
    repeats: bool,
    /// Of those that do, the fields of a run.
    text: Vec<u8>,
}

/// The fields of a column.
enum Fields<'a> {
    /// Formatted one by one.
    Each(Cells<'a>),
    /// The different ones, one behind the other, where each ends, behind a 0, and for each row which one is its.
    Listed { text: Vec<u8>, ends: Vec<usize>, places: Vec<IdxSize> },
}

pub(super) fn write(table: &Outgoing, sink: &Sink, path: &Path) -> Result<Option<Digest>, Failed> {
    let style = Style::of(sink)?;
    let first = table.head().map_err(Failed::Engine)?;
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
    let mut output = Output::create(sink, path)?;
    output.write_all(&head)?;
    output.parts(table.parts(), |at, out| style.push_part(&table.part(at).map_err(Failed::Engine)?, out))?;
    Ok(output.finish()?)
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

    /// Adds the rows of a part. Neighbouring columns that repeat themselves are formatted once for each run and then copied, and
    /// of others each different value once: tables that were joined repeat theirs, and copying costs a fraction of formatting.
    fn push_part(&self, part: &Part, out: &mut Vec<u8>) -> Result<(), Failed> {
        let mut columns = Vec::with_capacity(part.columns.len());
        for (at, column) in part.columns.iter().enumerate() {
            let cells = Cells::of(&column.values).ok_or_else(|| unfit(&column.values))?;
            let listed = if column.repeats { None } else { Listed::of(&column.values).map_err(Failed::Engine)? };
            columns.push(match listed {
                Some(listed) => self.formatted(&cells, at, listed),
                None => Fields::Each(cells),
            });
        }
        let mut stretches: Vec<Stretch> = Vec::new();
        for (at, column) in part.columns.iter().enumerate() {
            match stretches.last_mut() {
                Some(last) if last.repeats == column.repeats => last.columns.end = at + 1,
                _ => stretches.push(Stretch { columns: at..at + 1, repeats: column.repeats, text: Vec::new() }),
            }
        }
        let mut push_run = |run: usize, rows: Range<usize>| {
            for stretch in stretches.iter_mut().filter(|stretch| stretch.repeats) {
                stretch.text.clear();
                self.push_fields(&columns, stretch.columns.clone(), run, &mut stretch.text);
            }
            for row in rows {
                for stretch in &stretches {
                    if stretch.repeats {
                        out.extend_from_slice(&stretch.text);
                    } else {
                        self.push_fields(&columns, stretch.columns.clone(), row, out);
                    }
                }
                out.push(b'\n');
            }
        };
        match &part.heads {
            Some(heads) => heads.runs().enumerate().for_each(|(run, (start, end))| push_run(run, start..end)),
            None => push_run(0, 0..part.rows),
        }
        Ok(())
    }

    /// The different fields of a column, with the delimiters in front of them.
    fn formatted<'a>(&self, cells: &Cells<'a>, at: usize, listed: Listed) -> Fields<'a> {
        let (mut text, mut ends) = (Vec::new(), vec![0]);
        for row in &listed.firsts {
            if at > 0 {
                text.push(self.delimiter);
            }
            self.push(cells.get(*row as usize), &mut text);
            ends.push(text.len());
        }
        Fields::Listed { text, ends, places: listed.places }
    }

    /// Adds some columns of a row, with the delimiters in front of them.
    fn push_fields(&self, fields: &[Fields<'_>], columns: Range<usize>, row: usize, out: &mut Vec<u8>) {
        for at in columns {
            match &fields[at] {
                Fields::Listed { text, ends, places } => {
                    let place = places[row] as usize;
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
