//! Doing what the scheduler decides: looking up, computing, storing, publishing, writing down.

mod attempt;
mod database_output;
mod drift;
mod effect;
mod facts;
mod handler_context;
mod ledger;
mod look_up;
mod output_log;
mod recorder;
mod restore;
mod results;
mod scratch;
mod tables;
mod task_log;
mod upstream;
mod upstream_sources;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use tidemill_core::attempt::{AttemptToken, OutputPlaces};
use tidemill_core::cache::Object;
use tidemill_core::diagnostic::SourceMap;
use tidemill_core::event::TaskEnd;
use tidemill_core::ids::{RunId, TaskIx, TaskName};
use tidemill_core::plan::{Plan, PlannedTask, Selection, output_places};
use tidemill_core::run::{Executor, LookUp};
use tidemill_core::table::TableEngine;
use tidemill_core::task::{EdgeKind, LogLevel, RunFacts, TaskFailure, TaskReport};
use tidemill_core::trace::TraceContext;
use tidemill_state::{AttemptRecord, Resend, State};

use crate::cache_index::CacheIndex;

pub use handler_context::HandlerContext;
use recorder::Recorder;
use results::Results;
use scratch::ScratchFolders;
pub use tables::united;
pub use task_log::{LogFormat, RunLogs};

/// What a run is about, beside its graph.
pub struct ExecutionContext {
    /// The texts that spans point into.
    pub sources: Arc<SourceMap>,
    /// Computes tables.
    pub engine: Arc<dyn TableEngine>,
    /// The run, under which what is done is written down.
    pub id: RunId,
    /// What texts know of the run: of this one, or, where something of an earlier one is sent again, of that.
    pub run: RunFacts,
    /// The place of the run in a trace.
    pub trace: Option<TraceContext>,
    /// The secrets that are set.
    pub secrets: BTreeMap<String, String>,
    /// Where logs go.
    pub logs: Arc<RunLogs>,
    /// What earlier runs left.
    pub cache: Arc<CacheIndex>,
    /// The ledger.
    pub state: Arc<Mutex<State>>,
    /// Tasks that run whatever is cached.
    pub forced: Selection,
    /// Tasks whose last result will do, whatever has changed since.
    pub as_cached: Selection,
    /// Tasks that fail without being tried: their data do not fit the file.
    pub failing: BTreeMap<TaskName, TaskFailure>,
    /// What is sent although the ledger has it.
    pub resend: Resend,
    /// Whether these are handlers: they run once per run, and nothing of them is cached.
    pub handlers: bool,
    /// For handlers, what came before them.
    pub handler: HandlerContext,
}

/// Runs the tasks of a plan.
pub struct TaskExecutor {
    plan: Arc<Plan>,
    context: ExecutionContext,
    results: Results,
    scratch: ScratchFolders,
    places: Arc<OutputPlaces>,
    recorder: Recorder,
}

impl TaskExecutor {
    /// An executor that has done nothing yet, for the tasks wanted.
    pub fn new(plan: Arc<Plan>, wanted: &Selection, context: ExecutionContext) -> Self {
        let mut readers = vec![0; plan.tasks.len()];
        for ix in wanted {
            for need in plan.task(*ix).needs.iter().filter(|need| need.what == EdgeKind::Table) {
                readers[need.task.index()] += 1;
            }
        }
        let scratch = ScratchFolders::new(&plan.spec.project, &context.run.id);
        let recorder = Recorder::new(context.state.clone(), context.cache.pipeline.clone(), context.id.clone());
        let places = Arc::new(output_places(&plan.spec));
        Self { plan, context, results: Results::new(readers), scratch, places, recorder }
    }

    /// The ledger.
    fn state(&self) -> MutexGuard<'_, State> {
        self.context.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes what attempts no longer need. To be called when the run is over.
    pub fn tidy_up(&self) {
        self.scratch.remove();
    }

    /// The stored tables of all tasks that have one by now.
    pub fn objects(&self) -> Vec<Object> {
        (0..self.plan.tasks.len()).filter_map(|at| self.results.of(TaskIx(at as u32)).object).collect()
    }
}

impl Executor for TaskExecutor {
    fn look_up_quickly(&self, task: TaskIx) -> Option<LookUp> {
        if self.takes_long(task) { None } else { self.decide(task, false) }
    }

    fn look_up(&self, task: TaskIx) -> LookUp {
        self.decide(task, true).unwrap_or_else(|| LookUp::Failed(TaskFailure::new("the look-up came to no end")))
    }

    fn execute(&self, task: TaskIx, attempt: u32, token: &AttemptToken) -> Result<TaskReport, TaskFailure> {
        let PlannedTask { name, task_type, .. } = self.plan.task(task);
        let logs = &self.context.logs;
        // A program may well have nothing to say; what makes tables always has.
        let tell = if task_type.supervised { RunLogs::hold } else { RunLogs::write };
        tell(logs, name, LogLevel::Info, &format!("attempt {attempt} starts"));
        let (started, clock) = (Timestamp::now(), Instant::now());
        let made = facts::masked(self.attempt(task, attempt, token), logs.masker());
        let tried = AttemptRecord { attempt, started, duration: clock.elapsed(), error: made.as_ref().err().cloned() };
        let run = &self.context.id;
        if made.is_ok() {
            // It is written down together with the task's end.
            self.results.of(task).tried = Some(tried);
        } else if let Err(error) = self.state().record_attempt(run, name, &tried) {
            // What is only history never harms the run.
            logs.write(name, LogLevel::Warn, &format!("this attempt cannot be written down: {error}"));
        }
        match &made {
            Ok(report) => match facts::sentence(report) {
                Some(sentence) => logs.write(name, LogLevel::Info, &sentence),
                None => tell(logs, name, LogLevel::Info, "done"),
            },
            Err(failure) => {
                logs.write(name, LogLevel::Error, &failure.message);
                failure.help.iter().for_each(|help| logs.write(name, LogLevel::Error, &format!("help: {help}")));
            }
        }
        // Thousands of tasks have more logs than a process may have open files.
        logs.close(name);
        made
    }

    fn committed(&self, task: TaskIx, end: &TaskEnd) -> Result<(), String> {
        let written = self.write_down(task, end);
        for need in self.plan.task(task).needs.iter().filter(|need| need.what == EdgeKind::Table) {
            self.results.read_by_one(need.task);
        }
        written
    }
}
