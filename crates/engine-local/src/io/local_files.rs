//! The files of this machine.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::DataFrame;
use tidemill_core::attempt::{CancelToken, NEVER_CANCELLED};
use tidemill_core::connection::Database;
use tidemill_core::fingerprint::FileDigests;
use tidemill_core::storage::StorageRegistry;
use tidemill_core::table::{EngineError, FormatDescriptor, Scan, Schema, Sink, SourceCounts, Written};

use crate::io::database;
use crate::io::files::{Files, SourceBatches};
use crate::io::formats::FormatCodecs;
use crate::io::read::source_file::SourceFile;
use crate::io::{read, write};
use crate::store::output_table::OutputTable;
use crate::store::stored_table::TableView;
use crate::store::view_object::ViewObject;

/// Sources whose rows are kept at a time: they are asked for in a moment, unless their columns turn out to be wrong.
const KEPT: usize = 4;

/// Reads and writes below the project's folder, or where an absolute path says.
pub(crate) struct LocalFiles {
    codecs: FormatCodecs,
    storages: Arc<StorageRegistry>,
    /// Rows that were read when their columns were asked for, until they are wanted themselves.
    kept: Mutex<VecDeque<InferredRows>>,
}

struct InferredRows {
    source: Scan,
    rows: DataFrame,
}

impl LocalFiles {
    /// In these formats, wherever these storages have them.
    pub fn new(codecs: FormatCodecs, storages: Arc<StorageRegistry>) -> Self {
        Self { codecs, storages, kept: Mutex::default() }
    }

    /// The files of a source, on this machine, to be read until that is cancelled.
    fn of(&self, project: &Path, source: &Scan, cancelled: &CancelToken) -> Result<Vec<SourceFile>, EngineError> {
        let in_parts = self.codecs.get(source.format)?.descriptor().is_read_in_parts;
        SourceFile::all_of(&self.storages, project, source, in_parts, cancelled)
    }

    /// The database that a source is a table or query of, if it is no file.
    fn database(&self, source: &Scan) -> Option<Arc<dyn Database>> {
        self.storages.database(source.files.first()?)
    }

    /// What is kept of that source, which is kept no longer.
    fn take(&self, source: &Scan) -> Option<DataFrame> {
        let source = without_schema(source);
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|kept| kept.source == source)?;
        all.remove(at).map(|kept| kept.rows)
    }

    fn keep(&self, source: &Scan, rows: DataFrame) {
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == KEPT {
            all.pop_front();
        }
        all.push_back(InferredRows { source: without_schema(source), rows });
    }
}

/// The source, whatever columns are wanted of it.
fn without_schema(source: &Scan) -> Scan {
    Scan { schema: Schema::new(), ..source.clone() }
}

impl Files for LocalFiles {
    fn infer(
        &self,
        project: &Path,
        source: &Scan,
        head: Option<usize>,
        cancelled: &CancelToken,
    ) -> Result<Schema, EngineError> {
        if let Some(database) = self.database(source) {
            return database::infer(&*database, source, head.is_some(), cancelled);
        }
        let codec = self.codecs.get(source.format)?;
        let files = self.of(project, source, cancelled)?;
        if head.is_some() {
            return read::infer(codec, &files, source, head);
        }
        // It may have changed since.
        self.take(source);
        let (schema, rows) = read::infer_and_read(codec, &files, source)?;
        if let Some(rows) = rows {
            self.keep(source, rows);
        }
        Ok(schema)
    }

    fn read(
        &self,
        project: &Path,
        source: &Scan,
        cancelled: &CancelToken,
    ) -> Result<(DataFrame, Vec<String>), EngineError> {
        if let Some(database) = self.database(source) {
            let rows = database::batches(&*database, source, cancelled)?.collect::<Result<_, _>>()?;
            return Ok((read::one(rows, &source.schema)?, database::remarks(&*database, source, cancelled)?));
        }
        let (rows, mut told) = match self.take(source).and_then(|rows| read::columns_of(&rows, &source.schema)) {
            // Only SQLite's rows are kept, in which there is nothing to warn of.
            Some(rows) => (rows, Vec::new()),
            None => read::read(self.codecs.get(source.format)?, &self.of(project, source, cancelled)?, source)?,
        };
        told.extend(self.remarks(project, source)?);
        Ok((rows, told))
    }

    fn batches(&self, source: &Scan, cancelled: &CancelToken) -> Result<Option<SourceBatches>, EngineError> {
        let Some(database) = self.database(source) else { return Ok(None) };
        database::batches(&*database, source, cancelled).map(Some)
    }

    fn view(
        &self,
        project: &Path,
        source: &Scan,
        cancelled: &CancelToken,
    ) -> Result<Option<(TableView, Vec<String>)>, EngineError> {
        if self.database(source).is_some() {
            return Ok(None);
        }
        let codec = self.codecs.get(source.format)?;
        let Some((view, mut told)) = codec.view(&self.of(project, source, cancelled)?, source)? else {
            return Ok(None);
        };
        told.extend(self.remarks(project, source)?);
        Ok(Some((view, told)))
    }

    fn open_view(&self, project: &Path, object: &ViewObject, known: &FileDigests) -> Result<TableView, EngineError> {
        let format = self.codecs.formats().named(&object.format).map(FormatDescriptor::format);
        let gone = || EngineError::Internal(format!("tables do not stay in files of format {}", object.format));
        let source = Scan::of_files(
            object.files.iter().map(|file| file.path.clone()).collect(),
            format.ok_or_else(gone)?,
            object.schema.clone(),
        );
        let files = self.of(project, &source, &NEVER_CANCELLED)?;
        for (file, was) in files.iter().zip(&object.files) {
            let digest = known.file(&file.path).map_err(|error| file.io_error(&error))?;
            if digest != Some(was.digest) {
                return Err(file.error_with_help(None, "has changed since it was loaded", "run the pipeline again"));
            }
        }
        let view = self.codecs.get(source.format)?.view(&files, &source)?;
        view.map(|(view, _)| view).ok_or_else(gone)
    }

    fn places(
        &self,
        project: &Path,
        source: &Scan,
        rows: &[u64],
        cancelled: &CancelToken,
    ) -> Result<Vec<(String, u64)>, EngineError> {
        if self.database(source).is_some() {
            let shown = source.files.first().map(ToString::to_string).unwrap_or_default();
            return Ok(rows.iter().map(|row| (shown.clone(), row + 1)).collect());
        }
        read::places(self.codecs.get(source.format)?, &self.of(project, source, cancelled)?, source, rows)
    }

    fn remarks(&self, project: &Path, source: &Scan) -> Result<Vec<String>, EngineError> {
        if let Some(database) = self.database(source) {
            return database::remarks(&*database, source, &NEVER_CANCELLED);
        }
        read::remarks(self.codecs.get(source.format)?, &self.of(project, source, &NEVER_CANCELLED)?, source)
    }

    fn counts(&self, project: &Path, source: &Scan) -> Result<Option<SourceCounts>, EngineError> {
        if self.database(source).is_some() {
            return Ok(None);
        }
        self.codecs.get(source.format)?.counts(&self.of(project, source, &NEVER_CANCELLED)?, source)
    }

    fn takes(&self, source: &Scan, option: &str) -> bool {
        let codec = self.codecs.get(source.format).ok().filter(|_| self.database(source).is_none());
        codec.is_some_and(|codec| codec.descriptor().options.contains(&option))
    }

    fn rows_are_lines(&self, source: &Scan) -> bool {
        self.codecs.get(source.format).is_ok_and(|codec| codec.descriptor().rows_are_lines)
    }

    fn write(&self, table: &OutputTable, to: &Sink, path: &Path) -> Result<Written, EngineError> {
        write::write(self.codecs.get(to.format)?, table, to, path)
    }
}
