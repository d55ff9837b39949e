//! Tables on their way to a file of another form.

use polars::prelude::DataFrame;
use tidemill_core::table::EngineError;

use super::row_group::RowGroup;
use super::table_format::ROW_GROUP_ROWS;
use super::table_handle::TableHandle;
use crate::arrays::types;
use crate::error::Outcome;

/// Row groups in a block. With the rows of a row group this is also the size of Parquet's row groups.
const BLOCK_ROW_GROUPS: usize = 4;

/// Rows in a block.
pub(crate) const BLOCK: usize = BLOCK_ROW_GROUPS * ROW_GROUP_ROWS;

/// A table on its way to a file, block by block, so that a large one is never whole in memory.
pub struct OutputTable(pub(crate) TableHandle);

impl OutputTable {
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
            TableHandle::InMemory(frame) => Ok(frame.clear()),
            TableHandle::OnDisk(stored) => types::empty(stored.schema()),
        }
    }

    /// Its rows in order, so many at a time that every block but the last has the same number of them; no block if there
    /// are no rows.
    ///
    /// # Errors
    /// If the file that holds it cannot be read.
    pub fn blocks(&self) -> impl Iterator<Item = Result<DataFrame, EngineError>> {
        (0..self.rows()).step_by(BLOCK).map(|start| self.block(start, self.rows().min(start + BLOCK), None))
    }

    /// Rows `start..end`: these columns, or all.
    pub(crate) fn block(&self, start: usize, end: usize, columns: Option<&[String]>) -> Outcome<DataFrame> {
        match &self.0 {
            TableHandle::InMemory(_) => Ok(self.0.frame(columns)?.slice(start as i64, end - start)),
            TableHandle::OnDisk(stored) => stored.block(start, end, columns),
        }
    }

    /// How many row groups it has; none if there are no rows.
    pub(crate) fn row_groups(&self) -> usize {
        match &self.0 {
            _ if self.rows() == 0 => 0,
            TableHandle::InMemory(frame) => frame.height().div_ceil(ROW_GROUP_ROWS),
            TableHandle::OnDisk(stored) => stored.len(),
        }
    }

    /// One row group.
    pub(crate) fn row_group(&self, at: usize) -> Outcome<RowGroup> {
        match &self.0 {
            TableHandle::InMemory(frame) => RowGroup::of(&frame.slice((at * ROW_GROUP_ROWS) as i64, ROW_GROUP_ROWS)),
            TableHandle::OnDisk(stored) => stored.row_group(at, None),
        }
    }

    /// The whole table in memory, for formats that cannot be written batch by batch.
    ///
    /// # Errors
    /// If the file that holds it cannot be read.
    pub fn whole(&self) -> Result<DataFrame, EngineError> {
        let mut whole = self.0.frame(None)?;
        whole.rechunk_mut();
        Ok(whole)
    }
}
