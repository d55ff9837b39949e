//! The boundary to whatever computes tables.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::{
    CheckResult, Location, PlainTable, RejectedElsewhere, RejectedRows, Scan, Schema, Sink, SourceCounts, TableJob,
    TableProfile, TableReport, UnfitValue, Value, WorkbookJob,
};
use crate::attempt::CancelToken;
use crate::connection::{ConnectionError, ConnectionErrorKind};
use crate::fingerprint::FileDigests;
use crate::ids::{Digest, RunId};

/// A table that an engine holds. Dropping the last reference lets the engine free it.
#[derive(Clone)]
pub struct TableRef {
    /// What the engine knows it by; only the engine that made it can look inside.
    pub held: Arc<dyn std::any::Any + Send + Sync>,
    /// Its columns.
    pub schema: Schema,
    /// Its rows.
    pub rows: u64,
}

impl fmt::Debug for TableRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TableRef({} rows × {} columns)", self.rows, self.schema.len())
    }
}

impl PartialEq for TableRef {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.held, &other.held)
    }
}

/// What a job needs beside its description.
pub struct JobOptions<'a> {
    /// The tables of the job's `Input`s and relationships, by task.
    pub inputs: &'a [(String, TableRef)],
    /// The source that an input, by its task, was loaded from: its rows are the input's, one for one. For messages and rejects.
    pub origin: &'a (dyn Fn(&str) -> Option<Scan> + Sync),
    /// Cancelled when the result is no longer wanted; an engine looks at it between steps.
    pub cancelled: &'a CancelToken,
}

impl JobOptions<'_> {
    /// The table of that task.
    pub fn input(&self, task: &str) -> Option<&TableRef> {
        self.inputs.iter().find(|(name, _)| name == task).map(|(_, table)| table)
    }

    /// Whether the result is no longer wanted.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.is_cancelled()
    }
}

/// Rows of a table, batch by batch.
pub type PlainBatches = Box<dyn Iterator<Item = Result<PlainTable, EngineError>> + Send>;

/// A check that did not hold.
#[derive(Clone, Debug)]
pub struct FailedCheck(pub CheckResult);

/// Why an engine could not do what it was asked. Every message is a sentence for the user, without a full stop.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A file cannot be read as what it should be.
    #[error("{path}{}{message}", behind_path(*.line, message))]
    Source {
        /// The file.
        path: String,
        /// The line, from 1, where it is known.
        line: Option<u64>,
        /// What is wrong.
        message: String,
        /// What to do.
        help: Option<String>,
        /// What of the scan it comes from, where not from the file itself.
        part: Option<ScanPart>,
    },
    /// A value does not fit: names row, column and value.
    #[error("{message}")]
    Value {
        /// What is wrong.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// Error checks do not hold, or `expect` is broken.
    #[error("{message}")]
    Checks {
        /// All of them in one text.
        message: String,
        /// Each by itself.
        failed: Vec<FailedCheck>,
    },
    /// An output cannot be written.
    #[error("cannot write {path}: {message}")]
    Sink {
        /// The file.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// There is not enough memory.
    #[error("{message}")]
    Memory {
        /// What would need it, and how much there is.
        message: String,
        /// What to do.
        help: String,
    },
    /// A database or another connection could not be read.
    #[error("{0}")]
    Connection(ConnectionError),
    /// The result is no longer wanted.
    #[error("cancelled")]
    Cancelled,
    /// The engine itself failed: a bug, or something it cannot do.
    #[error("{0}")]
    Internal(String),
}

/// What of a scan makes that a file cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanPart {
    /// The table that it names.
    Table,
    /// Its query.
    Query,
}

impl From<ConnectionError> for EngineError {
    fn from(error: ConnectionError) -> Self {
        if error.kind == ConnectionErrorKind::Cancelled { Self::Cancelled } else { Self::Connection(error) }
    }
}

impl EngineError {
    /// The same error, if it is one of a source: with what of the scan it comes from.
    #[must_use]
    pub fn of(self, part: ScanPart) -> Self {
        match self {
            Self::Source { path, line, message, help, .. } => {
                Self::Source { path, line, message, help, part: Some(part) }
            }
            other => other,
        }
    }
}

/// What stands between a file's path and what is wrong: where the message says it of the file itself, nothing but a space.
fn behind_path(line: Option<u64>, message: &str) -> String {
    let of_the_file = ["is ", "has ", "may ", "cannot "].iter().any(|verb| message.starts_with(verb));
    match line {
        Some(line) => format!(":{line}: "),
        None if of_the_file => " ".to_owned(),
        None => ": ".to_owned(),
    }
}

/// What is known of a file that an engine has written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Its digest, if it was had on the way: reading a large file again for it takes long.
    pub digest: Option<Digest>,
    /// Sentences about values that the format could not hold as they are, without a full stop.
    pub warnings: Vec<String>,
}

impl From<Option<Digest>> for Written {
    fn from(digest: Option<Digest>) -> Self {
        Self { digest, warnings: Vec::new() }
    }
}

/// Something of a job that an engine cannot do with equal results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// What it is, as a sentence for the user, without a full stop.
    pub message: String,
    /// What to do instead.
    pub help: String,
}

/// Computes tables. One for a run; all methods may be called from several threads at once.
///
/// What crosses it is neutral: jobs, schemas, plain columns, locations. A call may take long; none blocks on another.
pub trait TableEngine: Send + Sync {
    /// Its name in logs and fingerprints, with the version of its semantics: `polars-1`.
    fn name(&self) -> &str;

    /// A run begins: what the engine needs for all of its jobs (a session with a server) may be made here or at first need.
    ///
    /// # Errors
    /// If the engine cannot be used at all.
    fn begin(&self, _run: &RunId) -> Result<(), EngineError> {
        Ok(())
    }

    /// The run has ended, however it did: what [`begin`](Self::begin) has made is given back.
    fn end(&self) {}

    /// Whether the engine can do the job with equal results; asked by `check`, once the job is compiled.
    ///
    /// # Errors
    /// All that it cannot do, each with what to do instead.
    fn accept(&self, _job: &TableJob) -> Result<(), Vec<Unsupported>> {
        Ok(())
    }

    /// What computes a job that the engine accepts, if not this machine: `spark`.
    fn place(&self, _job: &TableJob) -> Option<&'static str> {
        None
    }

    /// How many rows may come into a job that `engine: auto` leaves to this machine.
    fn local_rows(&self) -> u64 {
        0
    }

    /// Frees what the engine keeps outside the cache for saved tables that are not among these, by their digests; called when
    /// the cache is collected.
    ///
    /// # Errors
    /// If it cannot be freed; what went before that is gone.
    fn sweep(&self, _live: &HashSet<Digest>) -> Result<(), EngineError> {
        Ok(())
    }

    /// The columns of a source as `check` sees them: from its head (1,000 rows), or of SQLite from the stored values'
    /// types in the first 1,000 rows. A column without values is `Null`; one that tables cannot hold is left out, and an
    /// error where `scan.schema` names it.
    ///
    /// # Errors
    /// If the source cannot be read, or the reading was cancelled.
    fn sample(&self, scan: &Scan, cancelled: &CancelToken) -> Result<Schema, EngineError>;

    /// The columns of a source as a run sees them: inferred from the whole of it. The engine may keep what it read for the
    /// job that follows: `scan.schema` has the types that this will ask for, as far as they are known, and makes no
    /// difference to the answer.
    ///
    /// # Errors
    /// If the source cannot be read, or the reading was cancelled.
    fn infer(&self, scan: &Scan, cancelled: &CancelToken) -> Result<Schema, EngineError>;

    /// What is worth knowing of how a source is read as the columns of `scan.schema`: columns left out or renamed, options that
    /// seem to be missing.
    ///
    /// # Errors
    /// If the source cannot be read.
    fn remarks(&self, _scan: &Scan) -> Result<Vec<String>, EngineError> {
        Ok(Vec::new())
    }

    /// How many rows a source has, and how many NULLs are in its columns, where its files say so themselves; None where they have to
    /// be read for it.
    fn counts(&self, _scan: &Scan) -> Option<SourceCounts> {
        None
    }

    /// Does the job: computes, rejects, diagnoses, checks, and holds the result.
    ///
    /// # Errors
    /// If a source or a value is wrong, a check does not hold, or the engine fails; then nothing is held.
    fn run(&self, job: &TableJob, options: &JobOptions<'_>) -> Result<TableReport, EngineError>;

    /// The same on this machine, whatever else the engine would do; for tasks that say so.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    fn run_here(&self, job: &TableJob, options: &JobOptions<'_>) -> Result<TableReport, EngineError> {
        self.run(job, options)
    }

    /// Rows of a table as plain columns, batch by batch in their order: `columns` (all if None) of at most `limit` rows. A batch
    /// is made when it is asked for and has as many rows as the engine likes to hold. There is at least one, if of no rows.
    ///
    /// # Errors
    /// If a column is unknown or the engine fails; in a batch, if that cannot be read.
    fn batches(
        &self,
        table: &TableRef,
        columns: Option<&[String]>,
        limit: Option<u64>,
    ) -> Result<PlainBatches, EngineError>;

    /// The same rows in one piece, for those who need all at once.
    ///
    /// # Errors
    /// As [`batches`](Self::batches).
    fn fetch(
        &self,
        table: &TableRef,
        columns: Option<&[String]>,
        limit: Option<u64>,
    ) -> Result<PlainTable, EngineError> {
        let mut batches = self.batches(table, columns, limit)?;
        let mut whole = batches.next().transpose()?.unwrap_or_default();
        for batch in batches {
            whole.append(batch?);
        }
        Ok(whole)
    }

    /// The numbers of the rows at these places in the order of a column, NULLs last either way; rows of equal values keep their
    /// order.
    ///
    /// # Errors
    /// If the column is unknown or the engine fails.
    fn ordered_rows(
        &self,
        table: &TableRef,
        column: &str,
        descending: bool,
        places: Range<usize>,
    ) -> Result<Vec<u64>, EngineError> {
        let keys = self.fetch(table, Some(&[column.to_owned()]), None)?;
        let value = |row| keys.columns.first().map_or(Value::Null, |column| column.data.value(row));
        let mut rows: Vec<(Value, u64)> = (0..keys.rows).map(|row| (value(row), row as u64)).collect();
        rows.sort_by(|(a, _), (b, _)| a.order(b, descending));
        Ok(rows.into_iter().skip(places.start).take(places.len()).map(|(_, row)| row).collect())
    }

    /// These rows of a table as plain columns, in this order.
    ///
    /// # Errors
    /// If there is no such row or the engine fails.
    fn take(&self, table: &TableRef, rows: &[u64]) -> Result<PlainTable, EngineError> {
        let rows: Vec<usize> = rows.iter().filter_map(|row| usize::try_from(*row).ok()).collect();
        Ok(self.fetch(table, None, rows.iter().max().map(|row| *row as u64 + 1))?.take(&rows))
    }

    /// The table in a few numbers, at a small part of what computing it cost.
    ///
    /// # Errors
    /// If the engine fails.
    fn profile(&self, table: &TableRef) -> Result<TableProfile, EngineError>;

    /// The rejects of a job that another engine has done, with their places in the source's files and their reasons, and how many
    /// rows there are for each reason: as if this one had done it.
    ///
    /// # Errors
    /// If the files cannot be read again, or the engine does not do this.
    fn rejects(
        &self,
        _rejected: &RejectedElsewhere<'_>,
        _options: &JobOptions<'_>,
    ) -> Result<(TableRef, Vec<RejectedRows>), EngineError> {
        Err(EngineError::Internal(format!("the engine {} does not tell of others' rejects", self.name())))
    }

    /// The error that a value does not fit which another engine has found: as if this one had found it.
    fn misfit(&self, unfit: &UnfitValue<'_>, _options: &JobOptions<'_>) -> EngineError {
        let UnfitValue { conversion, text, row, .. } = unfit;
        let message = format!("row {}, column {}", row + 1, conversion.reason(text));
        EngineError::Value { message, help: None }
    }

    /// Writes a table to a file in the format of the sink, at `staged` instead of the sink's path; the caller renames it.
    ///
    /// # Errors
    /// If the file cannot be written.
    fn write(&self, table: &TableRef, sink: &Sink, staged: &Location) -> Result<Written, EngineError>;

    /// Writes several tables to one workbook, at `staged` instead of its path. Equal tables give equal bytes.
    ///
    /// # Errors
    /// If the file cannot be written, a sheet cannot hold its table, or the engine writes no workbooks.
    fn write_workbook(&self, workbook: &WorkbookJob<'_>, _staged: &Location) -> Result<(), EngineError> {
        let message = format!("the engine {} writes no workbooks", self.name());
        Err(EngineError::Sink { path: workbook.path.to_string(), message })
    }

    /// Writes the manifest of a table, a file for the cache, and says its digest. The manifest is all that
    /// [`open`](Self::open) needs, now and in later processes: the table itself in the engine's own form, or what leads to it
    /// where the engine keeps it, until [`sweep`](Self::sweep) no longer names it. Nobody else looks into it.
    ///
    /// By that digest the table is known everywhere. So equal tables (columns, types, values, order) have equal manifests, which
    /// hold no path and no time. Of a table that stays in the files it was loaded from, equal files have: what it is known by are
    /// their paths as the pipeline has them, and the digests of their contents.
    ///
    /// # Errors
    /// If it cannot be written.
    fn save(&self, table: &TableRef, manifest: &Location) -> Result<Digest, EngineError>;

    /// The digest of a table's manifest, of a table that is not to be kept. `aside` is a path for what is written on the way.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    fn digest(&self, table: &TableRef, aside: &Location) -> Result<Digest, EngineError> {
        self.save(table, aside)
    }

    /// What is known of the contents of files, to be used and added to. An engine that looks at no file's content has no use
    /// for it.
    fn know(&self, _files: &Arc<FileDigests>) {}

    /// Whether what a manifest leads to is still there, at the cost of a glance. Where it is the table itself, it is.
    fn has(&self, _manifest: &Location) -> bool {
        true
    }

    /// Takes up a table that was saved.
    ///
    /// # Errors
    /// If it is not what `save` wrote, or what it leads to is gone.
    fn open(&self, manifest: &Location) -> Result<TableRef, EngineError>;
}
