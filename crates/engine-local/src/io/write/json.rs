//! JSON: an array with an object on each line, or only the lines.

use std::io::Write;
use std::path::Path;

use tidemill_core::table::{Sink, Written};

use super::blocks::{blocks, columns};
use super::cells::Cell;
use super::not_finite::NotFinite;
use super::output::TextFileWriter;
use super::write_error::WriteError;
use crate::store::output_table::OutputTable;

pub(in crate::io) fn write(table: &OutputTable, sink: &Sink, path: &Path, array: bool) -> Result<Written, WriteError> {
    let first = table.head().map_err(WriteError::Engine)?;
    let keys: Vec<Vec<u8>> = columns(&first)?
        .iter()
        .enumerate()
        .map(|(at, (name, _))| {
            let mut key = if at == 0 { b"{".to_vec() } else { b",".to_vec() };
            push_text(name, &mut key);
            key.push(b':');
            key
        })
        .collect();
    let mut output = TextFileWriter::create(sink, path)?;
    if array {
        output.write_all(b"[")?;
    }
    let mut before = 0;
    let mut lost = NotFinite::new(f64::is_finite);
    for block in blocks(table) {
        let block = block?;
        let columns = columns(&block)?;
        lost.count(&columns);
        output.rows(block.height(), |rows, out| {
            for row in rows {
                if array {
                    out.extend_from_slice(if before + row == 0 { b"\n" } else { b",\n" });
                }
                if keys.is_empty() {
                    out.push(b'{');
                }
                for (key, (_, cells)) in keys.iter().zip(&columns) {
                    out.extend_from_slice(key);
                    push_value(cells.get(row), out);
                }
                out.extend_from_slice(if array { b"}" } else { b"}\n" });
            }
        })?;
        before += block.height();
    }
    if array {
        output.write_all(if before == 0 { b"]\n" } else { b"\n]\n" })?;
    }
    Ok(Written { digest: output.finish()?, warnings: lost.warnings(sink, "JSON has no such numbers") })
}

fn push_value(cell: Cell<'_>, out: &mut Vec<u8>) {
    match cell {
        Cell::Null => out.extend_from_slice(b"null"),
        Cell::Bool(_) | Cell::Int(_) | Cell::Decimal(..) => cell.push_to(out),
        // JSON has no word for what is no number. The point tells a float from an int.
        Cell::Float(value) if !value.is_finite() => out.extend_from_slice(b"null"),
        Cell::Float(value) => out.extend_from_slice(ryu::Buffer::new().format_finite(value).as_bytes()),
        Cell::String(text) => push_text(text, out),
        Cell::Date(_) | Cell::Datetime(_) | Cell::Time(_) => {
            out.push(b'"');
            cell.push_to(out);
            out.push(b'"');
        }
    }
}

fn push_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..=0x1F => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}
