//! The table of an earlier result, opened from the store.

use std::path::Path;
use std::sync::Arc;

use tidemill_core::cache::ContentStore;
use tidemill_core::ids::TaskName;
use tidemill_core::table::{EngineError, TableEngine};
use tidemill_runner::cache_index::{StoredTableError, StoredTables};
use tidemill_state::{FOLDER, LastGood};

use super::pipeline_history::PipelineHistory;
use crate::failure::Failure;
use crate::table_rows::StoredRows;

/// Opens the table of a result.
pub fn open_table(
    history: &PipelineHistory,
    engine: &Arc<dyn TableEngine>,
    task: &TaskName,
    result: &LastGood,
) -> Result<StoredRows, Failure> {
    let Some(table) = &result.table else {
        return Err(Failure::wrong(format!("`{task}` makes no table")));
    };
    let again = format!("`tidemill rerun {task}` makes it again");
    if !table.stored {
        return Err(Failure::wrong(format!("of `{task}` no table is kept, only its digest"))
            .help("its `cache` says `store: false`; without it, the next run keeps the table"));
    }
    match StoredTables::new(&store_of(&history.spec.project), &**engine).open(&table.object.digest) {
        Ok(Some(table)) => Ok(StoredRows { engine: Arc::clone(engine), table }),
        Ok(None) => {
            Err(Failure::wrong(format!("the table of `{task}` in run {} is no longer in the cache", result.run))
                .help(again))
        }
        Err(StoredTableError::Store(error)) => Err(Failure::broken(error.to_string())),
        Err(StoredTableError::Engine(error)) => Err(engine_failure(error)),
    }
}

/// The project's store.
pub fn store_of(project: &Path) -> ContentStore {
    ContentStore::new(project.join(FOLDER).join("cache"))
}

/// What an engine says of a table that it cannot read.
pub fn engine_failure(error: EngineError) -> Failure {
    let failure = Failure::broken(error.to_string());
    match error {
        EngineError::Source { help: Some(help), .. } | EngineError::Value { help: Some(help), .. } => {
            failure.help(help)
        }
        _ => failure,
    }
}
