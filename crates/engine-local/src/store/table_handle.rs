//! Tables as the engine holds them: small ones in memory, large ones in a file.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{DataFrame, IdxSize};
use tidemill_core::ids::Digest;
use tidemill_core::table::{EngineError, TableRef};

use crate::arrays::select::pick;
use crate::arrays::types;
use crate::error::{Outcome, unsupported};
use crate::store::reader::Stored;
use crate::store::row_group::Part;
use crate::store::writer::{PART, Writer};

/// A table, wherever it is.
#[derive(Clone)]
pub(crate) enum Held {
    /// In memory.
    Frame(DataFrame),
    /// In a file.
    Stored(Arc<Stored>),
}

/// What stands behind a reference to a table.
struct Table(Mutex<Held>);

/// Holds a frame.
pub(crate) fn hold(frame: DataFrame) -> Outcome<TableRef> {
    hold_any(Held::Frame(frame))
}

/// Holds a table.
pub(crate) fn hold_any(held: Held) -> Outcome<TableRef> {
    if held.rows() > IdxSize::MAX as usize - 1 {
        return Err(unsupported("a table of more than four billion rows"));
    }
    let schema = match &held {
        Held::Frame(frame) => types::schema_of(frame)?,
        Held::Stored(stored) => stored.schema.clone(),
    };
    let rows = held.rows() as u64;
    Ok(TableRef { held: Arc::new(Table(Mutex::new(held))), schema, rows })
}

fn table_of(table: &TableRef) -> Outcome<&Table> {
    table.held.downcast_ref::<Table>().ok_or_else(|| unsupported("the table is not held by this engine"))
}

/// What the engine holds behind a reference.
pub(crate) fn held(table: &TableRef) -> Outcome<Held> {
    Ok(table_of(table)?.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

/// Writes the table in the engine's own form. One of more cells than `most` is read from that file from then on and no
/// longer in memory.
pub(crate) fn save(table: &TableRef, to: &Path, most: usize) -> Outcome<Digest> {
    let frame = match held(table)? {
        Held::Stored(stored) => return stored.save(to),
        Held::Frame(frame) => frame,
    };
    let mut writer = Writer::create(to)?;
    writer.push(frame.clone())?;
    let digest = writer.finish()?;
    if cells(&frame) > most {
        let stored = Held::Stored(Arc::new(Stored::open(to)?));
        *table_of(table)?.0.lock().unwrap_or_else(PoisonError::into_inner) = stored;
    }
    Ok(digest)
}

/// A table of more cells than this is not read whole before it is known which columns are needed.
const SMALL: usize = 1 << 16;

/// Takes up a table that was saved: into memory if it is small, and has no more than so many cells.
pub(crate) fn open(from: &Path, most: usize) -> Outcome<TableRef> {
    let stored = Stored::open(from)?;
    if stored.rows.saturating_mul(stored.schema.len()) > most.min(SMALL) {
        return hold_any(Held::Stored(Arc::new(stored)));
    }
    hold(stored.whole(None)?)
}

/// How much of a table there is.
pub(crate) fn cells(frame: &DataFrame) -> usize {
    frame.height().saturating_mul(frame.width())
}

impl Held {
    /// How many rows it has.
    pub fn rows(&self) -> usize {
        match self {
            Self::Frame(frame) => frame.height(),
            Self::Stored(stored) => stored.rows,
        }
    }

    /// The names of its columns.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Frame(frame) => frame.get_column_names().iter().map(|name| name.to_string()).collect(),
            Self::Stored(stored) => stored.schema.names().map(str::to_owned).collect(),
        }
    }

    /// These columns of all rows, in memory.
    pub fn frame(&self, columns: Option<&[String]>) -> Outcome<DataFrame> {
        match (self, columns) {
            (Self::Frame(frame), None) => Ok(frame.clone()),
            (Self::Frame(frame), Some(columns)) => pick(frame, columns.iter().map(String::as_str)),
            (Self::Stored(stored), columns) => stored.whole(columns),
        }
    }

    /// These columns of the first rows, in memory.
    pub fn first(&self, rows: usize, columns: Option<&[String]>) -> Outcome<DataFrame> {
        match self {
            Self::Frame(_) => Ok(self.frame(columns)?.head(Some(rows))),
            Self::Stored(stored) => stored.first(rows, columns),
        }
    }
}

/// Parts in a block. With the rows of a part this is also the size of Parquet's row groups.
const BLOCK_PARTS: usize = 4;

/// Rows in a block.
pub(crate) const BLOCK: usize = BLOCK_PARTS * PART;

/// A table on its way to a file, block by block, so that a large one is never whole in memory.
pub struct Outgoing(pub(crate) Held);

impl Outgoing {
    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.0.rows()
    }

    /// All its columns, none of its rows.
    ///
    /// # Errors
    /// If the file that holds it cannot be read.
    pub fn head(&self) -> Result<DataFrame, EngineError> {
        match &self.0 {
            Held::Frame(frame) => Ok(frame.clear()),
            Held::Stored(stored) => stored.head(),
        }
    }

    /// Its rows in order, so many at a time that every block but the last has the same number of them; no block if there
    /// are no rows.
    ///
    /// # Errors
    /// If the file that holds it cannot be read.
    pub fn blocks(&self) -> impl Iterator<Item = Result<DataFrame, EngineError>> {
        (0..self.rows()).step_by(BLOCK).map(|start| match &self.0 {
            Held::Frame(frame) => Ok(frame.slice(start as i64, BLOCK)),
            Held::Stored(stored) => {
                let part = start / PART;
                stored.block(part, stored.len().min(part + BLOCK_PARTS), None)
            }
        })
    }

    /// How many parts it has; none if there are no rows.
    pub(crate) fn parts(&self) -> usize {
        self.rows().div_ceil(PART)
    }

    /// One part.
    pub(crate) fn part(&self, at: usize) -> Outcome<Part> {
        match &self.0 {
            Held::Frame(frame) => Part::of(&frame.slice((at * PART) as i64, PART)),
            Held::Stored(stored) => stored.entries(at, None),
        }
    }

    /// The whole table in memory, for formats that cannot be written piece by piece.
    ///
    /// # Errors
    /// If the file that holds it cannot be read.
    pub fn whole(&self) -> Result<DataFrame, EngineError> {
        let mut whole = self.0.frame(None)?;
        whole.rechunk_mut();
        Ok(whole)
    }
}
