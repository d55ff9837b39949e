//! The engine's own file of a table, the form in which it is cached: parts of [`PART`] rows, of each part its columns one
//! after the other, and behind them where each lies.
//!
//! Because parts stand for themselves they are packed on all cores, written while later rows are still being computed, and
//! read back one at a time, of the columns that are needed. Equal tables give equal bytes: parts are cut by rows and not by
//! how the rows came, and neither chunks, nor what lies under a NULL, nor an unneeded bitmap of
//! no NULLs leaves a trace. Why this form: `docs/performance.md`.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use polars::prelude::DataFrame;
use polars_core::runtime::RAYON;
use serde::{Deserialize, Serialize};
use tidemill_core::ids::Digest;
use tidemill_core::table::{EngineError, Schema};

use crate::arrays::types;
use crate::error::{Outcome, internal, unsupported};
use crate::io::background_writer::Behind;
use crate::io::early_sync::Ahead;
use crate::store::row_group::{Heads, Part};

/// Rows in a part. Larger ones pack hardly better; a part of a wide table is some megabytes. Unit tests have small ones, so
/// that small tables have several.
pub(crate) const PART: usize = if cfg!(test) { 16 } else { 1 << 16 };

/// Parts for each core that are being packed, or wait to be written, while the next rows come.
const UNDER_WAY: usize = 2;

/// How the file begins and ends. The number is the version of the form: a file of another one is not opened, and so its
/// table is computed again.
pub(crate) const MARK: &[u8; 16] = b"tidemill table 3";

/// What stands behind the parts, as JSON; behind it its length in eight bytes and the mark.
#[derive(Serialize, Deserialize)]
pub(crate) struct Index {
    /// The columns.
    pub schema: Schema,
    /// The parts in their order, at least one.
    pub parts: Vec<Place>,
}

/// What a part consists of, in bytes, one behind the other.
#[derive(Serialize, Deserialize)]
pub(crate) struct Place {
    /// Its rows.
    pub rows: usize,
    /// How long its heads are: 0 if it has none.
    pub heads: u64,
    /// How long each column is.
    pub columns: Vec<u64>,
}

/// Hashes what passes through to a file.
struct Hashing<W> {
    inner: W,
    hasher: blake3::Hasher,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Writes a table whose rows come piece by piece.
pub(crate) struct Writer {
    out: Hashing<Behind<Ahead>>,
    shown: String,
    /// The parts written.
    parts: Vec<Place>,
    /// Rows that have yet to be packed.
    waiting: Option<DataFrame>,
    /// Parts that the pool packs, in their order.
    packing: VecDeque<Receiver<Packing>>,
}

/// What the pool made of a part.
type Packing = thread::Result<Outcome<(Vec<u8>, Place)>>;

impl Writer {
    /// Begins the file at `path`; what is there is replaced.
    pub fn create(path: &Path) -> Outcome<Self> {
        let shown = path.display().to_string();
        let begin = || {
            let inner = Behind::new(Ahead::new(File::create(path)?));
            let mut out = Hashing { inner, hasher: blake3::Hasher::new() };
            out.write_all(MARK)?;
            Ok(out)
        };
        let out = begin().map_err(|error: io::Error| failed(&shown, &error))?;
        Ok(Self { out, shown, parts: vec![], waiting: None, packing: VecDeque::new() })
    }

    /// Takes the next rows.
    pub fn push(&mut self, rows: DataFrame) -> Outcome<()> {
        let mut waiting = match self.waiting.take() {
            Some(mut waiting) if rows.height() > 0 => {
                waiting.vstack_mut_owned(rows).map_err(internal)?;
                waiting
            }
            Some(waiting) => waiting,
            None => rows,
        };
        while waiting.height() >= PART {
            self.pack_rows(waiting.slice(0, PART))?;
            waiting = waiting.slice(PART as i64, usize::MAX);
        }
        self.waiting = Some(waiting);
        Ok(())
    }

    /// Takes the next rows as a part that is as [`Part::of`] makes it. Others must have come before.
    pub fn push_part(&mut self, part: Part) -> Outcome<()> {
        if part.rows != PART || self.waiting.as_ref().is_none_or(|waiting| waiting.height() > 0) {
            return self.push(part.into_frame()?);
        }
        self.pack(move || pack(&part))
    }

    /// Writes the rest; the digest of all that was written. At least one piece must have come, to say which columns there are.
    pub fn finish(mut self) -> Outcome<Digest> {
        let rest = self.waiting.take().ok_or_else(|| unsupported("a table without columns"))?;
        if rest.height() > 0 || (self.parts.is_empty() && self.packing.is_empty()) {
            self.pack_rows(rest.clone())?;
        }
        while let Some(first) = self.packing.pop_front() {
            self.write(first)?;
        }
        let index = Index { schema: types::schema_of(&rest)?, parts: self.parts };
        let index = serde_json::to_vec(&index).map_err(|error| unsupported(format!("the index: {error}")))?;
        let mut end = || {
            self.out.write_all(&index)?;
            self.out.write_all(&(index.len() as u64).to_le_bytes())?;
            self.out.write_all(MARK)?;
            self.out.flush()
        };
        end().map_err(|error| failed(&self.shown, &error))?;
        let digest = Digest(*self.out.hasher.finalize().as_bytes());
        let file = self.out.inner.finish();
        file.and_then(Ahead::finish).map_err(|error| failed(&self.shown, &error))?;
        Ok(digest)
    }

    fn pack_rows(&mut self, rows: DataFrame) -> Outcome<()> {
        self.pack(move || pack(&Part::of(&rows)?))
    }

    /// Lets the pool pack a part. If enough of them are under way, waits for the first.
    fn pack(&mut self, pack: impl FnOnce() -> Outcome<(Vec<u8>, Place)> + Send + 'static) -> Outcome<()> {
        let (sender, receiver) = sync_channel(1);
        let work = move || {
            // A panic goes to the thread that waits for this; if it has given up, nobody wants to know.
            let _ = sender.send(catch_unwind(AssertUnwindSafe(pack)));
        };
        // A thread of the pool must not wait for the pool.
        if RAYON.current_thread_index().is_some() {
            work()
        } else {
            RAYON.spawn(work)
        }
        self.packing.push_back(receiver);
        let is_enough = self.packing.len() > UNDER_WAY * RAYON.current_num_threads();
        let first = if is_enough { self.packing.pop_front() } else { None };
        first.map_or(Ok(()), |first| self.write(first))
    }

    fn write(&mut self, packing: Receiver<Packing>) -> Outcome<()> {
        let packed = packing.recv().map_err(|_| unsupported("a part of a table was not packed"))?;
        let (bytes, place) = packed.unwrap_or_else(|panic| resume_unwind(panic))?;
        self.out.write_all(&bytes).map_err(|error| failed(&self.shown, &error))?;
        self.parts.push(place);
        Ok(())
    }
}

fn failed(path: &str, error: &io::Error) -> EngineError {
    EngineError::Sink { path: path.to_owned(), message: error.to_string() }
}

/// One part.
fn pack(part: &Part) -> Outcome<(Vec<u8>, Place)> {
    let mut bytes = part.heads.as_ref().map(Heads::pack).unwrap_or_default();
    let mut place =
        Place { rows: part.rows, heads: bytes.len() as u64, columns: Vec::with_capacity(part.columns.len()) };
    for column in &part.columns {
        let packed = column.pack()?;
        place.columns.push(packed.len() as u64);
        bytes.extend_from_slice(&packed);
    }
    Ok((bytes, place))
}
