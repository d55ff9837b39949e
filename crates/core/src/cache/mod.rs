//! The content store: what tasks made, under the names of their digests.
//!
//! An object is written to a temporary name, synced and renamed, and never changes afterwards. Nothing is believed: an object
//! is hashed before its bytes are used, and one that is not what its name says is removed and treated as absent, so that
//! the task runs again. Only whether an object *is there* is asked by existence and size ([`ContentStore::has`]): a run with nothing
//! to do reads no bytes of it.

mod gc;
mod hashing_writer;
mod publish;
mod staging;
mod store;

#[cfg(test)]
mod tests;

pub use gc::{GcReport, Stats};
pub use hashing_writer::HashingWriter;
pub use publish::{is_temporary_name, publish_file};
pub use staging::staging;
pub use store::{ContentStore, Object};

use std::path::PathBuf;

/// The folder in the store's with copies of files that are elsewhere.
pub const FETCHED: &str = "fetched";

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// A file or folder cannot be read or written.
    #[error("cannot {what} {}: {source}", .path.display())]
    Io {
        /// `write`, `read`, `remove`, …
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not what it was said to be.
    #[error("{} has the digest {found}, not {said} as was said", .path.display())]
    NotWhatWasSaid {
        /// The file.
        path: PathBuf,
        /// The digest that was said.
        said: crate::ids::Digest,
        /// The digest of its bytes.
        found: crate::ids::Digest,
    },
    /// There is no such object, or it was damaged and is now removed.
    #[error("object {0} is not in the cache")]
    Absent(crate::ids::Digest),
}

impl CacheError {
    /// For `map_err`: says what was being done to which path.
    fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what, path, source }
    }
}
