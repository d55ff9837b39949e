//! Where rows come from: the files gone through once more, row by row.

use tidemill_core::table::EngineError;

use super::source_file::{SourceFile, count_lines};

/// File and place of rows, given from 0 in ascending order. `each_row` calls what it is given with the place of each row of a
/// file in turn, until that says false.
pub(super) fn places_of(
    files: &[SourceFile],
    rows: &[u64],
    each_row: impl Fn(&SourceFile, &mut dyn FnMut(u64) -> bool) -> Result<(), EngineError>,
) -> Result<Vec<(String, u64)>, EngineError> {
    let mut found = Vec::with_capacity(rows.len());
    let mut row = 0;
    for origin in files {
        if found.len() == rows.len() {
            break;
        }
        each_row(origin, &mut |place| {
            if rows.get(found.len()) == Some(&row) {
                found.push((origin.shown.clone(), place));
            }
            row += 1;
            found.len() < rows.len()
        })?;
    }
    Ok(found)
}

/// The lines of places in a text, which are asked for in ascending order.
pub(super) struct LineCounter<'a> {
    text: &'a [u8],
    counted: usize,
    line: u64,
}

impl<'a> LineCounter<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, counted: 0, line: 1 }
    }

    /// The line, from 1, of a byte.
    pub fn at(&mut self, byte: usize) -> u64 {
        self.line += count_lines(self.text, self.counted, byte);
        self.counted = byte;
        self.line
    }
}
