//! What a task knows while it is checked.

use std::collections::BTreeMap;
use std::path::Path;

use crate::attempt::{CancelToken, NEVER_CANCELLED};
use crate::diagnostic::SourceMap;
use crate::storage::StorageRegistry;
use crate::table::{Location, Schema, TableEngine};

static NO_TABLES: BTreeMap<String, Option<Schema>> = BTreeMap::new();

/// What `check` knows.
pub struct CheckContext<'a> {
    /// Computes tables; here only asked for the head of sources.
    pub engine: &'a dyn TableEngine,
    /// The texts that spans point into.
    pub sources: &'a SourceMap,
    /// The project's folder.
    pub project: &'a Path,
    /// Where the files are.
    pub storages: &'a StorageRegistry,
    /// The columns of upstream tables, by task id; None where they are not known (an upstream task has mistakes, or its
    /// source does not exist yet): then nothing is said about columns.
    pub tables: &'a BTreeMap<String, Option<Schema>>,
    /// The ids of the tasks before this one, however far up (of a handler: all), for texts that name them; filled only where
    /// [`Io::facts`](super::Io::facts) says that texts may.
    pub before: &'a [String],
    /// The names of the declared secrets.
    pub secrets: &'a [String],
    /// Paths that other tasks publish: they need not exist yet.
    pub published: &'a dyn Fn(&Location) -> bool,
    /// In a run, sources are inferred from the whole file, else from their head.
    pub whole_sources: bool,
    /// Of sources whose rows name their columns, all rows are looked at.
    pub all_keys: bool,
    /// Cancelled when what is found is no longer wanted.
    pub cancelled: &'a CancelToken,
}

impl<'a> CheckContext<'a> {
    /// Without tables, tasks before and secrets; whatever is missing may be published by another task, and only the heads of
    /// sources are looked at.
    pub fn new(
        engine: &'a dyn TableEngine,
        sources: &'a SourceMap,
        project: &'a Path,
        storages: &'a StorageRegistry,
    ) -> Self {
        Self {
            engine,
            sources,
            project,
            storages,
            tables: &NO_TABLES,
            before: &[],
            secrets: &[],
            published: &|_| true,
            whole_sources: false,
            all_keys: false,
            cancelled: &NEVER_CANCELLED,
        }
    }

    /// With the columns of upstream tables, by task id.
    #[must_use]
    pub fn tables(self, tables: &'a BTreeMap<String, Option<Schema>>) -> Self {
        Self { tables, ..self }
    }

    /// With the ids of the tasks before.
    #[must_use]
    pub fn before(self, before: &'a [String]) -> Self {
        Self { before, ..self }
    }

    /// With the names of the declared secrets.
    #[must_use]
    pub fn secrets(self, secrets: &'a [String]) -> Self {
        Self { secrets, ..self }
    }

    /// With a way to tell which paths other tasks publish.
    #[must_use]
    pub fn published(self, published: &'a dyn Fn(&Location) -> bool) -> Self {
        Self { published, ..self }
    }

    /// With a token that ends the reading of sources.
    #[must_use]
    pub fn cancelled(self, cancelled: &'a CancelToken) -> Self {
        Self { cancelled, ..self }
    }

    /// With the columns that only later rows of a source have.
    #[must_use]
    pub fn all_keys(self, all_keys: bool) -> Self {
        Self { all_keys, ..self }
    }

    /// With sources inferred from the whole file.
    #[must_use]
    pub fn whole_sources(self) -> Self {
        Self { whole_sources: true, ..self }
    }
}
