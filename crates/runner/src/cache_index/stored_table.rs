//! Tables that the cache keeps: each as a manifest, which only the engine that wrote it understands.

use std::path::Path;

use tempfile::{NamedTempFile, TempPath};
use tidemill_core::cache::{CacheError, ContentStore, Object};
use tidemill_core::ids::Digest;
use tidemill_core::table::{EngineError, Location, TableEngine, TableRef};
use tidemill_core::task::TaskFailure;

/// Why a table cannot be kept or opened.
#[derive(Debug, thiserror::Error)]
pub enum StoredTableError {
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] CacheError),
    /// The engine cannot write or read the table.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl From<StoredTableError> for TaskFailure {
    fn from(error: StoredTableError) -> Self {
        match error {
            StoredTableError::Store(error) => Self::new(error.to_string()),
            StoredTableError::Engine(error) => error.into(),
        }
    }
}

/// The tables of one store, as one engine keeps them.
#[derive(Clone, Copy)]
pub struct StoredTables<'a> {
    store: &'a ContentStore,
    engine: &'a dyn TableEngine,
}

impl<'a> StoredTables<'a> {
    /// Those that the engine has in the store.
    pub fn new(store: &'a ContentStore, engine: &'a dyn TableEngine) -> Self {
        Self { store, engine }
    }

    /// Keeps a table.
    ///
    /// # Errors
    /// If the engine or the store cannot write it.
    pub fn save(&self, table: &TableRef) -> Result<Object, StoredTableError> {
        let path = self.temporary()?;
        let digest = self.engine.save(table, &location(&path))?;
        Ok(self.store.adopt(&path, digest)?)
    }

    /// What a table would be kept as, without keeping it.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn digest(&self, table: &TableRef) -> Result<Object, StoredTableError> {
        let path = self.temporary()?;
        let digest = self.engine.digest(table, &location(&path))?;
        Ok(Object { digest, size: std::fs::metadata(&path).map_or(0, |found| found.len()) })
    }

    /// Whether a table is still there: enough to leave a task alone.
    pub fn has(&self, object: &Object) -> bool {
        self.store.find(object).is_some_and(|manifest| self.engine.has(&location(&manifest)))
    }

    /// The table of that digest; None if the store has it no longer.
    ///
    /// # Errors
    /// If the store cannot be read, or what it has is not a table of the engine's.
    pub fn open(&self, digest: &Digest) -> Result<Option<TableRef>, StoredTableError> {
        let manifest = self.store.get(digest)?;
        Ok(manifest.map(|manifest| self.engine.open(&location(&manifest))).transpose()?)
    }

    /// A path in the store's own folder where there is nothing yet. Were there an empty file to be written over, ext4 would take
    /// it for one that is replaced and send it to the disk as soon as it is closed.
    fn temporary(&self) -> Result<TempPath, CacheError> {
        let folder = self.store.staging()?;
        let path = tempfile::Builder::new().make_in(&folder, |_| Ok(()));
        let wrong = |source| CacheError::Io { what: "write into", path: folder.clone(), source };
        path.map(NamedTempFile::into_temp_path).map_err(wrong)
    }
}

fn location(path: &Path) -> Location {
    Location::new(path.to_string_lossy())
}
