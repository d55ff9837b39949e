//! The engine's own file of a table, the form in which it is cached: parts of [`PART`] rows, of each part its columns one
//! after the other, and behind them where each lies.
//!
//! Because parts stand for themselves they are packed on all cores, written while later rows are still being computed, and
//! read back one at a time, of the columns that are needed. Equal tables give equal bytes: parts are cut by rows and not by
//! how the rows came, and neither chunks, nor what lies under a NULL, nor an unneeded bitmap of
//! no NULLs leaves a trace. Why this form: `docs/performance.md`.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use polars::prelude::DataFrame;
use polars_core::runtime::RAYON;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tidemill_core::ids::Digest;
use tidemill_core::table::{EngineError, Schema};

use crate::ahead::Ahead;
use crate::behind::Behind;
use crate::failure::{Outcome, internal, unsupported};
use crate::part::{Heads, Part};
use crate::types;

/// Rows in a part. Larger ones pack hardly better; a part of a wide table is some megabytes. Unit tests have small ones, so
/// that small tables have several.
pub(crate) const PART: usize = if cfg!(test) { 16 } else { 1 << 16 };

/// Parts that are packed side by side.
const AT_ONCE: usize = 4;

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
    /// Rows that have yet to be written.
    waiting: Option<DataFrame>,
    /// Whole parts that come behind them; there are none while there are such rows.
    whole: Vec<Part>,
}

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
        Ok(Self { out, shown, parts: vec![], waiting: None, whole: vec![] })
    }

    /// Takes the next rows.
    pub fn push(&mut self, rows: DataFrame) -> Outcome<()> {
        self.write_whole()?;
        let waiting = match self.waiting.take() {
            Some(mut waiting) if rows.height() > 0 => {
                waiting.vstack_mut_owned(rows).map_err(internal)?;
                waiting
            }
            Some(waiting) => waiting,
            None => rows,
        };
        if waiting.height() < PART * AT_ONCE {
            self.waiting = Some(waiting);
            return Ok(());
        }
        let full = waiting.height() / PART * PART;
        self.write(&waiting.slice(0, full))?;
        self.waiting = Some(waiting.slice(full as i64, usize::MAX));
        Ok(())
    }

    /// Takes the next rows as a part that is as [`Part::of`] makes it. Others must have come before.
    pub fn push_part(&mut self, part: Part) -> Outcome<()> {
        if part.rows != PART || self.waiting.as_ref().is_none_or(|waiting| waiting.height() > 0) {
            return self.push(part.into_frame()?);
        }
        self.whole.push(part);
        if self.whole.len() == AT_ONCE { self.write_whole() } else { Ok(()) }
    }

    /// Writes the rest; the digest of all that was written. At least one piece must have come, to say which columns there are.
    pub fn finish(mut self) -> Outcome<Digest> {
        self.write_whole()?;
        let rest = self.waiting.take().ok_or_else(|| unsupported("a table without columns"))?;
        if rest.height() > 0 || self.parts.is_empty() {
            self.write(&rest)?;
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

    fn write(&mut self, rows: &DataFrame) -> Outcome<()> {
        let starts: Vec<usize> = (0..rows.height().max(1)).step_by(PART).collect();
        for starts in starts.chunks(AT_ONCE) {
            self.pack(starts, |start| pack(&Part::of(&rows.slice(*start as i64, PART))?))?;
        }
        Ok(())
    }

    fn write_whole(&mut self) -> Outcome<()> {
        let whole = std::mem::take(&mut self.whole);
        self.pack(&whole, pack)
    }

    fn pack<T: Sync>(
        &mut self,
        parts: &[T],
        pack: impl Fn(&T) -> Outcome<(Vec<u8>, Place)> + Sync + Send,
    ) -> Outcome<()> {
        let packed: Vec<Outcome<(Vec<u8>, Place)>> = RAYON.install(|| parts.par_iter().map(pack).collect());
        for part in packed {
            let (bytes, place) = part?;
            self.out.write_all(&bytes).map_err(|error| failed(&self.shown, &error))?;
            self.parts.push(place);
        }
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
