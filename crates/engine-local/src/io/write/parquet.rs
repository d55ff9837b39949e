//! Parquet, the same bytes for the same table: no times, row groups of one size, one after the other.

use std::fs::File;
use std::path::Path;

use polars::prelude::{ParquetCompression, ParquetWriter};

use super::blocks::blocks;
use super::write_error::WriteError;
use crate::store::output_table::{BLOCK, OutputTable};

/// Room in a page for the places in a dictionary, in 8 bytes, that the rows of a row group have. Of a column with a dictionary the
/// writer says the NULLs of the row group to be those of each of its pages, so there must be no more than one.
const PAGE_BYTES: usize = 16 * BLOCK;

/// Each block becomes a row group.
pub(in crate::io) fn write(table: &OutputTable, path: &Path) -> Result<(), WriteError> {
    let failed = |error: polars::prelude::PolarsError| WriteError::Writing(error.to_string());
    let head = table.head().map_err(WriteError::Engine)?;
    let mut writer = ParquetWriter::new(File::create(path)?)
        .with_compression(ParquetCompression::Uncompressed)
        .with_row_group_size(Some(BLOCK))
        .with_data_page_size(Some(PAGE_BYTES))
        .batched(head.schema())
        .map_err(failed)?;
    for block in blocks(table) {
        writer.write_batch(&block?).map_err(failed)?;
    }
    writer.finish().map(drop).map_err(failed)
}
