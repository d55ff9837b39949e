//! A table in a file, read row group by row group.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tempfile::TempPath;
use tidemill_core::fingerprint::FileDigests;
use tidemill_core::ids::Digest;
use tidemill_core::table::{EngineError, Schema};

use super::row_group::{ColumnChunk, Damaged, RowGroup, RunLengths};
use super::stored_table::StoredTable;
use super::table_format::{Footer, MAGIC, ROW_GROUP_ROWS, RowGroupMeta};
use crate::error::Outcome;

/// A table in a file of the engine's own form. The file stays open, so that it can be renamed or removed meanwhile.
pub(crate) struct TableFile {
    file: Mutex<File>,
    /// Where each row group begins, and what it consists of.
    row_groups: Vec<(u64, RowGroupMeta)>,
    schema: Schema,
    starts: Vec<usize>,
    shown: String,
    spilled: Mutex<Option<Spilled>>,
}

/// A file that nobody else knows of; it is removed if it is not taken.
struct Spilled {
    path: TempPath,
    digest: Digest,
}

impl TableFile {
    /// Takes up a table that [`TableFileWriter`](super::table_file_writer::TableFileWriter) wrote.
    pub fn open(path: &Path) -> Outcome<Self> {
        let shown = path.display().to_string();
        let mut file = File::open(path).map_err(|error| broken(&shown, error.to_string()))?;
        let Footer { schema, row_groups } = footer(&mut file).map_err(|error| broken(&shown, error.to_string()))?;
        let mut start = MAGIC.len() as u64;
        let located = |row_group: RowGroupMeta| {
            let begin = start;
            // Added up and compared with the size of the file when the index was read.
            start += row_group.run_lengths + row_group.columns.iter().sum::<u64>();
            (begin, row_group)
        };
        let row_groups: Vec<(u64, RowGroupMeta)> = row_groups.into_iter().map(located).collect();
        let mut starts = vec![0];
        row_groups.iter().for_each(|(_, row_group)| starts.push(starts[starts.len() - 1] + row_group.rows));
        Ok(Self { file: Mutex::new(file), row_groups, schema, starts, shown, spilled: Mutex::new(None) })
    }

    /// Takes up a table that was written aside to a file of its own.
    pub fn spilled(path: TempPath, digest: Digest) -> Outcome<Self> {
        let stored = Self::open(&path)?;
        *stored.spilled.lock().unwrap_or_else(PoisonError::into_inner) = Some(Spilled { path, digest });
        Ok(stored)
    }

    fn read(&self, start: u64, length: u64) -> Outcome<Vec<u8>> {
        let mut bytes = vec![0; length as usize]; // no longer than the file
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(start))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|error| broken(&self.shown, error.to_string()))?;
        Ok(bytes)
    }
}

impl StoredTable for TableFile {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// As it is encoded.
    fn row_group(&self, at: usize, columns: Option<&[String]>) -> Outcome<RowGroup> {
        let (start, meta) = &self.row_groups[at];
        let numbers: Vec<usize> = match columns {
            None => (0..self.schema.len()).collect(),
            Some(columns) => {
                let number = |column: &String| {
                    let found = self.schema.names().position(|name| name == column);
                    found.ok_or_else(|| EngineError::Internal(format!("the table has no column {column}")))
                };
                columns.iter().map(number).collect::<Outcome<_>>()?
            }
        };
        let damaged = |_: Damaged| broken(&self.shown, "is damaged".to_owned());
        let run_lengths = match meta.run_lengths {
            0 => None,
            length => Some(RunLengths::decode(&self.read(*start, length)?, meta.rows).map_err(damaged)?),
        };
        let mut begins = vec![start + meta.run_lengths];
        for length in &meta.columns {
            begins.push(begins[begins.len() - 1] + length);
        }
        let columns = numbers
            .into_iter()
            .map(|number| {
                let field = &self.schema.fields()[number];
                let encoded = self.read(begins[number], meta.columns[number])?;
                ColumnChunk::decode(&encoded, &field.name, field.data_type, meta.rows, run_lengths.as_ref())
                    .map_err(damaged)
            })
            .collect::<Outcome<_>>()?;
        Ok(RowGroup { rows: meta.rows, run_lengths, columns })
    }

    /// Moves its file there if nobody else has it, else copies it.
    fn save(&self, to: &Path, _: &FileDigests) -> Outcome<Digest> {
        let failed =
            |error: io::Error| EngineError::Sink { path: to.display().to_string(), message: error.to_string() };
        let mut spilled = self.spilled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Spilled { path, digest }) = spilled.take() {
            if std::fs::rename(&path, to).is_err() {
                std::fs::copy(&path, to).map_err(failed)?;
            }
            return Ok(digest);
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut copy = File::create(to).map_err(failed)?;
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; 1 << 20];
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        loop {
            let read = file.read(&mut buffer).map_err(failed)?;
            if read == 0 {
                return Ok(Digest(*hasher.finalize().as_bytes()));
            }
            hasher.update(&buffer[..read]);
            io::Write::write_all(&mut copy, &buffer[..read]).map_err(failed)?;
        }
    }
}

fn broken(path: &str, message: String) -> EngineError {
    EngineError::Source {
        path: path.to_owned(),
        line: None,
        message,
        help: Some("remove the file: the task will run again".to_owned()),
        part: None,
    }
}

/// Reads and checks the footer.
fn footer(file: &mut File) -> io::Result<Footer> {
    let other = || io::Error::other("is not a table in the form of this version");
    let size = file.metadata()?.len();
    let end = (MAGIC.len() + size_of::<u64>()) as u64;
    if size < end + MAGIC.len() as u64 {
        return Err(other());
    }
    let mut first = [0; MAGIC.len()];
    file.read_exact(&mut first)?;
    let mut length = [0; size_of::<u64>()];
    let mut last = [0; MAGIC.len()];
    file.seek(SeekFrom::Start(size - end))?;
    file.read_exact(&mut length)?;
    file.read_exact(&mut last)?;
    let length = u64::from_le_bytes(length);
    if first != *MAGIC || last != *MAGIC || length > size - end - MAGIC.len() as u64 {
        return Err(other());
    }
    let mut bytes = vec![0; length as usize]; // no longer than the file
    file.seek(SeekFrom::Start(size - end - length))?;
    file.read_exact(&mut bytes)?;
    let footer: Footer = serde_json::from_slice(&bytes).map_err(|_| other())?;
    let lengths =
        footer.row_groups.iter().flat_map(|row_group| row_group.columns.iter().chain([&row_group.run_lengths]));
    let all = lengths.map(|length| u128::from(*length)).sum::<u128>();
    let fits = footer
        .row_groups
        .iter()
        .all(|row_group| row_group.rows <= ROW_GROUP_ROWS && row_group.columns.len() == footer.schema.len());
    let room = size - end - length - MAGIC.len() as u64;
    if footer.row_groups.is_empty() || !fits || all != u128::from(room) {
        return Err(other());
    }
    Ok(footer)
}
