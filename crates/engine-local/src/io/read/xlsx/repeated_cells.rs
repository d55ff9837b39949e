//! Cells of OpenDocument sheets that are written once and stand there many times.

use calamine::Data;
use quick_xml::events::{BytesStart, Event};
use tidemill_core::format::quantity;
use tidemill_core::table::EngineError;

use super::package::{attribute, has_part, see_part};
use crate::io::read::source_file::SourceFile;
use crate::runtime::memory;

/// A sheet has no more columns.
const MOST_COLUMNS: u64 = 16_384;
/// What one cell takes: its value, once more when the table is made of it, and the text of its formula.
const CELL: u128 = (2 * size_of::<Data>() + size_of::<String>()) as u128;

/// Refuses a workbook whose cells, all repeated, would fill the memory, and one that ends in the middle, for whose end the
/// reader of workbooks would wait for ever. What is no OpenDocument has no cells.
pub(super) fn check(origin: &SourceFile, bytes: &[u8]) -> Result<(), EngineError> {
    let (cells, is_whole) = count(bytes);
    if !is_whole {
        return Err(origin.error(None, "is not a workbook: its content ends in the middle".to_owned()));
    }
    memory::room_for(u128::from(cells) * CELL, || format!("{} of {}", quantity(cells, "cell"), origin.shown))
}

/// How many cells there are in all sheets, and whether all that begins has an end.
fn count(bytes: &[u8]) -> (u64, bool) {
    let (mut all, mut width, mut empty, mut rows) = (0_u64, 0, 0, 1);
    let (mut open, mut is_whole) = (Vec::new(), true);
    let read = see_part(bytes, "content.xml", |event| {
        match event {
            Event::Start(tag) => open.push(tag.name().as_ref().to_owned()),
            Event::End(tag) => is_whole &= open.pop().is_some_and(|name| name == tag.name().as_ref()),
            _ => {}
        }
        match event {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "table-row" => (width, empty, rows) = (0, 0, repeats(tag, "number-rows-repeated")),
                "table-cell" | "covered-table-cell" => {
                    let count = repeats(tag, "number-columns-repeated").min(MOST_COLUMNS);
                    // Empty cells count once something stands behind them.
                    (width, empty) = match holds_something(tag) {
                        true => ((width + empty + count).min(MOST_COLUMNS), 0),
                        false => (width, count),
                    };
                }
                _ => {}
            },
            Event::End(tag) if tag.local_name().as_ref() == "table-row" => {
                all = all.saturating_add(rows.saturating_mul(width));
            }
            _ => {}
        }
    });
    (all, if read.is_some() { is_whole && open.is_empty() } else { !has_part(bytes, "content.xml") })
}

fn repeats(tag: &BytesStart<'_>, name: &str) -> u64 {
    attribute(tag, name).map_or(1, |count| count.parse().unwrap_or(u64::MAX))
}

fn holds_something(tag: &BytesStart<'_>) -> bool {
    ["value-type", "formula", "value"].iter().any(|name| attribute(tag, name).is_some())
}
