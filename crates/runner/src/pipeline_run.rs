//! A run from start to end: the graph for the scheduler, the observers, the handlers, the summary.

mod resend;

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tidemill_core::attempt::is_staged_name;
use tidemill_core::cache::Object;
use tidemill_core::clock::SystemClock;
use tidemill_core::event::RunStatus;
use tidemill_core::ids::{RunId, TaskIx, TaskName};
use tidemill_core::plan::{Plan, Selection, resolve};
use tidemill_core::run::{Interrupts, RunOptions, RunSummary};
use tidemill_core::sched::{Dep, Pool, SchedGraph, SchedTask};
use tidemill_core::spec::{CachePolicy, Spec};
use tidemill_core::table::TableEngine;
use tidemill_core::task::RunFacts;
use tidemill_state::{Counts, Holder, Lock, LockError, Process, Resend, RunStart, State};

use crate::Failure;
use crate::cache_index::CacheIndex;
use crate::engine_session::EngineSession;
use crate::execute::{Before, LogFormat, RunLogs, Setting, TaskExecutor};
use crate::project::{HandlerMoment, Project};
use crate::reporter::RunReporter;
use crate::retention;
use crate::run_log::RunLog;
use crate::up_to_date::{self, Asked, EnvironmentSeen, Found, Seen};
use tidemill_secrets as secrets;
use tidemill_secrets::Masker;

pub use resend::UnknownEffects;
use resend::word;

/// How long slow observers may take at the end of a run.
const GRACE: Duration = Duration::from_secs(5);

/// How a run is wanted.
#[derive(Clone, Debug)]
pub struct Request {
    /// Attempts at once.
    pub jobs: usize,
    /// After a failure, go on with all that does not depend on it.
    pub keep_going: bool,
    /// Tasks that run whatever is cached.
    pub forced: Selection,
    /// Tasks whose last result will do, whatever has changed since.
    pub as_cached: Selection,
    /// Send mails again that were sent.
    pub resend: bool,
    /// If another run holds the project, do not wait for it.
    pub no_wait: bool,
    /// How logs are written.
    pub log_format: LogFormat,
    /// The command line, for whoever waits and for history.
    pub command: String,
    /// The selectors as they were given.
    pub selection: Vec<String>,
    /// What is asked, where a later run that is asked the same may find that nothing has changed.
    pub asked: Option<Asked>,
}

/// Runs pipelines.
pub struct Runner<'a> {
    /// The pipeline.
    pub project: &'a Project,
    /// Computes tables.
    pub engine: Arc<dyn TableEngine>,
    /// How the run is wanted.
    pub request: Request,
    /// Hears what there is to say.
    pub reporter: &'a dyn RunReporter,
}

/// What a run holds while it goes on.
struct Holding {
    _lock: Lock,
    state: Arc<Mutex<State>>,
    cache: Arc<CacheIndex>,
    secrets: BTreeMap<String, String>,
    logs: Arc<RunLogs>,
}

impl Runner<'_> {
    /// Runs the tasks wanted, then the handlers; tells the story on stderr.
    pub fn run(&self, wanted: &Selection) -> Result<(), Failure> {
        let project = self.project;
        let interrupts = Interrupts::new();
        self.listen_for_signals(&interrupts);
        let holding = self.hold(&interrupts)?;
        let _guard = self.start_log(&holding);
        let _session = EngineSession::begin(&*self.engine, &project.run.id)?;
        tracing::info!(run = project.run.id, pipeline = project.spec.name.value, "run starts");

        let setting = self.setting(&holding, project.run.clone(), false);
        let (done, objects) = self.graph(&project.plan, wanted, setting, &interrupts)?;
        self.reporter.graph_ended(&project.plan, &done, &holding.logs);
        let mut status = done.status;
        for (moment, plan) in &project.handlers {
            if !is_due(*moment, done.status) {
                continue;
            }
            let facts = RunFacts { status: word(done.status).to_owned(), ..project.run.clone() };
            let mut setting = self.setting(&holding, facts, true);
            setting.before = Before::of_ends(&project.spec, &project.plan, &project.run.id, &done.tasks);
            let (handled, _) = self.graph(plan, &plan.all(), setting, &interrupts)?;
            self.reporter.graph_ended(plan, &handled, &holding.logs);
            if handled.status != RunStatus::Success && status == RunStatus::Success {
                status = handled.status;
            }
        }
        self.tell_unknown_effects(&holding, &done)?;
        self.end(&holding, status, &done.counts)?;
        if done.counts.cached == done.counts.total() {
            self.note_up_to_date(&holding, wanted, objects);
        }
        match status {
            RunStatus::Success => Ok(()),
            RunStatus::Failed => Err(Failure::Task),
            RunStatus::Interrupted => Err(Failure::Interrupted),
        }
    }

    /// Begins the run's log. Without one the run goes on: why there is none is told.
    fn start_log(&self, holding: &Holding) -> Option<RunLog> {
        let folder = holding.logs.folder();
        let started = RunLog::start(folder, self.request.log_format);
        started.unwrap_or_else(|error| {
            self.reporter.warning(&format!("no log can be written to {}: {error}", folder.display()));
            None
        })
    }

    /// Takes the project: its lock, its state, its logs.
    fn hold(&self, interrupts: &Interrupts) -> Result<Holding, Failure> {
        let spec = &self.project.spec;
        let (folder, pipeline) = (spec.project.as_path(), spec.name.value.as_str());
        let run = &self.project.run;
        let holder = Holder { run: Some(run.id.clone()), ..Holder::current(secrets::masked(&self.request.command)) };
        let mut is_told = false;
        let lock = Lock::acquire_waiting(folder, pipeline, &holder, |held| {
            if !is_told && !self.request.no_wait {
                self.reporter.note(&format!("{held}; waiting for it to end"));
                is_told = true;
            }
            let is_over = self.request.no_wait || interrupts.is_interrupted();
            if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let lock = lock.map_err(|error| match error {
            LockError::Held(_) if interrupts.is_interrupted() => Failure::Interrupted,
            LockError::Held(held) => Failure::Held { message: held.to_string() },
            error => Failure::broken(error.to_string()),
        })?;
        let mut state = State::open(folder)?;
        let dead = state.mark_dead_runs_interrupted(&lock, Timestamp::now())?;
        if !dead.is_empty() {
            self.sweep();
        }
        for task_type in self.project.types.iter() {
            let name = task_type.descriptor().name;
            for path in
                task_type.recover(folder).map_err(|error| Failure::broken(format!("former outputs: {error}")))?
            {
                let path = path.strip_prefix(folder).unwrap_or(&path).display();
                self.reporter.note(&format!("{path} is back: the {name} that was to replace it died"));
            }
        }
        up_to_date::forget(folder).map_err(|error| Failure::broken(format!("notes of an earlier run: {error}")))?;
        let start = RunStart {
            pipeline: pipeline.to_owned(),
            started: Timestamp::now(),
            trigger: run.trigger.clone(),
            logical_time: run.logical_time.clone(),
            params: params_of(spec),
            selection: self.request.selection.clone(),
            process: Process::current(),
        };
        if !state.begin_run_as(&RunId::new(run.id.as_str()), &start)? {
            return Err(Failure::broken("another run began at the same instant").help("run it again"));
        }
        if let Some(fire) = self.project.fire
            && !state.begin_fire(pipeline, fire, &RunId::new(run.id.as_str()))?
        {
            state.end_run(
                &RunId::new(run.id.as_str()),
                tidemill_state::RunStatus::Cancelled,
                Timestamp::now(),
                &Counts::default(),
            )?;
            return Err(Failure::wrong(format!("the fire of {fire} was given up")));
        }
        let cache = CacheIndex::of(folder, pipeline, Some(&state))?;
        let secrets = secrets::of(spec);
        let masker = Masker::new(secrets.values().map(String::as_str));
        Ok(Holding {
            _lock: lock,
            state: Arc::new(Mutex::new(state)),
            cache: Arc::new(cache),
            secrets,
            logs: Arc::new(RunLogs::new(folder.join("logs").join(&run.id), self.request.log_format, masker)),
        })
    }

    /// Removes what a run that died has left half written, under temporary names, where outputs go.
    fn sweep(&self) {
        let spec = &self.project.spec;
        let plans = std::iter::once(&self.project.plan).chain(self.project.handlers.iter().map(|(_, plan)| plan));
        let mut folders: Vec<PathBuf> = Vec::new();
        for task in plans.flat_map(|plan| &plan.tasks) {
            let outputs = task.outputs.iter().map(|output| resolve(&spec.project, &output.path.value));
            folders.extend(outputs.filter_map(|path| Some(path.parent()?.to_owned())));
            folders.extend(task.io.folders.iter().map(|folder| resolve(&spec.project, folder)));
        }
        folders.sort();
        folders.dedup();
        let scratch = spec.project.join(tidemill_state::FOLDER).join("scratch");
        if let Err(error) = std::fs::remove_dir_all(&scratch)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            self.reporter.warning(&format!("cannot remove {}: {error}", scratch.display()));
        }
        for folder in folders {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                if is_staged_name(&entry.file_name())
                    && let Err(error) = std::fs::remove_file(entry.path())
                {
                    self.reporter.warning(&format!("cannot remove {}: {error}", entry.path().display()));
                }
            }
        }
    }

    /// Ctrl-C and SIGTERM stop the run.
    fn listen_for_signals(&self, interrupts: &Interrupts) {
        let interrupter = interrupts.interrupter();
        let signals = signal_hook::iterator::Signals::new([
            signal_hook::consts::SIGINT,
            signal_hook::consts::SIGTERM,
            signal_hook::consts::SIGHUP,
        ]);
        match signals {
            Ok(mut signals) => {
                std::thread::spawn(move || signals.forever().for_each(|_| interrupter.interrupt()));
            }
            Err(error) => self.reporter.warning(&format!("Ctrl-C will not end the run cleanly: {error}")),
        }
    }

    fn setting(&self, holding: &Holding, run: RunFacts, handlers: bool) -> Setting {
        Setting {
            sources: self.project.sources.clone(),
            engine: self.engine.clone(),
            id: RunId::new(self.project.run.id.as_str()),
            run,
            secrets: holding.secrets.clone(),
            logs: holding.logs.clone(),
            cache: holding.cache.clone(),
            state: holding.state.clone(),
            forced: self.request.forced.clone(),
            as_cached: self.request.as_cached.clone(),
            resend: if self.request.resend { Resend::All } else { Resend::Nothing },
            handlers,
            before: Before::default(),
        }
    }

    fn graph(
        &self,
        plan: &Arc<Plan>,
        wanted: &Selection,
        setting: Setting,
        interrupts: &Interrupts,
    ) -> Result<(RunSummary, Vec<Object>), Failure> {
        let expected = setting.state.lock().unwrap_or_else(PoisonError::into_inner).durations(&setting.cache.pipeline);
        let graph = sched_graph(plan, wanted, &expected.unwrap_or_default())
            .map_err(|error| Failure::broken(format!("the graph cannot be run: {error}")))?;
        let mut observers = self.reporter.observers();
        let options = RunOptions {
            run: RunId::new(self.project.run.id.as_str()),
            jobs: self.request.jobs,
            keep_going: self.request.keep_going,
            seed: seed_of(&self.project.run.id),
        };
        let clock = SystemClock::new();
        let executor = Arc::new(TaskExecutor::new(plan.clone(), wanted, setting));
        let done =
            tidemill_core::run::run(Arc::new(graph), executor.clone(), &mut observers, &clock, &options, interrupts);
        executor.tidy_up();
        for note in observers.finish(GRACE) {
            self.reporter.warning(&note);
        }
        let written = executor.write_down_rest();
        match done.error.clone().map_or(written, Err) {
            Ok(()) => Ok((done, executor.objects())),
            Err(error) => Err(Failure::broken(error)),
        }
    }

    /// Notes all that this run, which had nothing to do, has looked at. A task whose time limit or condition may come to mean
    /// something else, and whatever happens after each run, is reason enough to look again next time.
    fn note_up_to_date(&self, holding: &Holding, wanted: &Selection, objects: Vec<Object>) {
        let project = self.project;
        let spec = &project.spec;
        let is_lasting = |ix: &TaskIx| {
            let common = &project.plan.task(*ix).spec.common;
            common.when.is_none() && !matches!(common.cache, CachePolicy::Ttl(_))
        };
        let is_simple = project.handlers.is_empty() && project.warnings.is_empty() && wanted.iter().all(is_lasting);
        let (Some(asked), true) = (&self.request.asked, is_simple) else { return };
        let Some(mut files) = holding.cache.files.asked() else { return };
        files.extend(spec.files.iter().cloned());
        files.extend(spec.dotenv.iter().map(|path| resolve(&spec.project, &path.value)));
        let names = project.plan.tasks.iter().flat_map(|task| task.task.names(&spec.project, &project.sources));
        let found = Found {
            run: project.run.id.clone(),
            pipeline: spec.name.value.clone(),
            tasks: wanted.len(),
            zone: spec.schedule.as_ref().map_or_else(|| "UTC".to_owned(), |schedule| schedule.timezone.value.clone()),
            date: project.run.date.clone(),
            params: params_of(spec),
            selection: self.request.selection.clone(),
            environment: EnvironmentSeen::of(&project.sources, &spec.secrets, names),
        };
        if let Err(error) = asked.note(&found, &Seen { files, objects }) {
            tracing::info!("that nothing is to be done cannot be noted: {error}");
        }
    }

    /// Writes down how the run ended and what it learnt of files; forgets what is old.
    fn end(&self, holding: &Holding, status: RunStatus, of: &tidemill_core::sched::Counts) -> Result<(), Failure> {
        let mut state = holding.state.lock().unwrap_or_else(PoisonError::into_inner);
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let counts = Counts {
            ran: number(of.ran),
            cached: number(of.cached),
            restored: number(of.restored),
            failed: number(of.failed),
            skipped: number(of.skipped),
            cancelled: number(of.cancelled),
        };
        let status = match status {
            RunStatus::Success => tidemill_state::RunStatus::Success,
            RunStatus::Failed => tidemill_state::RunStatus::Failed,
            RunStatus::Interrupted => tidemill_state::RunStatus::Cancelled,
        };
        state.save_files(&holding.cache.files.news())?;
        state.end_run(&RunId::new(self.project.run.id.as_str()), status, Timestamp::now(), &counts)?;
        if let Some(fire) = self.project.fire {
            let run = RunId::new(self.project.run.id.as_str());
            state.end_fire(&self.project.spec.name.value, fire, &run)?;
        }
        tracing::info!(run = self.project.run.id, "run ended");
        self.forget_old(holding, &mut state)
    }

    /// Applies `retention`: runs, their logs and what only they needed of the cache.
    fn forget_old(&self, holding: &Holding, state: &mut State) -> Result<(), Failure> {
        let spec = &self.project.spec;
        let keep = retention::Keep { runs: spec.retention.runs, max_size: spec.retention.max_size };
        if keep != retention::Keep::default() {
            retention::sweep(spec, state, &holding.cache.store, &*self.engine, keep, SystemTime::now())
                .map_err(|error| Failure::broken(format!("what is old cannot be taken away: {error}")))?;
        }
        Ok(())
    }
}

/// The params by name, as history keeps them: without secrets.
fn params_of(spec: &Spec) -> serde_json::Value {
    let params: serde_json::Map<String, serde_json::Value> =
        spec.params.iter().map(|(name, param)| (name.clone(), secrets::masked_value(&param.value))).collect();
    params.into()
}

/// Jitter is the same in a run that is told again.
fn seed_of(run: &str) -> u64 {
    run.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Whether handlers of that moment run after a run that ended so.
fn is_due(moment: HandlerMoment, status: RunStatus) -> bool {
    match moment {
        HandlerMoment::Finally => true,
        HandlerMoment::Success => status == RunStatus::Success,
        HandlerMoment::Failure => status == RunStatus::Failed,
    }
}

/// The plan as the scheduler sees it.
fn sched_graph(
    plan: &Plan,
    wanted: &Selection,
    expected: &HashMap<TaskName, Duration>,
) -> Result<SchedGraph, tidemill_core::sched::GraphError> {
    let pools: Vec<Pool> = plan
        .spec
        .pools
        .iter()
        .map(|(name, capacity)| Pool { name: name.clone(), capacity: *capacity as usize })
        .collect();
    let tasks = plan
        .tasks
        .iter()
        .enumerate()
        .map(|(at, task)| {
            let common = &task.spec.common;
            let pool = common.pool.as_ref().and_then(|pool| pools.iter().position(|known| known.name == pool.value));
            SchedTask {
                selected: wanted.contains(&TaskIx(at as u32)),
                deps: task.needs.iter().map(|need| Dep { task: need.task, kind: need.what }).collect(),
                rule: common.trigger_rule,
                retries: common.retries.clone(),
                timeout: common.timeout,
                pool,
                expected: expected.get(&task.name).copied(),
                awaited: task.task_type.supervised,
                ..SchedTask::new(task.name.clone())
            }
        })
        .collect();
    SchedGraph::new(tasks, pools)
}
