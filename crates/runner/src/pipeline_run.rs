//! A run from start to end: the lock, the graph, the handlers, what is written down at the end.

mod begin;
mod end;
mod graph;
mod resend;
mod sweep;

use std::sync::{Arc, PoisonError};

use tidemill_core::event::RunOutcome;
use tidemill_core::ids::RunId;
use tidemill_core::plan::Selection;
use tidemill_core::run::{Interrupts, Watchers};
use tidemill_core::table::TableEngine;
use tidemill_core::task::RunFacts;
use tidemill_state::Resend;

use crate::Failure;
use crate::execute::{ExecutionContext, HandlerContext, LogFormat};
use crate::leftovers;
use crate::project::{HandlerKind, Project};
use crate::reporter::RunReporter;
use crate::run_log::RunLog;
use crate::run_session::RunSession;
use crate::up_to_date::Invocation;

use begin::ActiveRun;
pub use resend::UnknownEffects;
use resend::word;

/// How a run is wanted.
#[derive(Clone, Debug)]
pub struct RunRequest {
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
    /// The process as a later one may repeat it, which then may find that nothing has changed.
    pub invocation: Option<Invocation>,
}

/// Runs pipelines.
pub struct Runner<'a> {
    /// The pipeline.
    pub project: &'a Project,
    /// Computes tables.
    pub engine: Arc<dyn TableEngine>,
    /// How the run is wanted.
    pub request: RunRequest,
    /// Hears what there is to say.
    pub reporter: &'a dyn RunReporter,
    /// Other systems that are told of the run.
    pub watchers: Watchers,
}

impl Runner<'_> {
    /// Runs the tasks wanted, then the handlers; tells the story on stderr.
    ///
    /// # Errors
    /// If a task has failed, the run was stopped, or it could not begin or go on.
    pub fn run(&self, wanted: &Selection) -> Result<(), Failure> {
        self.watched(|| self.run_tasks(wanted))
    }

    /// Does a run and tells other systems how it has ended, when the project is free again.
    fn watched(&self, run: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
        let done = run();
        let outcome = match &done {
            Ok(()) => RunOutcome::Success,
            Err(Failure::Interrupted) => RunOutcome::Interrupted,
            Err(_) => RunOutcome::Failed,
        };
        self.watchers.end(outcome).iter().for_each(|told| self.reporter.warning(told));
        done
    }

    fn run_tasks(&self, wanted: &Selection) -> Result<(), Failure> {
        let project = self.project;
        let interrupts = Interrupts::new();
        self.listen_for_signals(&interrupts);
        let active = self.begin(&interrupts)?;
        let _guard = self.start_log(&active);
        let _session = RunSession::begin(&*self.engine, &project.plan.storages, &project.run.id)?;
        tracing::info!(run = project.run.id, pipeline = project.spec.name.value, "run starts");

        let context = self.context(&active, project.run.clone(), false);
        let (done, objects) = self.graph(&project.plan, wanted, context, &interrupts)?;
        self.reporter.graph_ended(&project.plan, &done, &active.logs);
        let mut status = done.status;
        for (kind, plan) in &project.handlers {
            if !is_due(*kind, done.status) {
                continue;
            }
            let facts = RunFacts { status: word(done.status).to_owned(), ..project.run.clone() };
            let mut context = self.context(&active, facts, true);
            context.handler = HandlerContext::of_ends(&project.spec, &project.plan, &project.run.id, &done.tasks);
            let (handled, _) = self.graph(plan, &plan.all(), context, &interrupts)?;
            self.reporter.graph_ended(plan, &handled, &active.logs);
            if handled.status != RunOutcome::Success && status == RunOutcome::Success {
                status = handled.status;
            }
        }
        self.tell_unknown_effects(&active, &done)?;
        self.end(&active, status, &done.counts)?;
        let has_leftovers = self.tell_leftovers(&active)?;
        // What is to be told is told again.
        if done.counts.cached == done.counts.total() && !has_leftovers {
            self.write_stamp(&active, wanted, objects);
        }
        match status {
            RunOutcome::Success => Ok(()),
            RunOutcome::Failed => Err(Failure::Task),
            RunOutcome::Interrupted => Err(Failure::Interrupted),
        }
    }

    /// Begins the run's log. Without one the run goes on: why there is none is told.
    fn start_log(&self, active: &ActiveRun) -> Option<RunLog> {
        let folder = active.logs.folder();
        let started = RunLog::start(folder, self.request.log_format);
        started.unwrap_or_else(|error| {
            self.reporter.warning(&format!("no log can be written to {}: {error}", folder.display()));
            None
        })
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

    /// Tells of published files that no task makes any more, if there are some.
    fn tell_leftovers(&self, active: &ActiveRun) -> Result<bool, Failure> {
        let left = leftovers::leftovers(self.project, &active.state.lock().unwrap_or_else(PoisonError::into_inner))?;
        leftovers::sentence(&left).iter().for_each(|told| self.reporter.warning(told));
        Ok(!left.is_empty())
    }

    fn context(&self, active: &ActiveRun, run: RunFacts, handlers: bool) -> ExecutionContext {
        ExecutionContext {
            sources: self.project.sources.clone(),
            engine: self.engine.clone(),
            id: RunId::new(self.project.run.id.as_str()),
            run,
            trace: self.watchers.trace.clone(),
            secrets: active.secrets.clone(),
            logs: active.logs.clone(),
            cache: active.cache.clone(),
            state: active.state.clone(),
            forced: self.request.forced.clone(),
            as_cached: self.request.as_cached.clone(),
            failing: self.project.failing.clone(),
            resend: if self.request.resend { Resend::All } else { Resend::Nothing },
            handlers,
            handler: HandlerContext::default(),
        }
    }
}

/// Whether handlers of that kind run after a run that ended so.
fn is_due(kind: HandlerKind, status: RunOutcome) -> bool {
    match kind {
        HandlerKind::Finally => true,
        HandlerKind::Success => status == RunOutcome::Success,
        HandlerKind::Failure => status == RunOutcome::Failed,
    }
}
