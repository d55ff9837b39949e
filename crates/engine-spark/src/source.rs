//! What the cluster reads by itself, so that nothing of it passes through this machine: Parquet files below the warehouse, and
//! tables of its catalog.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::spec::CLUSTER;
use tidemill_core::storage::resolve;
use tidemill_core::table::{DataType, EngineError, Field, Location, Scan, ScanOptions, Schema, TableEngine};

use crate::catalog;
use crate::client::Session;
use crate::failure::engine_error;
use crate::lower::Source;
use crate::warehouse::SourceFile;

/// More files than these make a statement too long.
const MOST_FILES: usize = 10_000;
/// Spark keeps the places of rows in a column of that name, and calls it otherwise where a file has one.
const METADATA: &str = "_metadata";

/// The columns of files that have been looked at, and None where one has something that must be told of: every job asks for them
/// several times.
#[derive(Default)]
pub(crate) struct KnownFiles(Mutex<HashMap<SourceFile, Option<Schema>>>);

/// Where the sources of a project may be, and who says what is in them.
pub(crate) struct Sources<'a> {
    /// The engine of this machine, which knows the types of columns.
    pub local: &'a dyn TableEngine,
    /// The folder of the warehouse.
    pub root: &'a Path,
    /// The folder of the project.
    pub project: &'a Path,
    /// What has been seen of their files.
    pub known: &'a KnownFiles,
}

impl Sources<'_> {
    /// A scan as the cluster reads it; None where the engine of this machine must read it: other formats, files elsewhere, options,
    /// types that the cluster has not, and files whose columns differ.
    pub fn of(&self, scan: &Scan) -> Option<Source> {
        if is_of_catalog(scan) {
            let is_known = |field: &Field| field.data_type != DataType::Time;
            let is_readable = scan.query.is_none() && scan.schema.fields().iter().all(is_known);
            let table = scan.table.as_ref().filter(|_| is_readable && !scan.schema.is_empty())?;
            return Some(Source::Table(catalog::quoted_table(table)));
        }
        let is_plain = scan.format.name() == "parquet" && scan.options == ScanOptions::default();
        let is_readable = scan.schema.fields().iter().all(|field| is_common(field.data_type) && field.name != METADATA);
        if !is_plain || !is_readable || scan.schema.is_empty() || scan.files.len() > MOST_FILES {
            return None;
        }
        let files: Vec<String> = scan.files.iter().map(|file| self.seen(file)).collect::<Option<_>>()?;
        let all = scan.files.iter().zip(&files);
        all.into_iter().all(|(file, path)| self.has_these_columns(scan, file, path)).then_some(Source::Files(files))
    }

    /// The path of a file, if workers see it under that path and Spark takes it for one of data.
    fn seen(&self, file: &Location) -> Option<String> {
        let file = resolve(self.project, file);
        let below = file.strip_prefix(self.root).ok()?.to_str()?;
        let path = file.to_str()?;
        let is_hidden = |part: &str| part.starts_with(['.', '_']);
        // What else a path may have means something in patterns, or is written otherwise in a URL.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.=/".contains(c);
        let is_data = path.chars().all(is_plain) && !below.split('/').any(is_hidden) && !below.starts_with("tidemill/");
        is_data.then(|| path.to_owned())
    }

    /// Whether a file has the columns of the scan with just these types.
    fn has_these_columns(&self, scan: &Scan, file: &Location, path: &str) -> bool {
        let known = || self.known.0.lock().unwrap_or_else(PoisonError::into_inner);
        let columns = SourceFile::of(path).ok().and_then(|seen| {
            let found = known().get(&seen).cloned();
            found.unwrap_or_else(|| {
                let columns = self.columns(scan, file);
                known().insert(seen, columns.clone());
                columns
            })
        });
        let is_so = |field: &Field| columns.as_ref().is_some_and(|all| all.get(&field.name) == Some(field.data_type));
        scan.schema.fields().iter().all(is_so)
    }

    /// The columns of a file, if all of them are taken as they are: else something has to be said of one.
    fn columns(&self, scan: &Scan, file: &Location) -> Option<Schema> {
        let one = Scan { files: vec![file.clone()], schema: Schema::new(), is_selection: false, ..scan.clone() };
        let is_remarked = self.local.remarks(&one).map_or(true, |remarks| !remarks.is_empty());
        if is_remarked { None } else { self.local.sample(&one, &NEVER_CANCELLED).ok() }
    }
}

/// Whether a scan is one of a table of the cluster's catalog. No connection of a file has that name where there is a cluster.
fn is_of_catalog(scan: &Scan) -> bool {
    scan.files.first().is_some_and(|file| file.scheme() == Some(CLUSTER))
}

/// Whether a type is one of Parquet's that both read as the same values.
fn is_common(data_type: DataType) -> bool {
    !matches!(data_type, DataType::Null | DataType::Time)
}

/// Why the cluster cannot read a source as this machine does; None if it can.
///
/// # Errors
/// If the cluster cannot be asked.
pub(crate) fn difference(session: &Session, scan: &Scan, source: &Source) -> Result<Option<String>, EngineError> {
    let found = match session.columns(&format!("select * from {}", source.table())) {
        Ok(found) => found,
        Err(error) if error.class.is_some() => return Ok(Some(format!("Spark says: {}", error.summary()))),
        Err(error) => return Err(engine_error(&error)),
    };
    let is_read_as = |found: DataType, wanted: DataType| match source {
        Source::Files(_) => found == wanted,
        Source::Table(_) => catalog::is_read_as(found, wanted),
    };
    let differs = |field: &&Field| {
        let column = found.iter().find(|column| column.name == field.name);
        !column.and_then(|column| column.data_type).is_some_and(|found| is_read_as(found, field.data_type))
    };
    let first = scan.schema.fields().iter().find(differs);
    Ok(first.map(|field| format!("Spark does not read the column {} as {}", field.name, field.data_type)))
}
