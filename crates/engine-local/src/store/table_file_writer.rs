//! Writes tables in the engine's own form.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use polars::prelude::DataFrame;
use polars_core::runtime::RAYON;
use tidemill_core::cache::HashingWriter;
use tidemill_core::ids::Digest;
use tidemill_core::table::EngineError;

use super::row_group::{RowGroup, RunLengths};
use super::table_format::{Footer, MAGIC, ROW_GROUP_ROWS, RowGroupMeta};
use crate::arrays::types;
use crate::disk::early_sync::EarlySync;
use crate::error::{Outcome, internal, unsupported};

/// Row groups for each core that are being encoded, or wait to be written, while the next rows come.
const UNDER_WAY: usize = 2;

/// Writes a table whose rows come batch by batch.
pub(crate) struct TableFileWriter {
    out: HashingWriter<BufWriter<EarlySync>>,
    shown: String,
    /// The row groups written.
    row_groups: Vec<RowGroupMeta>,
    /// Rows that have yet to be encoded.
    waiting: Option<DataFrame>,
    /// Row groups that the pool encodes, in their order.
    encoding: VecDeque<Receiver<Encoded>>,
}

/// What the pool made of a row group.
type Encoded = thread::Result<Outcome<(Vec<u8>, RowGroupMeta)>>;

impl TableFileWriter {
    /// Begins the file at `path`; what is there is replaced.
    pub fn create(path: &Path) -> Outcome<Self> {
        let shown = path.display().to_string();
        let begin = || {
            let mut out = HashingWriter::new(BufWriter::new(EarlySync::new(File::create(path)?)));
            out.write_all(MAGIC)?;
            Ok(out)
        };
        let out = begin().map_err(|error: io::Error| failed(&shown, &error))?;
        Ok(Self { out, shown, row_groups: vec![], waiting: None, encoding: VecDeque::new() })
    }

    /// Takes the next rows.
    pub fn push(&mut self, rows: DataFrame) -> Outcome<()> {
        let mut waiting = match self.waiting.take() {
            Some(mut waiting) if rows.height() > 0 => {
                waiting.vstack_mut_owned(rows).map_err(internal)?;
                waiting
            }
            Some(waiting) => waiting,
            None => rows,
        };
        while waiting.height() >= ROW_GROUP_ROWS {
            self.encode_rows(waiting.slice(0, ROW_GROUP_ROWS))?;
            waiting = waiting.slice(ROW_GROUP_ROWS as i64, usize::MAX);
        }
        self.waiting = Some(waiting);
        Ok(())
    }

    /// Takes the next rows as a row group that is as [`RowGroup::of`] makes it. Others must have come before.
    pub fn push_row_group(&mut self, row_group: RowGroup) -> Outcome<()> {
        if row_group.rows != ROW_GROUP_ROWS || self.waiting.as_ref().is_none_or(|waiting| waiting.height() > 0) {
            return self.push(row_group.into_frame()?);
        }
        self.encode(move || encode(&row_group))
    }

    /// Writes the rest; the digest of all that was written. At least one frame must have come, to say which columns there are.
    pub fn finish(mut self) -> Outcome<Digest> {
        let rest = self.waiting.take().ok_or_else(|| unsupported("a table without columns"))?;
        if rest.height() > 0 || (self.row_groups.is_empty() && self.encoding.is_empty()) {
            self.encode_rows(rest.clone())?;
        }
        while let Some(first) = self.encoding.pop_front() {
            self.write(first)?;
        }
        let footer = Footer { schema: types::schema_of(&rest)?, row_groups: self.row_groups };
        let footer = serde_json::to_vec(&footer).map_err(|error| unsupported(format!("the index: {error}")))?;
        let mut end = || {
            self.out.write_all(&footer)?;
            self.out.write_all(&(footer.len() as u64).to_le_bytes())?;
            self.out.write_all(MAGIC)?;
            self.out.flush()
        };
        end().map_err(|error| failed(&self.shown, &error))?;
        let digest = self.out.digest();
        let file = self.out.into_inner().into_inner().map_err(io::IntoInnerError::into_error);
        file.and_then(EarlySync::finish).map_err(|error| failed(&self.shown, &error))?;
        Ok(digest)
    }

    fn encode_rows(&mut self, rows: DataFrame) -> Outcome<()> {
        self.encode(move || encode(&RowGroup::of(&rows)?))
    }

    /// Lets the pool encode a row group. If enough of them are under way, waits for the first.
    fn encode(&mut self, encode: impl FnOnce() -> Outcome<(Vec<u8>, RowGroupMeta)> + Send + 'static) -> Outcome<()> {
        let (sender, receiver) = sync_channel(1);
        let work = move || {
            // A panic goes to the thread that waits for this; if it has given up, nobody wants to know.
            let _ = sender.send(catch_unwind(AssertUnwindSafe(encode)));
        };
        // A thread of the pool must not wait for the pool.
        if RAYON.current_thread_index().is_some() {
            work()
        } else {
            RAYON.spawn(work)
        }
        self.encoding.push_back(receiver);
        let is_enough = self.encoding.len() > UNDER_WAY * RAYON.current_num_threads();
        let first = if is_enough { self.encoding.pop_front() } else { None };
        first.map_or(Ok(()), |first| self.write(first))
    }

    fn write(&mut self, encoding: Receiver<Encoded>) -> Outcome<()> {
        let encoded = encoding.recv().map_err(|_| unsupported("a row group of a table was not encoded"))?;
        let (bytes, meta) = encoded.unwrap_or_else(|panic| resume_unwind(panic))?;
        self.out.write_all(&bytes).map_err(|error| failed(&self.shown, &error))?;
        self.row_groups.push(meta);
        Ok(())
    }
}

fn failed(path: &str, error: &io::Error) -> EngineError {
    EngineError::Sink { path: path.to_owned(), message: error.to_string() }
}

/// One row group.
fn encode(row_group: &RowGroup) -> Outcome<(Vec<u8>, RowGroupMeta)> {
    let mut bytes = row_group.run_lengths.as_ref().map(RunLengths::encode).unwrap_or_default();
    let mut meta = RowGroupMeta {
        rows: row_group.rows,
        run_lengths: bytes.len() as u64,
        columns: Vec::with_capacity(row_group.columns.len()),
    };
    for column in &row_group.columns {
        let encoded = column.encode()?;
        meta.columns.push(encoded.len() as u64);
        bytes.extend_from_slice(&encoded);
    }
    Ok((bytes, meta))
}
