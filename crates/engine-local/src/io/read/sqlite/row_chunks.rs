//! Rows on their way from SQLite to columns: one thread asks for them while another one takes them.

use std::panic::resume_unwind;
use std::sync::mpsc::{channel, sync_channel};
use std::thread;

use rusqlite::types::ValueRef;
use tidemill_core::table::EngineError;

use super::open::Database;
use crate::error::unsupported;
use crate::runtime::parallel::THREAD;

/// Rows that go together.
const ROWS: usize = 4_096;
/// Bytes of text after which no further row joins them.
const BYTES: usize = 1 << 20;
/// Chunks on their way at a time. With fewer, the two threads wait for each other so often that the system puts both of them on
/// one core: a table of a million rows took 0.62 s instead of 0.38 with two.
const UNDER_WAY: usize = 16;

/// Some rows, as they are stored.
pub(super) struct RowChunk {
    cells: Vec<RawCell>,
    texts: Vec<u8>,
    width: usize,
}

#[derive(Clone, Copy)]
enum RawCell {
    Null,
    Int(i64),
    Real(f64),
    /// From where to where in the texts.
    Text(usize, usize),
    /// What is in it interests nobody.
    Blob,
}

impl RowChunk {
    fn new(width: usize) -> Self {
        Self { cells: Vec::new(), texts: Vec::new(), width }
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.cells.len() / self.width
    }

    /// The rows, value by value.
    pub fn rows(&self) -> impl Iterator<Item = impl Iterator<Item = ValueRef<'_>>> {
        self.cells.chunks_exact(self.width).map(|row| row.iter().map(|cell| self.value(*cell)))
    }

    fn value(&self, cell: RawCell) -> ValueRef<'_> {
        match cell {
            RawCell::Null => ValueRef::Null,
            RawCell::Int(value) => ValueRef::Integer(value),
            RawCell::Real(value) => ValueRef::Real(value),
            RawCell::Text(from, to) => ValueRef::Text(&self.texts[from..to]),
            RawCell::Blob => ValueRef::Blob(&[]),
        }
    }

    /// Takes the next rows, at most `left`; whether there may be more.
    fn fill(&mut self, rows: &mut rusqlite::Rows<'_>, left: &mut usize) -> Result<bool, rusqlite::Error> {
        self.cells.clear();
        self.texts.clear();
        while *left > 0 && self.cells.len() < ROWS * self.width && self.texts.len() < BYTES {
            let Some(row) = rows.next()? else { return Ok(false) };
            *left -= 1;
            for at in 0..self.width {
                let cell = match row.get_ref(at)? {
                    ValueRef::Null => RawCell::Null,
                    ValueRef::Integer(value) => RawCell::Int(value),
                    ValueRef::Real(value) => RawCell::Real(value),
                    ValueRef::Text(text) => {
                        let from = self.texts.len();
                        self.texts.extend_from_slice(text);
                        RawCell::Text(from, self.texts.len())
                    }
                    ValueRef::Blob(_) => RawCell::Blob,
                };
                self.cells.push(cell);
            }
        }
        Ok(*left > 0)
    }
}

/// Hands the rows of a statement of `width` columns to `take`, at most `head` of them, on a thread of its own once there are
/// many. Ends where `take` refuses, which counts before what SQLite says of later rows.
///
/// # Errors
/// If SQLite gives no more rows although there are some.
pub(super) fn each_chunk<E: Send>(
    database: &Database<'_>,
    mut rows: rusqlite::Rows<'_>,
    width: usize,
    head: Option<usize>,
    mut take: impl FnMut(&RowChunk) -> Result<(), E> + Send,
) -> Result<Result<(), E>, EngineError> {
    let fail = |error: rusqlite::Error| database.error(&error);
    let mut left = head.unwrap_or(usize::MAX);
    let mut first = RowChunk::new(width);
    let filled = first.fill(&mut rows, &mut left);
    if let Err(refused) = take(&first) {
        return Ok(Err(refused));
    }
    if !filled.map_err(fail)? {
        return Ok(Ok(()));
    }
    let (full, chunks) = sync_channel::<RowChunk>(UNDER_WAY);
    let (back, empty) = channel();
    thread::scope(|scope| {
        let take_all = move || {
            for chunk in chunks {
                take(&chunk)?;
                // Nobody wants it back when there are no more rows.
                let _ = back.send(chunk);
            }
            Ok(())
        };
        let started = thread::Builder::new().name(format!("{THREAD}-rows")).spawn_scoped(scope, take_all);
        let taker = started.map_err(|error| unsupported(format!("no thread could be started: {error}")))?;
        let mut more = Ok(true);
        while let Ok(true) = more {
            database.origin.uncancelled()?;
            let mut chunk = empty.try_recv().unwrap_or_else(|_| RowChunk::new(width));
            more = chunk.fill(&mut rows, &mut left);
            // The taker has ended because it refused.
            if full.send(chunk).is_err() {
                break;
            }
        }
        drop(full);
        match taker.join() {
            Err(panic) => resume_unwind(panic),
            Ok(Err(refused)) => Ok(Err(refused)),
            Ok(Ok(())) => more.map(|_| Ok(())).map_err(fail),
        }
    })
}
