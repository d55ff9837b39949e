//! CSV as RFC 4180 has it, with LF at line ends: quotes only where they are needed, NULL and the empty text told apart.

use std::io::Write;
use std::ops::Range;
use std::path::Path;

use tidemill_core::table::Sink;

use super::cells::{Cell, Cells};
use super::output::Output;
use super::{Failed, blocks, columns};
use crate::held::Outgoing;

struct Style {
    delimiter: u8,
    /// How NULL is written, quoted if it must be.
    null: Vec<u8>,
    /// The same without quotes: a text that is equal to it must be quoted.
    null_text: String,
    escape_formulas: bool,
}

pub(super) fn write(table: &Outgoing, sink: &Sink, path: &Path) -> Result<(), Failed> {
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
    for block in blocks(table) {
        let block = block?;
        let cells: Vec<Cells<'_>> = columns(&block)?.into_iter().map(|(_, cells)| cells).collect();
        output.rows(block.height(), |rows, out| style.push_rows(&cells, rows, out))?;
    }
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

    /// Adds rows. A value that is that of the row above is copied as it stands there: tables that were joined repeat theirs,
    /// and copying costs a fraction of formatting.
    fn push_rows(&self, cells: &[Cells<'_>], rows: Range<usize>, out: &mut Vec<u8>) {
        let mut above: Vec<(Cell<'_>, Range<usize>)> = vec![(Cell::Null, 0..0); cells.len()];
        for row in rows {
            for (at, (column, above)) in cells.iter().zip(&mut above).enumerate() {
                if at > 0 {
                    out.push(self.delimiter);
                }
                let (cell, start) = (column.get(row), out.len());
                if !above.1.is_empty() && cell.reads_as(above.0) {
                    out.extend_from_within(above.1.clone());
                } else {
                    self.push(cell, out);
                }
                *above = (cell, start..out.len());
            }
            out.push(b'\n');
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
