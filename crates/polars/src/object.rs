//! The engine's own file of a table, the form in which it is cached: parts of [`PART`] rows, each a Parquet file of its
//! own, and behind them how long each is.
//!
//! Because parts stand for themselves they are packed on all cores, written while later rows are still being computed, and
//! read back one at a time, of the columns that are needed. Equal tables give equal bytes: parts are cut by rows and not by
//! how the rows came, and neither chunks, nor what lies under a NULL, nor an unneeded bitmap of
//! no NULLs leaves a trace. Why this form: `docs/performance.md`.

use std::fs::File;
use std::io::{self, BufWriter, Cursor, Write};
use std::path::Path;

use polars::io::SerReader;
use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked, IntoSeries,
    ParallelStrategy, ParquetCompression, ParquetReader, ParquetWriter, Series, StatisticsOptions, StringChunked,
};
use polars_core::runtime::RAYON;
use rayon::prelude::*;
use tidemill_core::ids::Digest;
use tidemill_core::table::EngineError;

use crate::ahead::Ahead;
use crate::eval::{bools, days, digits, floats, ints, micros, nanos, texts};
use crate::failure::{Outcome, internal, unsupported};
use crate::types;

/// Rows in a part. Larger ones pack hardly better; a part of a wide table is some megabytes. Unit tests have small ones, so
/// that small tables have several.
pub(crate) const PART: usize = if cfg!(test) { 16 } else { 1 << 16 };

/// Parts that are packed side by side.
const AT_ONCE: usize = 4;

/// How the file begins and ends. The number is the version of the form: a file of another one is not opened, and so its
/// table is computed again.
pub(crate) const MARK: &[u8; 16] = b"tidemill table 2";

/// Bytes of what stands about a part at the end of the file: its length and its rows.
pub(crate) const ENTRY: usize = 16;

/// Hashes what passes through to a file.
struct Hashing<W> {
    inner: W,
    hasher: blake3::Hasher,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Writes a table whose rows come piece by piece.
pub(crate) struct Writer {
    out: Hashing<BufWriter<Ahead>>,
    shown: String,
    /// Length and rows of each part written.
    parts: Vec<(u64, u64)>,
    /// Rows that have yet to be written.
    waiting: Option<DataFrame>,
}

impl Writer {
    /// Begins the file at `path`; what is there is replaced.
    pub fn create(path: &Path) -> Outcome<Self> {
        let shown = path.display().to_string();
        let begin = || {
            let inner = BufWriter::with_capacity(1 << 20, Ahead::new(File::create(path)?));
            let mut out = Hashing { inner, hasher: blake3::Hasher::new() };
            out.write_all(MARK)?;
            Ok(out)
        };
        let out = begin().map_err(|error: io::Error| failed(&shown, &error))?;
        Ok(Self { out, shown, parts: vec![], waiting: None })
    }

    /// Takes the next rows.
    pub fn push(&mut self, rows: DataFrame) -> Outcome<()> {
        let waiting = match self.waiting.take() {
            Some(mut waiting) if rows.height() > 0 => {
                waiting.vstack_mut_owned(rows).map_err(internal)?;
                waiting
            }
            Some(waiting) => waiting,
            None => rows,
        };
        if waiting.height() < PART * AT_ONCE {
            self.waiting = Some(waiting);
            return Ok(());
        }
        let full = waiting.height() / PART * PART;
        self.write(&waiting.slice(0, full))?;
        self.waiting = Some(waiting.slice(full as i64, usize::MAX));
        Ok(())
    }

    /// Writes the rest; the digest of all that was written. At least one piece must have come, to say which columns there are.
    pub fn finish(mut self) -> Outcome<Digest> {
        let rest = self.waiting.take().ok_or_else(|| unsupported("a table without columns"))?;
        if rest.height() > 0 || self.parts.is_empty() {
            self.write(&rest)?;
        }
        let mut end = || {
            for (length, rows) in &self.parts {
                self.out.write_all(&length.to_le_bytes())?;
                self.out.write_all(&rows.to_le_bytes())?;
            }
            self.out.write_all(&(self.parts.len() as u64).to_le_bytes())?;
            self.out.write_all(MARK)?;
            self.out.flush()
        };
        end().map_err(|error| failed(&self.shown, &error))?;
        let digest = Digest(*self.out.hasher.finalize().as_bytes());
        let file = self.out.inner.into_inner().map_err(|error| failed(&self.shown, error.error()))?;
        file.finish().map_err(|error| failed(&self.shown, &error))?;
        Ok(digest)
    }

    fn write(&mut self, rows: &DataFrame) -> Outcome<()> {
        let starts: Vec<usize> = (0..rows.height().max(1)).step_by(PART).collect();
        for starts in starts.chunks(AT_ONCE) {
            let packed: Vec<Outcome<(Vec<u8>, usize)>> =
                RAYON.install(|| starts.par_iter().map(|start| pack(&rows.slice(*start as i64, PART))).collect());
            for part in packed {
                let (bytes, rows) = part?;
                self.out.write_all(&bytes).map_err(|error| failed(&self.shown, &error))?;
                self.parts.push((bytes.len() as u64, rows as u64));
            }
        }
        Ok(())
    }
}

fn failed(path: &str, error: &io::Error) -> EngineError {
    EngineError::Sink { path: path.to_owned(), message: error.to_string() }
}

/// One part.
fn pack(rows: &DataFrame) -> Outcome<(Vec<u8>, usize)> {
    let columns = rows
        .columns()
        .iter()
        .map(|column| Ok(Column::from(canonical(column.as_materialized_series())?.with_name(column.name().clone()))))
        .collect::<Outcome<Vec<_>>>()?;
    let mut part = DataFrame::new(rows.height(), columns).map_err(internal)?;
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .with_compression(ParquetCompression::Snappy)
        // Nobody asks a part for its smallest value.
        .with_statistics(StatisticsOptions::empty())
        .with_row_group_size(Some(PART))
        .set_parallel(false)
        .finish(&mut part)
        .map_err(internal)?;
    Ok((bytes, rows.height()))
}

/// The rows of a part: of those columns, in the order of the file, or of all.
pub(crate) fn unpack(bytes: Vec<u8>, columns: Option<Vec<String>>) -> Result<DataFrame, String> {
    let reader = ParquetReader::new(Cursor::new(bytes)).with_columns(columns).read_parallel(ParallelStrategy::None);
    reader.finish().map_err(|error| error.to_string())
}

/// The same values in one chunk, and a bitmap only if there is a NULL. Parquet writes nothing of what lies under one.
fn canonical(series: &Series) -> Outcome<Series> {
    let no_nulls = series.chunks().iter().all(|chunk| chunk.validity().is_none());
    Ok(match series.dtype() {
        DataType::Float64 if floats(series)?.iter().flatten().any(f64::is_nan) => {
            floats(series)?.iter().map(one_nan).collect::<Float64Chunked>().into_series()
        }
        _ if no_nulls => series.rechunk(),
        DataType::Boolean => bools(series)?.iter().collect::<BooleanChunked>().into_series(),
        DataType::Int64 => ints(series)?.iter().collect::<Int64Chunked>().into_series(),
        DataType::Float64 => floats(series)?.iter().collect::<Float64Chunked>().into_series(),
        DataType::Decimal(precision, scale) => {
            let digits: Int128Chunked = digits(series)?.0.iter().collect();
            types::decimals(digits, *precision as u8, *scale as u8) // both at most 38
        }
        DataType::String => texts(series)?.iter().collect::<StringChunked>().into_series(),
        DataType::Date => days(series)?.iter().collect::<Int32Chunked>().into_date().into_series(),
        DataType::Datetime(..) => types::datetimes(micros(series)?.iter().collect()),
        DataType::Time => types::times(nanos(series)?.iter().collect()),
        DataType::Null => series.rechunk(),
        other => return Err(unsupported(format!("a column of type {other}"))),
    })
}

/// NaN has many bit patterns and one meaning.
fn one_nan(value: Option<f64>) -> Option<f64> {
    value.map(|value| if value.is_nan() { f64::NAN } else { value })
}
