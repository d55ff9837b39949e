//! A table in a file, read part by part.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use polars::prelude::DataFrame;
use polars_core::runtime::RAYON;
use rayon::prelude::*;
use tempfile::TempPath;
use tidemill_core::ids::Digest;
use tidemill_core::table::{EngineError, Schema};

use crate::failure::{Outcome, internal};
use crate::object::{ENTRY, MARK, unpack};
use crate::rows::pick;
use crate::types;

/// Where a part lies.
struct Part {
    start: u64,
    length: usize,
    rows: usize,
}

/// A table that is not in memory. The file stays open, so that it can be renamed or removed meanwhile.
pub(crate) struct Stored {
    file: Mutex<File>,
    parts: Vec<Part>,
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
    /// Takes up a table that [`Writer`](crate::object::Writer) wrote.
    pub fn open(path: &Path) -> Outcome<Self> {
        let shown = path.display().to_string();
        let mut file = File::open(path).map_err(|error| broken(&shown, error.to_string()))?;
        let parts = parts(&mut file).map_err(|error| broken(&shown, error.to_string()))?;
        let rows = parts.iter().map(|part| part.rows).sum();
        let mut stored =
            Self { file: Mutex::new(file), parts, schema: Schema::new(), rows, shown, spilled: Mutex::new(None) };
        stored.schema = types::schema_of(&stored.head()?)?;
        Ok(stored)
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

    /// One part: these columns in that order, or all.
    pub fn part(&self, at: usize, columns: Option<&[String]>) -> Outcome<DataFrame> {
        let part = &self.parts[at];
        let Some(columns) = columns else { return self.unpacked(part, None) };
        if columns.is_empty() {
            return Ok(DataFrame::empty_with_height(part.rows));
        }
        let in_file = self.schema.names().filter(|name| columns.iter().any(|column| column == name));
        let frame = self.unpacked(part, Some(in_file.map(str::to_owned).collect()))?;
        pick(&frame, columns.iter().map(String::as_str))
    }

    /// Parts `from..to` as one frame.
    pub fn block(&self, from: usize, to: usize, columns: Option<&[String]>) -> Outcome<DataFrame> {
        let parts: Vec<Outcome<DataFrame>> =
            RAYON.install(|| (from..to).into_par_iter().map(|at| self.part(at, columns)).collect());
        let mut parts = parts.into_iter();
        let mut whole = match parts.next() {
            Some(first) => first?,
            None => self.head()?,
        };
        for part in parts {
            whole.vstack_mut_owned(part?).map_err(internal)?;
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
        let enough = self.parts.iter().position(|part| {
            seen += part.rows;
            seen >= rows
        });
        Ok(self.block(0, enough.map_or(self.parts.len(), |at| at + 1), columns)?.head(Some(rows)))
    }

    /// No rows, all columns.
    pub fn head(&self) -> Outcome<DataFrame> {
        Ok(self.unpacked(&self.parts[0], None)?.clear())
    }

    fn unpacked(&self, part: &Part, columns: Option<Vec<String>>) -> Outcome<DataFrame> {
        let mut bytes = vec![0; part.length];
        {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(part.start))
                .and_then(|_| file.read_exact(&mut bytes))
                .map_err(|error| broken(&self.shown, error.to_string()))?;
        }
        let frame = unpack(bytes, columns).map_err(|message| broken(&self.shown, message))?;
        if frame.height() != part.rows {
            return Err(broken(&self.shown, "is damaged".to_owned()));
        }
        Ok(frame)
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

/// Reads where the parts lie.
fn parts(file: &mut File) -> io::Result<Vec<Part>> {
    let other = || io::Error::other("is not a table in the form of this version");
    let size = file.metadata()?.len();
    let end = (MARK.len() + size_of::<u64>()) as u64;
    if size < end + MARK.len() as u64 {
        return Err(other());
    }
    let mut mark = [0; MARK.len()];
    file.read_exact(&mut mark)?;
    let mut count = [0; size_of::<u64>()];
    let mut last = [0; MARK.len()];
    file.seek(SeekFrom::Start(size - end))?;
    file.read_exact(&mut count)?;
    file.read_exact(&mut last)?;
    let count = u64::from_le_bytes(count);
    let room = (size - end - MARK.len() as u64) / ENTRY as u64;
    if mark != *MARK || last != *MARK || count == 0 || count > room {
        return Err(other());
    }
    // No more than the file has bytes.
    let mut entries = vec![0; count as usize * ENTRY];
    file.seek(SeekFrom::Start(size - end - entries.len() as u64))?;
    file.read_exact(&mut entries)?;
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    let mut start = MARK.len() as u64;
    entries
        .chunks(ENTRY)
        .map(|entry| {
            let (length, rows) = (number(&entry[..ENTRY / 2]), number(&entry[ENTRY / 2..]));
            let part = Part { start, length: length as usize, rows: rows as usize };
            start = start.checked_add(length).filter(|end| *end <= size).ok_or_else(other)?;
            Ok(part)
        })
        .collect()
}
