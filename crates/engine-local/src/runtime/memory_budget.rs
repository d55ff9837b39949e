//! How much is in memory at a time.

use std::path::PathBuf;
#[cfg(test)]
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tempfile::TempPath;
use tidemill_core::cache::staging;
use tidemill_core::table::EngineError;

use crate::error::Outcome;

/// How large the batches of a pipeline are, and when a table is spilled to a file. None of them changes a result.
#[derive(Clone, Debug)]
pub(crate) struct MemoryBudget {
    /// Rows of the source that go through a pipeline together. A join may make many rows of one.
    pub batch_rows: usize,
    /// A table of more cells than this is kept in a file and not in memory.
    pub max_cells: usize,
    /// A source of more cells than this stays in its files, if it can.
    pub view_cells: usize,
    /// The store in whose folder for what is half written such files are put; none for the system's folder.
    pub spill_store: Option<PathBuf>,
    /// Rows that are under way, and the most that were at once: the tests bound memory by counting.
    #[cfg(test)]
    pub rows: std::sync::Arc<(AtomicUsize, AtomicUsize)>,
}

impl Default for MemoryBudget {
    fn default() -> Self {
        Self {
            batch_rows: 1 << 13,
            max_cells: 1 << 22,
            view_cells: 1 << 16,
            spill_store: None,
            #[cfg(test)]
            rows: Default::default(),
        }
    }
}

impl MemoryBudget {
    /// So many rows are under way from here on.
    #[cfg(test)]
    pub fn begin(&self, rows: usize) {
        let (now, most) = &*self.rows;
        most.fetch_max(now.fetch_add(rows, Relaxed) + rows, Relaxed);
    }

    /// So many rows have been taken.
    #[cfg(test)]
    pub fn end(&self, rows: usize) {
        self.rows.0.fetch_sub(rows, Relaxed);
    }

    /// A new file for a table that grows too large. What a killed process leaves is removed with the store's.
    pub fn new_file(&self) -> Outcome<TempPath> {
        let failed = |folder: &std::path::Path, error: std::io::Error| EngineError::Sink {
            path: folder.display().to_string(),
            message: error.to_string(),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".tidemill-").suffix(".tmp");
        let file = match &self.spill_store {
            Some(store) => {
                let folder = staging(store).map_err(|error| failed(store, std::io::Error::other(error)))?;
                builder.tempfile_in(&folder).map_err(|error| failed(&folder, error))?
            }
            None => builder.tempfile().map_err(|error| failed(&std::env::temp_dir(), error))?,
        };
        Ok(file.into_temp_path())
    }
}
