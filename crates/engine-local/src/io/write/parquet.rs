//! Parquet, the same bytes for the same table: no times, row groups of one size, one after the other.

use std::fs::File;
use std::path::Path;

use polars::prelude::{ParquetCompression, ParquetWriter};

use super::blocks::blocks;
use super::write_error::WriteError;
use crate::store::output_table::{BLOCK, OutputTable};

/// Each block becomes a row group.
pub(in crate::io) fn write(table: &OutputTable, path: &Path) -> Result<(), WriteError> {
    let failed = |error: polars::prelude::PolarsError| WriteError::Writing(error.to_string());
    let head = table.head().map_err(WriteError::Engine)?;
    let mut writer = ParquetWriter::new(File::create(path)?)
        .with_compression(ParquetCompression::Uncompressed)
        .with_row_group_size(Some(BLOCK))
        .batched(head.schema())
        .map_err(failed)?;
    for block in blocks(table) {
        writer.write_batch(&block?).map_err(failed)?;
    }
    writer.finish().map(drop).map_err(failed)
}
