//! Opening a table that an earlier run has put into the store.

use tidemill_core::cache::{CacheError, ContentStore};
use tidemill_core::ids::Digest;
use tidemill_core::table::{EngineError, Location, TableEngine, TableRef};

/// Why a stored table cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] CacheError),
    /// The engine cannot read the table.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// The table of that digest; None if the store has it no longer.
///
/// # Errors
/// If the store cannot be read, or what it has is not a table of the engine's.
pub fn open_stored(
    store: &ContentStore,
    engine: &dyn TableEngine,
    digest: &Digest,
) -> Result<Option<TableRef>, OpenError> {
    let Some(path) = store.get(digest)? else { return Ok(None) };
    Ok(Some(engine.open(&Location::new(path.to_string_lossy()))?))
}
