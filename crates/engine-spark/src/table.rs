//! A table in the warehouse.

use std::sync::{Arc, OnceLock};

use tidemill_core::table::TableRef;

use crate::lower::Stored;
use crate::manifest::Manifest;
use crate::warehouse::TableFiles;

/// A table in the warehouse.
pub(crate) struct SparkTable {
    /// Where its rows are.
    pub rows: TableFiles,
    /// What it is.
    pub manifest: Manifest,
    /// The NULLs of its first columns, as many as a profile has, where they are known already.
    pub nulls: Option<Vec<u64>>,
    /// The same table on this machine, once somebody has asked for its rows.
    pub here: OnceLock<TableRef>,
}

impl SparkTable {
    /// As others hold it.
    pub fn into_ref(self) -> TableRef {
        let (schema, rows) = (self.manifest.facts.columns.clone(), self.manifest.facts.rows);
        TableRef { held: Arc::new(self), schema, rows }
    }

    /// As the cluster reads it.
    pub fn stored(&self) -> Stored {
        self.rows.stored(self.manifest.facts.order.clone())
    }

    /// The table in the warehouse that a table is; None if it is one of the local engine.
    pub fn of(table: &TableRef) -> Option<&Self> {
        table.held.downcast_ref()
    }
}
