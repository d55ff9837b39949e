//! The files of this machine.

use std::path::Path;

use polars::prelude::DataFrame;
use tidemill_core::ids::Digest;
use tidemill_core::table::{EngineError, Scan, Schema, Sink};

use crate::engine::Files;
use crate::held::Outgoing;
use crate::{scan, sink};

/// Reads and writes below the project's folder, or where an absolute path says.
pub(crate) struct Disk;

impl Files for Disk {
    fn infer(&self, project: &Path, source: &Scan, head: Option<usize>) -> Result<Schema, EngineError> {
        scan::infer(project, source, head)
    }

    fn read(&self, project: &Path, source: &Scan) -> Result<DataFrame, EngineError> {
        scan::read(project, source)
    }

    fn places(&self, project: &Path, source: &Scan, rows: &[u64]) -> Result<Vec<(String, u64)>, EngineError> {
        scan::places(project, source, rows)
    }

    fn write(&self, table: &Outgoing, to: &Sink, path: &Path) -> Result<Option<Digest>, EngineError> {
        sink::write(table, to, path)
    }
}
