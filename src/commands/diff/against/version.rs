//! One of the two pipelines that are compared: what its tasks are made of, and what is known of their results.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidemill_core::fingerprint::Fingerprint;
use tidemill_core::ids::RunId;
use tidemill_core::ids::{TaskIx, TaskName};
use tidemill_core::plan::{Plan, Selection, TaskSchemas};
use tidemill_core::table::{Schema, TableEngine};
use tidemill_core::task::TaskFacts;
use tidemill_runner::cache_index::{CacheIndex, FingerprintInputs, ResultDigests, ResultHistory, Upstream};
use tidemill_runner::dry_run::DryRun;
use tidemill_runner::project::{Project, Wanted};
use tidemill_state::LastGood;

use crate::commands::pipeline_history::PipelineHistory;
use crate::failure::Failure;
use crate::global::Global;

/// What tasks have made, by their ids.
pub type LastResults = BTreeMap<TaskName, LastGood>;

/// A pipeline that was checked.
pub struct Version {
    /// It.
    pub project: Project,
    /// What computes its tables.
    pub engine: Arc<dyn TableEngine>,
    /// The columns of its tables.
    pub columns: TaskSchemas,
    /// The results in the cache that it would take as they are.
    pub results: LastResults,
}

impl Version {
    /// The pipeline of that file as it is.
    ///
    /// # Errors
    /// If it has mistakes, or the state cannot be read.
    pub fn of(global: &Global, wanted: &Wanted) -> Result<Self, Failure> {
        let mut opened = global.open(wanted)?;
        let engine = crate::engine::engine_for(&opened);
        let columns = opened.check_columns(&*engine).unwrap_or_default();
        let project = opened.into_project()?;
        let plan = &*project.plan;
        let all: Selection = plan.order.iter().copied().collect();
        let planned = DryRun::of(&project, &*engine, &all, &Selection::new(), false)?;
        let named = |(task, result)| (plan.task(task).name.clone(), result);
        let results =
            planned.tasks.into_iter().filter_map(|task| Some((task.task, *task.result?))).map(named).collect();
        Ok(Self { engine, columns, results, project })
    }

    /// Its graph.
    pub fn plan(&self) -> &Plan {
        &self.project.plan
    }

    /// What a task is made of, where those before it have made this.
    ///
    /// # Errors
    /// If a file that it reads cannot be read.
    pub fn fingerprint(&self, cache: &CacheIndex, ix: TaskIx, before: &LastResults) -> Result<Fingerprint, Failure> {
        let upstream = KnownResults { plan: self.plan(), results: before };
        let inputs = FingerprintInputs {
            plan: self.plan(),
            sources: &self.project.sources,
            engine: &*self.engine,
            run: &self.project.run,
            upstream: &upstream,
        };
        let failed = |failure: tidemill_core::task::TaskFailure| {
            Failure::broken(format!("task `{}`: {}", self.plan().task(ix).name, failure.message))
        };
        cache.fingerprint(ix, &inputs).map_err(failed)
    }

    /// The columns of a task's table.
    pub fn schema(&self, task: &TaskName) -> Option<&Schema> {
        self.columns.get(self.plan().find(task.as_str())?.index())?.as_ref()
    }
}

/// What a run made, with what each result was made of.
///
/// # Errors
/// If the state cannot be read.
pub fn made_in(
    history: &PipelineHistory,
    run: &RunId,
) -> Result<(LastResults, BTreeMap<TaskName, Fingerprint>), Failure> {
    let state = history.state()?;
    let (mut results, mut fingerprints) = (LastResults::new(), BTreeMap::new());
    for record in state.tasks_of(run)? {
        let Some(result) = state.result_in(run, &record.task)? else { continue };
        if let Some(fingerprint) = ResultHistory::fingerprint(state, &result.fingerprint) {
            fingerprints.insert(record.task.clone(), fingerprint);
        }
        results.insert(record.task, result);
    }
    Ok((results, fingerprints))
}

/// Results by the ids of tasks, for the fingerprints of those that read them.
struct KnownResults<'a> {
    plan: &'a Plan,
    results: &'a LastResults,
}

impl Upstream for KnownResults<'_> {
    fn result(&self, task: TaskIx) -> Option<ResultDigests> {
        ResultDigests::of_last(self.results.get(&self.plan.task(task).name)?)
    }

    fn facts(&self) -> BTreeMap<String, TaskFacts> {
        let facts = self.results.iter().filter_map(|(name, result)| Some((name.to_string(), result.facts().ok()?)));
        facts.collect()
    }
}
