//! How a run ends: what is written down, and what is forgotten.

use std::sync::PoisonError;
use std::time::SystemTime;

use jiff::Timestamp;
use tidemill_core::cache::Object;
use tidemill_core::event::RunOutcome;
use tidemill_core::ids::{RunId, TaskIx};
use tidemill_core::plan::{Selection, resolve};
use tidemill_core::sched::Counts;
use tidemill_core::spec::CachePolicy;
use tidemill_state::{State, TaskCounts};

use super::Runner;
use super::begin::{ActiveRun, params_of};
use crate::Failure;
use crate::retention;
use crate::up_to_date::{EnvironmentDigest, StampHeader, StampInputs};

/// What there is to say if the state had to be written again.
const REMOVED: &str = "the folder .tidemill was removed while the run went on: history and the ledger of what was sent have been \
                       written again, but what the cache held is lost, so tasks will run again";

impl Runner<'_> {
    /// Writes down how the run ended and what it learnt of files; forgets what is old.
    pub(super) fn end(&self, active: &ActiveRun, outcome: RunOutcome, counts: &Counts) -> Result<(), Failure> {
        let mut state = active.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.save_files(&active.cache.files.news())?;
        let run = RunId::new(self.project.run.id.as_str());
        let counts = TaskCounts { elsewhere: state.computed_elsewhere(&run)?, ..counts.into() };
        state.end_run(&run, outcome.into(), Timestamp::now(), &counts)?;
        if let Some(fire) = self.project.fire {
            state.end_fire(&self.project.spec.name.value, fire, &run)?;
        }
        tracing::info!(run = self.project.run.id, "run ended");
        if state.was_removed() {
            self.reporter.warning(REMOVED);
        }
        self.forget_old(active, &mut state)
    }

    /// Applies `retention`: runs, their logs and what only they needed of the cache.
    fn forget_old(&self, active: &ActiveRun, state: &mut State) -> Result<(), Failure> {
        let spec = &self.project.spec;
        let keep = retention::Keep { runs: spec.retention.runs, max_size: spec.retention.max_size };
        if keep != retention::Keep::default() {
            retention::sweep(spec, state, &active.cache.store, &*self.engine, keep, SystemTime::now())
                .map_err(|error| Failure::broken(format!("what is old cannot be taken away: {error}")))?;
        }
        Ok(())
    }

    /// Notes all that this run, which had nothing to do, has looked at. A task whose time limit or condition may come to mean
    /// something else, and whatever happens after each run, is reason enough to look again next time.
    pub(super) fn write_stamp(&self, active: &ActiveRun, wanted: &Selection, objects: Vec<Object>) {
        let project = self.project;
        let spec = &project.spec;
        let is_lasting = |ix: &TaskIx| {
            let common = &project.plan.task(*ix).spec.common;
            common.when.is_none() && !matches!(common.cache, CachePolicy::Ttl(_))
        };
        let is_simple = project.handlers.is_empty() && project.warnings.is_empty() && wanted.iter().all(is_lasting);
        let (Some(invocation), true) = (&self.request.invocation, is_simple) else { return };
        let Some(mut files) = active.cache.files.asked() else { return };
        files.extend(spec.files.iter().cloned());
        files.extend(spec.dotenv.iter().map(|path| resolve(&spec.project, &path.value)));
        let names = project.plan.tasks.iter().flat_map(|task| task.task.names(&spec.project, &project.sources));
        let header = StampHeader {
            run: project.run.id.clone(),
            pipeline: spec.name.value.clone(),
            tasks: wanted.len(),
            zone: spec.schedule.as_ref().map_or_else(|| "UTC".to_owned(), |schedule| schedule.timezone.value.clone()),
            date: project.run.date.clone(),
            params: params_of(spec),
            selection: self.request.selection.clone(),
            environment: EnvironmentDigest::of(&project.sources, &spec.secrets, names),
        };
        if let Err(error) = invocation.write_stamp(&header, &StampInputs { files, objects }) {
            tracing::info!("that nothing is to be done cannot be noted: {error}");
        }
    }
}
