//! Tables as the engine holds them: small ones in memory, large ones in files.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{DataFrame, IdxSize};
use tidemill_core::fingerprint::FileDigests;
use tidemill_core::ids::Digest;
use tidemill_core::table::TableRef;

use super::stored_table::StoredTable;
use super::table_file::TableFile;
use super::table_file_writer::TableFileWriter;
use crate::arrays::select::pick;
use crate::arrays::types;
use crate::error::{Outcome, unsupported};

/// A table, wherever it is.
#[derive(Clone)]
pub(crate) enum TableHandle {
    InMemory(DataFrame),
    OnDisk(Arc<dyn StoredTable>),
}

/// What stands behind a [`TableRef`]: a table in memory may move to a file when it is saved.
struct Slot(Mutex<TableHandle>);

/// A table of more cells than this is not read whole before it is known which columns are needed.
const SMALL: usize = 1 << 16;

/// A reference to a frame.
pub(crate) fn in_memory(frame: DataFrame) -> Outcome<TableRef> {
    TableHandle::InMemory(frame).into_ref()
}

/// How much of a table there is.
pub(crate) fn cells(frame: &DataFrame) -> usize {
    frame.height().saturating_mul(frame.width())
}

impl TableHandle {
    /// What stands behind a reference.
    pub fn of(table: &TableRef) -> Outcome<Self> {
        Ok(Slot::of(table)?.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// A reference to the table.
    pub fn into_ref(self) -> Outcome<TableRef> {
        if self.rows() > IdxSize::MAX as usize - 1 {
            return Err(unsupported("a table of more than four billion rows"));
        }
        let schema = match &self {
            Self::InMemory(frame) => types::schema_of(frame)?,
            Self::OnDisk(stored) => stored.schema().clone(),
        };
        let rows = self.rows() as u64;
        Ok(TableRef { held: Arc::new(Slot(Mutex::new(self))), schema, rows })
    }

    /// Writes the table in the engine's own form. One of more cells than `max_cells` is read from that file from then on and
    /// no longer in memory.
    pub fn save(table: &TableRef, to: &Path, max_cells: usize, files: &FileDigests) -> Outcome<Digest> {
        let frame = match Self::of(table)? {
            Self::OnDisk(stored) => return stored.save(to, files),
            Self::InMemory(frame) => frame,
        };
        let mut writer = TableFileWriter::create(to)?;
        writer.push(frame.clone())?;
        let digest = writer.finish()?;
        if cells(&frame) > max_cells {
            let file = Self::OnDisk(Arc::new(TableFile::open(to)?));
            *Slot::of(table)?.0.lock().unwrap_or_else(PoisonError::into_inner) = file;
        }
        Ok(digest)
    }

    /// Opens a table that was saved: into memory if it is small, and has no more than so many cells.
    pub fn open(from: &Path, max_cells: usize) -> Outcome<Self> {
        let file = TableFile::open(from)?;
        if file.rows().saturating_mul(file.schema().len()) > max_cells.min(SMALL) {
            return Ok(Self::OnDisk(Arc::new(file)));
        }
        Ok(Self::InMemory(file.whole(None)?))
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        match self {
            Self::InMemory(frame) => frame.height(),
            Self::OnDisk(stored) => stored.rows(),
        }
    }

    /// The names of its columns.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::InMemory(frame) => frame.get_column_names().iter().map(|name| name.to_string()).collect(),
            Self::OnDisk(stored) => stored.schema().names().map(str::to_owned).collect(),
        }
    }

    /// These columns of all rows, in memory.
    pub fn frame(&self, columns: Option<&[String]>) -> Outcome<DataFrame> {
        match (self, columns) {
            (Self::InMemory(frame), None) => Ok(frame.clone()),
            (Self::InMemory(frame), Some(columns)) => pick(frame, columns.iter().map(String::as_str)),
            (Self::OnDisk(stored), columns) => stored.whole(columns),
        }
    }
}

impl Slot {
    fn of(table: &TableRef) -> Outcome<&Self> {
        table.held.downcast_ref::<Self>().ok_or_else(|| unsupported("the table is not held by this engine"))
    }
}
