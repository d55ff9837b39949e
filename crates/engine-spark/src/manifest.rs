//! What the cache keeps of a table in the warehouse: a few facts and where it is.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tidemill_core::ids::Digest;
use tidemill_core::table::Schema;

use crate::lower::Ordinal;

/// The first bytes of a manifest, by which it is told from a table of the local engine.
const KIND: &str = "tidemill-spark-table";

/// A table in the warehouse. By the digest of `facts` it is known everywhere, so equal tables have equal ones; the folder is no
/// part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    kind: String,
    /// What the table is.
    pub facts: Facts,
}

/// What a table is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// The columns.
    pub columns: Schema,
    /// Rows.
    pub rows: u64,
    /// The directions of what orders the rows.
    pub order: Vec<Ordinal>,
    /// Digest of the values with what orders them.
    pub content: String,
}

impl Manifest {
    /// Of a table.
    pub fn new(facts: Facts) -> Self {
        Self { kind: KIND.to_owned(), facts }
    }

    /// Its text.
    ///
    /// # Errors
    /// Never in practice: it is plain data.
    pub fn text(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// The digest by which the table is known.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn digest(&self) -> serde_json::Result<Digest> {
        Ok(Digest::of(self.text()?.as_bytes()))
    }

    /// Reads one; None if the file is something else.
    pub fn read(path: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(path).ok()?;
        let manifest: Self = serde_json::from_str(&text).ok()?;
        (manifest.kind == KIND).then_some(manifest)
    }
}
