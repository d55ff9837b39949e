//! Watches a run and tells what it reads and makes.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tidemill_core::diagnostic::SourceMap;
use tidemill_core::event::{Happening, Observer, RunEvent, RunOutcome, TaskEnd, TaskStatus};
use tidemill_core::ids::{TaskIx, TaskName};
use tidemill_core::plan::{Plan, TaskSchemas};
use tidemill_core::run::RunWatcher;
use tidemill_core::table::{Schema, TableEngine};
use tidemill_core::task::{RunFacts, TaskFailure};

use super::event::Events;
use super::sender::Sending;
use super::settings::LineageSettings;
use crate::GRACE;

/// What lineage is found in, beside the plan.
pub struct LineageSource {
    /// The pipeline.
    pub plan: Arc<Plan>,
    /// The texts that spans point into.
    pub sources: Arc<SourceMap>,
    /// Knows the columns of files.
    pub engine: Arc<dyn TableEngine>,
    /// The columns of its tables, by index.
    pub columns: Option<Arc<TaskSchemas>>,
}

impl LineageSource {
    /// The columns of the tables of a graph, if it is the pipeline's own; nothing is known of those of handlers.
    pub(super) fn columns_of(&self, plan: &Plan) -> Option<&TaskSchemas> {
        self.columns.as_deref().filter(|_| std::ptr::eq(plan, &raw const *self.plan))
    }

    pub(super) fn schema(&self, plan: &Plan, ix: TaskIx) -> Option<&Schema> {
        self.columns_of(plan)?.get(ix.index())?.as_ref()
    }
}

/// Tells the lineage of one run.
pub struct LineageWatcher {
    state: Arc<Mutex<Told>>,
}

struct Told {
    settings: LineageSettings,
    events: Events,
    sending: Option<Sending>,
    begun: HashSet<TaskName>,
    failure: Option<TaskFailure>,
}

impl LineageWatcher {
    /// Of a run; nothing starts before the run does.
    pub fn new(settings: LineageSettings, run: RunFacts, source: LineageSource) -> Self {
        let events = Events::new(&settings, run, source);
        let told = Told { settings, events, sending: None, begun: HashSet::new(), failure: None };
        Self { state: Arc::new(Mutex::new(told)) }
    }
}

impl RunWatcher for LineageWatcher {
    fn name(&self) -> &'static str {
        "openlineage"
    }

    fn observer(&self, plan: &Arc<Plan>) -> Box<dyn Observer> {
        Box::new(Telling { state: Arc::clone(&self.state), plan: Arc::clone(plan) })
    }

    fn end(&self, outcome: RunOutcome) -> Option<String> {
        let mut told = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let sending = told.sending.take()?;
        let last = told.events.run_ends(Timestamp::now(), outcome, told.failure.as_ref());
        sending.end(last, GRACE)
    }
}

/// Takes note of the events of one graph of the run.
struct Telling {
    state: Arc<Mutex<Told>>,
    plan: Arc<Plan>,
}

impl Observer for Telling {
    fn on_event(&mut self, event: &RunEvent) -> Result<(), String> {
        let mut told = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let told = &mut *told;
        match &event.what {
            Happening::RunStarted { .. } if told.sending.is_none() => {
                let sending = told.sending.insert(Sending::start(told.settings.target.clone())?);
                sending.send(told.events.run_starts(event.at));
            }
            Happening::AttemptStarted { task, .. } => told.begins(&self.plan, task, event.at),
            Happening::TaskEnded(end) => told.ends(&self.plan, end, event.at),
            _ => {}
        }
        Ok(())
    }
}

impl Told {
    fn begins(&mut self, plan: &Plan, task: &TaskName, at: Timestamp) {
        let (Some(sending), Some(ix)) = (&self.sending, plan.find(task.as_str())) else { return };
        if self.begun.insert(task.clone()) {
            sending.send(self.events.task_starts(plan, ix, at));
        }
    }

    /// A task that had nothing to do has read and made nothing.
    fn ends(&mut self, plan: &Plan, end: &TaskEnd, at: Timestamp) {
        if end.status == TaskStatus::Failed {
            self.failure = self.failure.take().or_else(|| end.error.clone());
            // It may have failed before it could begin.
            self.begins(plan, &end.task, end.started.unwrap_or(at));
        }
        let (Some(sending), Some(ix)) = (&self.sending, plan.find(end.task.as_str())) else { return };
        if self.begun.remove(&end.task) {
            sending.send(self.events.task_ends(plan, ix, end));
        }
    }
}
