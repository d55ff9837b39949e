//! Parquet, the same bytes for the same table: no times, row groups of one size, one thread's order.

use std::fs::File;
use std::path::Path;

use polars::prelude::{DataFrame, ParquetCompression, ParquetWriter};

/// Rows of a row group.
const GROUP_ROWS: usize = 1 << 18;

pub(super) fn write(frame: &mut DataFrame, path: &Path) -> Result<(), String> {
    let file = File::create(path).map_err(|error| error.to_string())?;
    ParquetWriter::new(file)
        .with_compression(ParquetCompression::Uncompressed)
        .with_row_group_size(Some(GROUP_ROWS))
        .finish(frame)
        .map(drop)
        .map_err(|error| error.to_string())
}
