//! The tables in the cache, as the last good results of tasks left them.

use std::collections::HashMap;

use tidemill_core::attempt::CancelToken;
use tidemill_core::cache::ContentStore;
use tidemill_core::ids::{TaskIx, TaskName};
use tidemill_core::plan::Need;
use tidemill_core::table::{TableEngine, TableRef};
use tidemill_core::task::EdgeKind;
use tidemill_runner::cache_index::StoredTables;
use tidemill_runner::execute::united;
use tidemill_runner::project::Project;
use tidemill_state::{LastGood, State};

use super::stored_table::store_of;
use crate::failure::Failure;

/// The tables in the cache; each is opened once.
pub struct CachedTables<'a> {
    /// What opens and computes them.
    pub engine: &'a dyn TableEngine,
    store: ContentStore,
    last: HashMap<TaskName, LastGood>,
    open: HashMap<TaskIx, TableRef>,
}

impl<'a> CachedTables<'a> {
    /// Those of a project.
    pub fn open(project: &Project, engine: &'a dyn TableEngine) -> Result<Self, Failure> {
        let spec = &project.spec;
        let state = State::open_read_only(&spec.project)?;
        let last = state.map(|state| state.last_results(&spec.name.value)).transpose()?.unwrap_or_default();
        Ok(Self { engine, store: store_of(&spec.project), last, open: HashMap::new() })
    }

    /// The tables that a task reads and that are meant, by the names under which the file has them.
    pub fn inputs(
        &mut self,
        project: &Project,
        ix: TaskIx,
        is_meant: impl Fn(&Need) -> bool,
    ) -> Result<Vec<(String, TableRef)>, String> {
        let mut inputs: Vec<(String, TableRef)> = Vec::new();
        let needs = project.plan.task(ix).needs.iter();
        for need in needs.filter(|need| need.what == EdgeKind::Table && is_meant(need)) {
            if inputs.iter().any(|(name, _)| *name == need.named) {
                continue;
            }
            let named = |ix| Ok((project.plan.task(ix).name.to_string(), self.table(project, ix)?));
            let tables = project.plan.named(&need.named).into_iter().map(named);
            let tables = tables.collect::<Result<Vec<_>, String>>()?;
            let none = CancelToken::new();
            let one = match tables.as_slice() {
                [(_, one)] => one.clone(),
                several => united(self.engine, several, &none).map_err(|failure| failure.message)?,
            };
            inputs.push((need.named.clone(), one));
        }
        Ok(inputs)
    }

    /// The table of a task.
    pub fn table(&mut self, project: &Project, ix: TaskIx) -> Result<TableRef, String> {
        if let Some(table) = self.open.get(&ix) {
            return Ok(table.clone());
        }
        let name = &project.plan.task(ix).name;
        let Some(table) = self.last.get(name).and_then(|last| last.table.as_ref()) else {
            return Err(format!("`{name}` has no result yet; `tidemill run {name}` makes it"));
        };
        if !table.stored {
            return Err(format!("of `{name}` no table is kept: its `cache` says so"));
        }
        let stored = StoredTables::new(&self.store, self.engine);
        let opened = stored.open(&table.object.digest).map_err(|error| error.to_string())?;
        let Some(table) = opened else {
            return Err(format!(
                "the table of `{name}` is no longer in the cache; `tidemill rerun {name}` makes it again"
            ));
        };
        self.open.insert(ix, table.clone());
        Ok(table)
    }
}
