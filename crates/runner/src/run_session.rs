//! What the engine and the databases know of a run, from its beginning to its end.

use std::sync::Arc;

use tidemill_core::connection::Database;
use tidemill_core::ids::RunId;
use tidemill_core::storage::StorageRegistry;
use tidemill_core::table::TableEngine;

use crate::Failure;

/// A run that an engine knows of, and in which all that is read of a database is as it was at one moment. It ends when this is
/// dropped, however the run did.
pub struct RunSession<'a> {
    engine: &'a dyn TableEngine,
    databases: Vec<Arc<dyn Database>>,
}

impl<'a> RunSession<'a> {
    /// Tells the engine and the databases that the run begins. Nothing connects yet.
    ///
    /// # Errors
    /// If the engine cannot be used.
    pub fn begin(engine: &'a dyn TableEngine, storages: &StorageRegistry, run: &str) -> Result<Self, Failure> {
        engine.begin(&RunId::new(run)).map_err(|error| Failure::broken(error.to_string()))?;
        let databases: Vec<_> = storages.databases().map(|(_, database)| database).collect();
        databases.iter().for_each(|database| database.begin_snapshot());
        Ok(Self { engine, databases })
    }
}

impl Drop for RunSession<'_> {
    fn drop(&mut self) {
        self.databases.iter().for_each(|database| database.end_snapshot());
        self.engine.end();
    }
}
