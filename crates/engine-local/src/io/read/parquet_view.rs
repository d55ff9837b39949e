//! A table that stays in its Parquet files: of a row group those columns are read that are asked for.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use polars::io::parquet::read::ParquetReader;
use polars::prelude::{ArrowSchema, Column, DataFrame, IntoColumn, PolarsResult, SerReader, Series};
use polars_parquet::read::{BasicDecompressor, FileMetadata, Filter, RowGroupMetadata, column_iter_to_arrays};
use tidemill_core::fingerprint::{FileDigests, Stat};
use tidemill_core::ids::Digest;
use tidemill_core::table::{DataType, EngineError, Location, Scan, Schema, Value};

use super::arrow_type::{fits_unseen, is_noted_otherwise};
use super::nested::is_nested;
use super::parquet::{column_as, infer, undamaged};
use super::parquet_bounds::bounds;
use super::parquet_pages::{checked_pages, chunks};
use super::source_file::SourceFile;
use crate::error::{Outcome, internal};
use crate::store::row_group::RowGroup;
use crate::store::stored_table::StoredTable;
use crate::store::view_object::{ViewObject, ViewedFile};

/// The most files of one table that stay open. A source of more is read and kept.
const MOST_FILES: usize = 128;
/// The most rows that are read at a time of a larger row group of a file. What a writer makes without being asked is smaller or
/// has a million rows. Unit tests have small ones, so that small files have several.
const MOST_ROWS: usize = if cfg!(test) { 50 } else { 1 << 17 };

/// A table whose rows are those of files, as they were when it was opened.
pub(crate) struct ParquetView {
    files: Vec<OpenFile>,
    /// What a row group of the table is in them.
    parts: Vec<Part>,
    starts: Vec<usize>,
    schema: Schema,
}

/// A file that stays open: one that is put in its place meanwhile does not change the table.
struct OpenFile {
    origin: SourceFile,
    file: File,
    stat: Stat,
    metadata: Arc<FileMetadata>,
    columns: Arc<ArrowSchema>,
}

/// Rows of a row group of a file: all, or some of many.
struct Part {
    file: usize,
    row_group: usize,
    from: usize,
    to: usize,
}

impl ParquetView {
    /// The source as a table; none if tables cannot hold each of its values as it is stored, or it is not on this machine. What
    /// reading all of it would show is shown.
    pub fn of(files: &[SourceFile], scan: &Scan) -> Outcome<Option<(Self, Vec<String>)>> {
        let stays = files.iter().all(|file| file.parts.is_none())
            && scan.files.iter().all(|file| file.scheme().is_none())
            && files.len() <= MOST_FILES
            && scan.options.filename.is_none();
        if !stays {
            return Ok(None);
        }
        // That each has the columns, of types that go together.
        infer(files, scan)?;
        let opened = files.iter().map(OpenFile::new).collect::<Outcome<Vec<_>>>()?;
        let mut warnings = Vec::new();
        for file in &opened {
            for field in scan.schema.fields() {
                match file.columns.get(&field.name).map(|stored| stored.dtype()) {
                    None => return Err(file.origin.error(None, format!("has no column `{}`", field.name))),
                    Some(stored) if is_nested(stored) || is_noted_otherwise(stored) => return Ok(None),
                    Some(stored) if fits_unseen(stored, field.data_type) => {}
                    // Whether all of it fits, and what there is to say of it, its values show.
                    Some(_) => {
                        let parts = parts_of(0, &file.metadata);
                        file.column(&parts, &field.name, field.data_type, &mut warnings)?;
                    }
                }
            }
        }
        let parts: Vec<Part> = opened.iter().enumerate().flat_map(|(at, file)| parts_of(at, &file.metadata)).collect();
        let mut starts = vec![0];
        parts.iter().for_each(|part| starts.push(starts[starts.len() - 1] + part.to - part.from));
        if parts.is_empty() {
            return Ok(None);
        }
        Ok(Some((Self { files: opened, parts, starts, schema: scan.schema.clone() }, warnings)))
    }
}

/// The row groups of a file, cut where they are large.
fn parts_of(file: usize, metadata: &FileMetadata) -> Vec<Part> {
    let mut parts = Vec::new();
    for (row_group, found) in metadata.row_groups.iter().enumerate() {
        let rows = found.num_rows();
        let pieces = rows.div_ceil(MOST_ROWS).max(1);
        let cut = |piece: usize| rows * piece / pieces;
        parts.extend((0..pieces).map(|at| Part { file, row_group, from: cut(at), to: cut(at + 1) }));
    }
    parts
}

impl OpenFile {
    fn new(origin: &SourceFile) -> Outcome<Self> {
        let file = origin.open()?;
        let stat = file.metadata().map(|found| Stat::of(&found)).map_err(|error| origin.io_error(&error))?;
        let mut reader = ParquetReader::new(file.try_clone().map_err(|error| origin.io_error(&error))?);
        let columns = undamaged(origin, || reader.schema())?;
        let metadata = Arc::clone(undamaged(origin, || reader.get_metadata())?);
        Ok(Self { origin: origin.clone(), file, stat, metadata, columns })
    }

    /// A column of some parts of the file, as the type that is wanted of it.
    fn column(&self, parts: &[Part], name: &str, wanted: DataType, told: &mut Vec<String>) -> Outcome<Column> {
        let mut whole: Option<Series> = None;
        for part in parts {
            let rows = undamaged(&self.origin, || self.stored(part, name))?;
            match &mut whole {
                Some(whole) => drop(whole.append_owned(rows).map_err(internal)?),
                none => *none = Some(rows),
            }
        }
        let now = self.file.metadata().map(|found| Stat::of(&found)).map_err(|error| self.origin.io_error(&error))?;
        if (now.len, now.mtime) != (self.stat.len, self.stat.mtime) {
            return Err(changed(&self.origin));
        }
        let stored =
            self.columns.get(name).ok_or_else(|| self.origin.error(None, format!("has no column `{name}`")))?;
        let column = whole.unwrap_or_else(|| Series::new_empty(name.into(), &crate::arrays::types::to_polars(wanted)));
        column_as(&self.origin, &column.into_column(), stored.dtype(), wanted, told)
    }

    /// A column of a part as the file has it.
    fn stored(&self, part: &Part, name: &str) -> PolarsResult<Series> {
        let row_group = &self.metadata.row_groups[part.row_group];
        let field = self.columns.try_get(name)?;
        let filter = (part.to - part.from < row_group.num_rows()).then(|| Filter::new_ranged(part.from, part.to));
        let mut columns = Vec::new();
        let mut types = Vec::new();
        for chunk in chunks(row_group, name) {
            let pages = checked_pages(&self.file, row_group, chunk)?;
            columns.push(BasicDecompressor::new(pages, Vec::new()));
            types.push(&chunk.descriptor().descriptor.primitive_type);
        }
        let (arrays, _) = column_iter_to_arrays(columns, types, field.clone(), filter)?;
        Series::try_from((field, arrays))
    }
}

fn changed(origin: &SourceFile) -> EngineError {
    origin.error_with_help(None, "has changed while its rows were read", "run again")
}

impl StoredTable for ParquetView {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn starts(&self) -> &[usize] {
        &self.starts
    }

    fn row_group(&self, at: usize, columns: Option<&[String]>) -> Outcome<RowGroup> {
        let part = std::slice::from_ref(&self.parts[at]);
        let file = &self.files[part[0].file];
        let unknown = |name: &String| EngineError::Internal(format!("the table has no column {name}"));
        let read = |name: &String| {
            let wanted = self.schema.get(name).ok_or_else(|| unknown(name))?;
            // What there is to tell was told when the view was made.
            file.column(part, name, wanted, &mut Vec::new())
        };
        let read: Outcome<Vec<Column>> = match columns {
            Some(columns) => columns.iter().map(read).collect(),
            None => self.schema.fields().iter().map(|field| read(&field.name)).collect(),
        };
        Ok(RowGroup::plain(DataFrame::new(self.rows_of(at), read?).map_err(internal)?))
    }

    /// By what the files say. Of a count that is not zero nothing follows but that there are some: writers are known that count
    /// the NULLs of a row group once for each of its pages.
    fn has_no_nulls(&self, column: &str) -> bool {
        let says_so = |row_group: &RowGroupMetadata, footer: &[u8]| {
            let chunk = chunks(row_group, column).next()?;
            Some(chunk.statistics(footer)?.ok()?.null_count()? == 0)
        };
        self.files.iter().all(|file| {
            let footer = &file.metadata.footer_buf[..];
            file.metadata.row_groups.iter().all(|row_group| says_so(row_group, footer) == Some(true))
        })
    }

    fn bounds(&self, at: usize, column: &str) -> Option<(Value, Value)> {
        let part = &self.parts[at];
        let file = &self.files[part.file];
        let chunk = chunks(&file.metadata.row_groups[part.row_group], column).next()?;
        bounds(chunk, &file.metadata.footer_buf, file.columns.get(column)?.dtype())
    }

    /// What files they are, and what is in them.
    fn save(&self, to: &Path, files: &FileDigests) -> Outcome<Digest> {
        let viewed = self.files.iter().map(|file| {
            let origin = &file.origin;
            let digest = files.file(&origin.path).map_err(|error| origin.io_error(&error))?;
            let now = fs::metadata(&origin.path).map(|found| Stat::of(&found)).ok();
            // A link to the file more or less changes its ctime alone.
            let same = |now: Stat| (now.len, now.mtime, now.inode) == (file.stat.len, file.stat.mtime, file.stat.inode);
            let digest = digest.filter(|_| now.is_some_and(same)).ok_or_else(|| changed(origin))?;
            Ok(ViewedFile { path: Location::new(&origin.shown), digest })
        });
        let files = viewed.collect::<Outcome<_>>()?;
        ViewObject { format: "parquet".to_owned(), files, schema: self.schema.clone() }.write(to)
    }
}
