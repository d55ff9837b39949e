//! Whether the pages of a Parquet file can be what its metadata say. The reader makes room for as many values as a page claims to
//! have, and a process that asks for more room than there is ends at once.

use std::fs::File;
use std::io::Cursor;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use polars::prelude::PolarsResult;
use polars_parquet::parquet::error::{ParquetError, ParquetResult};
use polars_parquet::parquet::metadata::ColumnChunkMetadata;
use polars_parquet::parquet::page::{CompressedPage, DataPageHeader};
use polars_parquet::parquet::read::PageReader;
use polars_parquet::read::{FileMetadata, RowGroupMetadata};

/// Where in the file these columns are.
pub(super) fn parts_of(metadata: &FileMetadata, columns: &[String]) -> Vec<Range<u64>> {
    let of_group = |row_group| columns.iter().flat_map(move |name| chunks(row_group, name));
    metadata.row_groups.iter().flat_map(of_group).map(ColumnChunkMetadata::byte_range).collect()
}

/// The parts of a column in a group of rows: one, if it holds plain values; of lists and structs several.
pub(super) fn chunks<'a>(
    row_group: &'a RowGroupMetadata,
    name: &'a str,
) -> impl Iterator<Item = &'a ColumnChunkMetadata> {
    row_group.columns_under_root_iter(name).into_iter().flatten()
}

/// The NULLs of a column of plain values; None where the file does not say it of all of its parts.
pub(super) fn nulls_of(metadata: &FileMetadata, name: &str) -> Option<u64> {
    let of_group = |row_group| {
        let mut parts = chunks(row_group, name);
        let chunk = parts.next().filter(|chunk| chunk.descriptor().descriptor.max_rep_level == 0)?;
        let statistics = chunk.statistics(&metadata.footer_buf)?.ok()?;
        parts.next().is_none().then_some(u64::try_from(statistics.null_count()?).ok()?)
    };
    metadata.row_groups.iter().map(of_group).sum()
}

/// Looks at the head of each page of these columns, which hold one value for each row, or in lists any number. Says how many
/// values the lists hold.
///
/// # Errors
/// If a column chunk has more or fewer values than there are rows, or its bytes are not in the file.
pub(super) fn look_at(file: &File, metadata: &FileMetadata, columns: &[String]) -> PolarsResult<u128> {
    let mut of_lists = 0;
    for row_group in &metadata.row_groups {
        for name in columns {
            for chunk in chunks(row_group, name) {
                if chunk.descriptor().descriptor.max_rep_level > 0 {
                    of_lists += u128::try_from(chunk.num_values()).unwrap_or_default();
                }
                checked_pages(file, row_group, chunk)?;
            }
        }
    }
    Ok(of_lists)
}

/// The pages of a part, which hold as many values as it has: one for each row, or in lists any number.
///
/// # Errors
/// If they do not, or its bytes are not in the file.
pub(super) fn checked_pages(
    file: &File,
    row_group: &RowGroupMetadata,
    chunk: &ColumnChunkMetadata,
) -> ParquetResult<PageReader> {
    let is_list = chunk.descriptor().descriptor.max_rep_level > 0;
    if !is_list && usize::try_from(chunk.num_values()) != Ok(row_group.num_rows()) {
        let name = chunk.descriptor().path_in_schema.join(".");
        return Err(ParquetError::OutOfSpec(format!("column `{name}` has not one value for each row")));
    }
    let range = chunk.byte_range();
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let size = range.end.checked_sub(range.start).filter(|_| range.end <= length);
    let size = size
        .and_then(|size| usize::try_from(size).ok())
        .ok_or_else(|| ParquetError::OutOfSpec("a column lies outside".to_owned()))?;
    let mut bytes = vec![0; size];
    file.read_exact_at(&mut bytes, range.start).map_err(|error| ParquetError::OutOfSpec(error.to_string()))?;
    let mut pages = PageReader::new(Cursor::new(bytes.into()), chunk, Vec::new(), usize::MAX);
    let mut values = 0;
    for page in &mut pages {
        let CompressedPage::Data(page) = page? else { continue };
        let count = match page.header() {
            DataPageHeader::V1(header) => header.num_values,
            DataPageHeader::V2(header) => header.num_values,
        };
        values += u64::try_from(count)
            .map_err(|_| ParquetError::OutOfSpec("a page has fewer values than none".to_owned()))?;
    }
    let wanted = u64::try_from(chunk.num_values()).unwrap_or_default();
    if values != wanted {
        return Err(ParquetError::OutOfSpec(format!("its pages have {values} of {wanted} values")));
    }
    let (mut bytes, scratch) = pages.into_inner();
    bytes.set_position(0);
    Ok(PageReader::new(bytes, chunk, scratch, usize::MAX))
}
