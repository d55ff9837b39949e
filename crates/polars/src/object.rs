//! The engine's own file of a table: Arrow IPC, uncompressed.
//!
//! Equal tables give equal bytes: each column is laid out anew from its values, so that neither how it is cut into chunks,
//! nor what lies under a NULL, nor an unneeded bitmap of no NULLs leaves a trace.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use polars::io::{SerReader, SerWriter};
use polars::prelude::{
    BooleanChunked, Column, CompatLevel, DataFrame, DataType, Float64Chunked, Int32Chunked, Int64Chunked,
    Int128Chunked, IntoSeries, IpcReader, IpcWriter, Series, StringChunked,
};
use tidemill_core::ids::Digest;
use tidemill_core::table::EngineError;

use crate::eval::{bools, days, digits, floats, ints, micros, nanos, texts};
use crate::failure::{Outcome, internal, unsupported};
use crate::types;

/// Rows in a batch of the file.
const BATCH: usize = 1 << 18;

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

/// Writes the table and says the digest of the bytes written.
pub(crate) fn save(frame: &DataFrame, path: &Path) -> Outcome<Digest> {
    let failed = |message: String| EngineError::Sink { path: path.display().to_string(), message };
    let file = File::create(path).map_err(|error| failed(error.to_string()))?;
    let mut out = Hashing { inner: BufWriter::with_capacity(1 << 20, file), hasher: blake3::Hasher::new() };
    let columns = frame
        .columns()
        .iter()
        .map(|column| Ok(Column::from(canonical(column.as_materialized_series())?.with_name(column.name().clone()))))
        .collect::<Outcome<Vec<_>>>()?;
    let mut frame = DataFrame::new(frame.height(), columns).map_err(internal)?;
    IpcWriter::new(&mut out)
        .with_compat_level(CompatLevel::oldest())
        .with_record_batch_size(Some(BATCH))
        .finish(&mut frame)
        .map_err(|error| failed(error.to_string()))?;
    out.flush().map_err(|error| failed(error.to_string()))?;
    Ok(Digest(*out.hasher.finalize().as_bytes()))
}

/// Reads a table that `save` wrote.
pub(crate) fn open(path: &Path) -> Outcome<DataFrame> {
    let failed = |message: String| EngineError::Source {
        path: path.display().to_string(),
        line: None,
        message,
        help: Some("remove the file: the task will run again".to_owned()),
    };
    let file = File::open(path).map_err(|error| failed(error.to_string()))?;
    let mut frame = IpcReader::new(file).finish().map_err(|error| failed(error.to_string()))?;
    frame.rechunk_mut();
    types::schema_of(&frame)?;
    Ok(frame)
}

/// The same values in one chunk, zero under every NULL, and a bitmap only if there is a NULL.
fn canonical(series: &Series) -> Outcome<Series> {
    Ok(match series.dtype() {
        DataType::Boolean => bools(series)?.iter().collect::<BooleanChunked>().into_series(),
        DataType::Int64 => ints(series)?.iter().collect::<Int64Chunked>().into_series(),
        DataType::Float64 => floats(series)?.iter().map(one_nan).collect::<Float64Chunked>().into_series(),
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
