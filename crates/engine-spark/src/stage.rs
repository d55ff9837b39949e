//! Tables of this machine brought to the warehouse.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tidemill_core::attempt::CancelToken;
use tidemill_core::fingerprint::digest_of_file;
use tidemill_core::table::{
    DataType, EngineError, Expr, FileFormat, JobOptions, Location, Rel, Sink, SinkOptions, TableEngine, TableJob,
    TableRef,
};

use crate::uuid::uuid;
use crate::warehouse::{Warehouse, is_whole, mark_whole};

/// The one file of a table that was brought; its number stands where Spark puts that of its own.
const FILE: &str = "part-00000-staged-c000.parquet";

/// The format of the warehouse.
const PARQUET: FileFormat = FileFormat("parquet");

type Held = dyn std::any::Any + Send + Sync;

/// What was brought in this run, so that a table that several tasks read is written once.
#[derive(Default)]
pub(crate) struct Staged(Mutex<Vec<(Weak<Held>, PathBuf)>>);

impl Staged {
    /// The folder of a table of the local engine in the warehouse.
    ///
    /// # Errors
    /// If it cannot be written, or has more bytes than `limit`.
    pub fn folder(
        &self,
        local: &dyn TableEngine,
        table: &TableRef,
        warehouse: &Warehouse,
        limit: u64,
        cancelled: &CancelToken,
    ) -> Result<PathBuf, EngineError> {
        // The lock is held meanwhile: a second reader waits for what the first one brings.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(held, _)| held.strong_count() > 0);
        let is_same = |held: &Weak<Held>| std::ptr::addr_eq(held.as_ptr(), Arc::as_ptr(&table.held));
        if let Some((_, folder)) = known.iter().find(|(held, _)| is_same(held)) {
            return Ok(folder.clone());
        }
        let folder = bring(local, table, warehouse, limit, cancelled)?;
        known.push((Arc::downgrade(&table.held), folder.clone()));
        Ok(folder)
    }
}

fn bring(
    local: &dyn TableEngine,
    table: &TableRef,
    warehouse: &Warehouse,
    limit: u64,
    cancelled: &CancelToken,
) -> Result<PathBuf, EngineError> {
    let unwritable = |error: std::io::Error| EngineError::Internal(format!("the warehouse cannot be written: {error}"));
    let columns = by_place(local, table, cancelled)?;
    let folder = warehouse.temporary(&uuid());
    std::fs::create_dir_all(&folder).map_err(unwritable)?;
    let file = folder.join(FILE);
    let location = Location::new(file.display().to_string());
    let sink = Sink { path: location.clone(), format: PARQUET, options: SinkOptions::default(), table: "t".to_owned() };
    local.write(&columns, &sink, &location)?;
    let bytes = std::fs::metadata(&file).map_err(unwritable)?.len();
    let digest = digest_of_file(&file, cancelled).map(|(digest, _)| digest).map_err(unwritable)?;
    let staged = warehouse.staged(&digest);
    if bytes > limit {
        std::fs::remove_dir_all(&folder).map_err(unwritable)?;
        let message = format!("a table of {bytes} bytes would go to the warehouse, `stage_limit` is {limit}");
        return Err(EngineError::Value {
            message,
            help: Some(
                "raise `engine.stage_limit`, or compute the task on this machine with `engine: local`".to_owned(),
            ),
        });
    }
    mark_whole(&folder).map_err(unwritable)?;
    // Another run may have brought the same.
    if is_whole(&staged) || std::fs::rename(&folder, &staged).is_err() {
        std::fs::remove_dir_all(&folder).map_err(unwritable)?;
    }
    if is_whole(&staged) {
        Ok(staged)
    } else {
        Err(EngineError::Internal("the warehouse lost what was written".to_owned()))
    }
}

/// The table with its columns by place, in types that Spark reads as what they are.
fn by_place(local: &dyn TableEngine, table: &TableRef, cancelled: &CancelToken) -> Result<TableRef, EngineError> {
    let input = Rel::Input { task: "t".to_owned(), schema: table.schema.clone() };
    let column = |(i, field): (usize, &tidemill_core::table::Field)| {
        let column = Expr::column(field.name.clone(), field.data_type);
        let column = match field.data_type {
            DataType::Time => column.cast(DataType::String),
            DataType::Null => column.cast(DataType::Bool),
            _ => column,
        };
        (format!("c{i}"), column)
    };
    let columns = table.schema.fields().iter().enumerate().map(column).collect();
    let rel = Rel::Project { input: Box::new(input), columns };
    let inputs = [("t".to_owned(), table.clone())];
    let options = JobOptions { inputs: &inputs, origin: &|_| None, cancelled };
    let report = local.run(&TableJob { rel, checks: Vec::new() }, &options)?;
    report.table.ok_or_else(|| EngineError::Internal("the local engine gave no table".to_owned()))
}
