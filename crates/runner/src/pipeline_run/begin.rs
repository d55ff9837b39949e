//! How a run begins: it takes the project, mends what a run that died has left, and is written down.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use tidemill_core::ids::RunId;
use tidemill_core::run::Interrupts;
use tidemill_core::spec::Spec;
use tidemill_secrets as secrets;
use tidemill_secrets::Masker;
use tidemill_state::{Holder, Lock, LockError, Process, RunStart, RunStatus, State, TaskCounts};

use super::Runner;
use crate::Failure;
use crate::cache_index::CacheIndex;
use crate::execute::RunLogs;
use crate::up_to_date;

/// What a run holds while it goes on.
pub(super) struct ActiveRun {
    _lock: Lock,
    pub state: Arc<Mutex<State>>,
    pub cache: Arc<CacheIndex>,
    pub secrets: BTreeMap<String, String>,
    pub logs: Arc<RunLogs>,
}

impl Runner<'_> {
    /// Takes the project: its lock, its state, its logs.
    pub(super) fn begin(&self, interrupts: &Interrupts) -> Result<ActiveRun, Failure> {
        let spec = &self.project.spec;
        let (folder, pipeline) = (spec.project.as_path(), spec.name.value.as_str());
        let run = &self.project.run;
        let lock = self.lock(interrupts)?;
        let mut state = State::open(folder)?;
        let dead = state.mark_dead_runs_interrupted(&lock, Timestamp::now())?;
        if !dead.is_empty() {
            self.sweep();
        }
        self.recover()?;
        up_to_date::forget(folder).map_err(|error| Failure::broken(format!("notes of an earlier run: {error}")))?;
        self.record_start(&mut state)?;
        let cache = CacheIndex::of(folder, pipeline, Some(&state))?;
        self.engine.know(&cache.files);
        let secrets = secrets::of(spec);
        let masker = Masker::new(secrets.values().map(String::as_str));
        Ok(ActiveRun {
            _lock: lock,
            state: Arc::new(Mutex::new(state)),
            cache: Arc::new(cache),
            secrets,
            logs: Arc::new(RunLogs::new(folder.join("logs").join(&run.id), self.request.log_format, masker)),
        })
    }

    /// Waits for the project's lock.
    fn lock(&self, interrupts: &Interrupts) -> Result<Lock, Failure> {
        let (spec, run) = (&self.project.spec, &self.project.run);
        let holder = Holder { run: Some(run.id.clone()), ..Holder::current(secrets::masked(&self.request.command)) };
        let mut is_told = false;
        let lock = Lock::acquire_waiting(&spec.project, &spec.name.value, &holder, |held| {
            if !is_told && !self.request.no_wait {
                self.reporter.note(&format!("{held}; waiting for it to end"));
                is_told = true;
            }
            let is_over = self.request.no_wait || interrupts.is_interrupted();
            if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        lock.map_err(|error| match error {
            LockError::Held(_) if interrupts.is_interrupted() => Failure::Interrupted,
            LockError::Held(held) => Failure::Held { message: held.to_string() },
            error => Failure::broken(error.to_string()),
        })
    }

    /// Puts former outputs back that a task was about to replace when it died.
    fn recover(&self) -> Result<(), Failure> {
        let folder = self.project.spec.project.as_path();
        for task_type in self.project.types.iter() {
            let name = task_type.descriptor().name;
            let recovered = task_type.recover(folder);
            for path in recovered.map_err(|error| Failure::broken(format!("former outputs: {error}")))? {
                let path = path.strip_prefix(folder).unwrap_or(&path).display();
                self.reporter.note(&format!("{path} is back: the {name} that was to replace it died"));
            }
        }
        Ok(())
    }

    /// Writes down that the run begins, and the fire that it is for.
    fn record_start(&self, state: &mut State) -> Result<(), Failure> {
        let (spec, run) = (&self.project.spec, &self.project.run);
        let id = RunId::new(run.id.as_str());
        let start = RunStart {
            pipeline: spec.name.value.clone(),
            started: Timestamp::now(),
            trigger: run.trigger.clone(),
            logical_time: run.logical_time.clone(),
            params: params_of(spec),
            selection: self.request.selection.clone(),
            process: Process::current(),
        };
        if !state.begin_run_as(&id, &start)? {
            return Err(Failure::broken("another run began at the same instant").help("run it again"));
        }
        if let Some(fire) = self.project.fire
            && !state.begin_fire(&spec.name.value, fire, &id)?
        {
            state.end_run(&id, RunStatus::Cancelled, Timestamp::now(), &TaskCounts::default())?;
            return Err(Failure::wrong(format!("the fire of {fire} was given up")));
        }
        Ok(())
    }
}

/// The params by name, as history keeps them: without secrets.
pub(super) fn params_of(spec: &Spec) -> serde_json::Value {
    let params: serde_json::Map<String, serde_json::Value> =
        spec.params.iter().map(|(name, param)| (name.clone(), secrets::masked_value(&param.value))).collect();
    params.into()
}
