//! The engine's own file of a table, the form in which it is cached: row groups of [`ROW_GROUP_ROWS`] rows, of each its columns
//! one after the other (column chunks), and behind them a footer that says where each lies.
//!
//! Row groups stand for themselves. So they are encoded on all cores, written while later rows are still being computed, and
//! read back one at a time, of the columns that are needed. Equal tables give equal bytes: row groups are cut by rows and not by
//! how the rows came, and neither chunks, nor what lies under a NULL, nor an unneeded bitmap of no NULLs leaves a trace. Why
//! this form: `docs/performance.md`.

use serde::{Deserialize, Serialize};
use tidemill_core::table::Schema;

/// Rows in a row group. Larger ones pack hardly better; a row group of a wide table is some megabytes. Unit tests have small
/// ones, so that small tables have several.
pub(crate) const ROW_GROUP_ROWS: usize = if cfg!(test) { 16 } else { 1 << 16 };

/// How the file begins and ends. The number is the version of the form: a file of another one is not opened, and so its
/// table is computed again.
pub(super) const MAGIC: &[u8; 16] = b"tidemill table 3";

/// What stands behind the row groups, as JSON; behind it its length in eight bytes and the magic bytes. The names in it belong
/// to the form.
#[derive(Serialize, Deserialize)]
pub(super) struct Footer {
    /// The columns.
    pub schema: Schema,
    /// The row groups in their order, at least one.
    #[serde(rename = "parts")]
    pub row_groups: Vec<RowGroupMeta>,
}

/// What a row group consists of, in bytes, one behind the other.
#[derive(Serialize, Deserialize)]
pub(super) struct RowGroupMeta {
    /// Its rows.
    pub rows: usize,
    /// How long its run lengths are: 0 if it has none.
    #[serde(rename = "heads")]
    pub run_lengths: u64,
    /// How long each column is.
    pub columns: Vec<u64>,
}
