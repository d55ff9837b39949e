//! The engine's part of a run, from its beginning to its end.

use tidemill_core::ids::RunId;
use tidemill_core::table::TableEngine;

use crate::Failure;

/// A run that an engine knows of. It ends when this is dropped, however the run did.
pub struct EngineSession<'a>(&'a dyn TableEngine);

impl<'a> EngineSession<'a> {
    /// Tells the engine that the run begins.
    ///
    /// # Errors
    /// If the engine cannot be used.
    pub fn begin(engine: &'a dyn TableEngine, run: &str) -> Result<Self, Failure> {
        engine.begin(&RunId::new(run)).map_err(|error| Failure::broken(error.to_string()))?;
        Ok(Self(engine))
    }
}

impl Drop for EngineSession<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}
