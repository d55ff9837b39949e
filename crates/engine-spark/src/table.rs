//! A table in the warehouse.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use tidemill_core::table::TableRef;

use crate::manifest::Manifest;

/// A table that Spark has written.
pub(crate) struct SparkTable {
    /// Its folder.
    pub folder: PathBuf,
    /// What it is.
    pub manifest: Manifest,
    /// The same table on this machine, once somebody has asked for its rows.
    pub here: OnceLock<TableRef>,
}

impl SparkTable {
    /// As others hold it.
    pub fn into_ref(self) -> TableRef {
        let (schema, rows) = (self.manifest.facts.columns.clone(), self.manifest.facts.rows);
        TableRef { held: Arc::new(self), schema, rows }
    }

    /// The table in the warehouse that a table is; None if it is one of the local engine.
    pub fn of(table: &TableRef) -> Option<&Self> {
        table.held.downcast_ref()
    }
}
