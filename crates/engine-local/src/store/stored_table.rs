//! Tables of which nothing but where their rows are is in memory.

use std::path::Path;
use std::sync::Arc;

use polars::prelude::DataFrame;
use polars_core::runtime::RAYON;
use rayon::prelude::*;
use tidemill_core::fingerprint::FileDigests;
use tidemill_core::ids::Digest;
use tidemill_core::table::{Schema, Value};

use super::row_group::RowGroup;
use crate::arrays::types;
use crate::error::{Outcome, internal};

/// A table that stays in the files of its source.
pub struct TableView(pub(crate) Arc<dyn StoredTable>);

/// A table in files, read row group by row group, of each the columns that are needed.
pub(crate) trait StoredTable: Send + Sync {
    /// Its columns.
    fn schema(&self) -> &Schema;

    /// Where each row group begins, in rows, and behind the last one where the table ends: one number more than there are row
    /// groups, of which there is at least one.
    fn starts(&self) -> &[usize];

    /// One row group: these columns in that order, or all.
    fn row_group(&self, at: usize, columns: Option<&[String]>) -> Outcome<RowGroup>;

    /// Whether no row of a column is NULL, as far as that is known without reading it.
    fn has_no_nulls(&self, _column: &str) -> bool {
        false
    }

    /// The least and greatest value of a column in a row group that are not NULL, or what lies below and above them, if that is known
    /// without reading it.
    fn bounds(&self, _at: usize, _column: &str) -> Option<(Value, Value)> {
        None
    }

    /// Puts what the store keeps of it at `to`; its digest. What is known of the contents of files may be used, and added to.
    fn save(&self, to: &Path, files: &FileDigests) -> Outcome<Digest>;

    /// How many row groups it has, at least one.
    fn len(&self) -> usize {
        self.starts().len() - 1
    }

    /// Its rows.
    fn rows(&self) -> usize {
        self.starts()[self.len()]
    }

    /// How many rows a row group has.
    fn rows_of(&self, at: usize) -> usize {
        self.starts()[at + 1] - self.starts()[at]
    }

    /// The row group in which a row lies.
    fn row_group_of(&self, row: usize) -> usize {
        self.starts().partition_point(|start| *start <= row).saturating_sub(1).min(self.len() - 1)
    }

    /// One row group as a frame: these columns in that order, or all.
    fn frame(&self, at: usize, columns: Option<&[String]>) -> Outcome<DataFrame> {
        self.row_group(at, columns)?.into_frame()
    }

    /// Rows `from..to` as one frame, each column in one piece.
    fn block(&self, from: usize, to: usize, columns: Option<&[String]>) -> Outcome<DataFrame> {
        let (first, last) = (self.row_group_of(from), self.row_group_of(to.saturating_sub(1).max(from)));
        let frames: Outcome<Vec<DataFrame>> =
            RAYON.install(|| (first..=last).into_par_iter().map(|at| self.frame(at, columns)).collect());
        let mut frames = frames?.into_iter();
        let mut whole = frames.next().map_or_else(|| types::empty(self.schema()), Ok)?;
        for frame in frames {
            whole.vstack_mut_owned(frame).map_err(internal)?;
        }
        if columns.is_some_and(<[String]>::is_empty) {
            return Ok(DataFrame::empty_with_height(to - from));
        }
        let before = from - self.starts()[first];
        if before > 0 || whole.height() > to - from {
            whole = whole.slice(before as i64, to - from);
        }
        whole.rechunk_mut_par();
        Ok(whole)
    }

    /// The whole table in memory.
    fn whole(&self, columns: Option<&[String]>) -> Outcome<DataFrame> {
        self.block(0, self.rows(), columns)
    }
}
