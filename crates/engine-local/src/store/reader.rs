//! A table in a file, read part by part.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use polars::prelude::{Column, DataFrame};
use polars_core::runtime::RAYON;
use rayon::prelude::*;
use tempfile::TempPath;
use tidemill_core::ids::Digest;
use tidemill_core::table::{EngineError, Field, Schema};

use crate::arrays::types;
use crate::error::{Outcome, internal};
use crate::store::row_group::{Damaged, Entries, Heads, Part};
use crate::store::writer::{Index, MARK, PART, Place};

/// A table that is not in memory. The file stays open, so that it can be renamed or removed meanwhile.
pub(crate) struct Stored {
    file: Mutex<File>,
    /// Where each part begins, and what it consists of.
    parts: Vec<(u64, Place)>,
    /// Its columns.
    pub schema: Schema,
    /// Its rows.
    pub rows: usize,
    shown: String,
    spilled: Mutex<Option<Spilled>>,
}

/// A file that nobody else knows of; it is removed if it is not taken.
struct Spilled {
    path: TempPath,
    digest: Digest,
}

impl Stored {
    /// Takes up a table that [`Writer`](crate::store::writer::Writer) wrote.
    pub fn open(path: &Path) -> Outcome<Self> {
        let shown = path.display().to_string();
        let mut file = File::open(path).map_err(|error| broken(&shown, error.to_string()))?;
        let Index { schema, parts } = index(&mut file).map_err(|error| broken(&shown, error.to_string()))?;
        let mut start = MARK.len() as u64;
        let place = |part: Place| {
            let begin = start;
            // Added up and compared with the size of the file when the index was read.
            start += part.heads + part.columns.iter().sum::<u64>();
            (begin, part)
        };
        let parts: Vec<(u64, Place)> = parts.into_iter().map(place).collect();
        let rows = parts.iter().map(|(_, part)| part.rows).sum();
        Ok(Self { file: Mutex::new(file), parts, schema, rows, shown, spilled: Mutex::new(None) })
    }

    /// Takes up a table that was written aside to a file of its own.
    pub fn spilled(path: TempPath, digest: Digest) -> Outcome<Self> {
        let stored = Self::open(&path)?;
        *stored.spilled.lock().unwrap_or_else(PoisonError::into_inner) = Some(Spilled { path, digest });
        Ok(stored)
    }

    /// Puts its file at `to`: moves it if nobody else has it, else copies it. Its digest.
    pub fn save(&self, to: &Path) -> Outcome<Digest> {
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

    /// How many parts it has, at least one.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// How many rows a part has.
    pub fn rows_of(&self, at: usize) -> usize {
        self.parts[at].1.rows
    }

    /// One part: these columns in that order, or all.
    pub fn part(&self, at: usize, columns: Option<&[String]>) -> Outcome<DataFrame> {
        self.entries(at, columns)?.into_frame()
    }

    /// The same, not spread out.
    pub fn entries(&self, at: usize, columns: Option<&[String]>) -> Outcome<Part> {
        let (start, place) = &self.parts[at];
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
        let heads = match place.heads {
            0 => None,
            length => Some(Heads::unpack(&self.read(*start, length)?, place.rows).map_err(damaged)?),
        };
        let mut begins = vec![start + place.heads];
        for length in &place.columns {
            begins.push(begins[begins.len() - 1] + length);
        }
        let entries = numbers
            .into_iter()
            .map(|number| {
                let field = &self.schema.fields()[number];
                let packed = self.read(begins[number], place.columns[number])?;
                Entries::unpack(&packed, &field.name, field.data_type, place.rows, heads.as_ref()).map_err(damaged)
            })
            .collect::<Outcome<_>>()?;
        Ok(Part { rows: place.rows, heads, columns: entries })
    }

    /// Parts `from..to`, each a frame.
    pub fn frames(&self, from: usize, to: usize, columns: Option<&[String]>) -> Outcome<Vec<DataFrame>> {
        RAYON.install(|| (from..to).into_par_iter().map(|at| self.part(at, columns)).collect())
    }

    /// Parts `from..to` as one frame, of one piece.
    pub fn block(&self, from: usize, to: usize, columns: Option<&[String]>) -> Outcome<DataFrame> {
        let mut parts = self.frames(from, to, columns)?.into_iter();
        let mut whole = parts.next().map_or_else(|| self.head(), Ok)?;
        for part in parts {
            whole.vstack_mut_owned(part).map_err(internal)?;
        }
        whole.rechunk_mut_par();
        Ok(whole)
    }

    /// The whole table in memory.
    pub fn whole(&self, columns: Option<&[String]>) -> Outcome<DataFrame> {
        self.block(0, self.parts.len(), columns)
    }

    /// The first rows.
    pub fn first(&self, rows: usize, columns: Option<&[String]>) -> Outcome<DataFrame> {
        let mut seen = 0;
        let enough = self.parts.iter().position(|(_, part)| {
            seen += part.rows;
            seen >= rows
        });
        Ok(self.block(0, enough.map_or(self.parts.len(), |at| at + 1), columns)?.head(Some(rows)))
    }

    /// No rows, all columns.
    pub fn head(&self) -> Outcome<DataFrame> {
        let column = |field: &Field| Column::new_empty(field.name.as_str().into(), &types::to_polars(field.data_type));
        DataFrame::new(0, self.schema.fields().iter().map(column).collect()).map_err(internal)
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

fn broken(path: &str, message: String) -> EngineError {
    EngineError::Source {
        path: path.to_owned(),
        line: None,
        message,
        help: Some("remove the file: the task will run again".to_owned()),
    }
}

/// Reads what lies where.
fn index(file: &mut File) -> io::Result<Index> {
    let other = || io::Error::other("is not a table in the form of this version");
    let size = file.metadata()?.len();
    let end = (MARK.len() + size_of::<u64>()) as u64;
    if size < end + MARK.len() as u64 {
        return Err(other());
    }
    let mut mark = [0; MARK.len()];
    file.read_exact(&mut mark)?;
    let mut length = [0; size_of::<u64>()];
    let mut last = [0; MARK.len()];
    file.seek(SeekFrom::Start(size - end))?;
    file.read_exact(&mut length)?;
    file.read_exact(&mut last)?;
    let length = u64::from_le_bytes(length);
    if mark != *MARK || last != *MARK || length > size - end - MARK.len() as u64 {
        return Err(other());
    }
    let mut bytes = vec![0; length as usize]; // no longer than the file
    file.seek(SeekFrom::Start(size - end - length))?;
    file.read_exact(&mut bytes)?;
    let index: Index = serde_json::from_slice(&bytes).map_err(|_| other())?;
    let lengths = index.parts.iter().flat_map(|part| part.columns.iter().chain([&part.heads]));
    let all = lengths.map(|length| u128::from(*length)).sum::<u128>();
    let fits = index.parts.iter().all(|part| part.rows <= PART && part.columns.len() == index.schema.len());
    let room = size - end - length - MARK.len() as u64;
    if index.parts.is_empty() || !fits || all != u128::from(room) {
        return Err(other());
    }
    Ok(index)
}
