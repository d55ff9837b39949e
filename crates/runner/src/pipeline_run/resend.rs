//! Sending again what may or may not have been sent.

use std::sync::{Arc, PoisonError};

use tidemill_core::event::{RunOutcome, TaskStatus};
use tidemill_core::ids::TaskName;
use tidemill_core::plan::{Plan, Selection};
use tidemill_core::run::{Interrupts, RunSummary};
use tidemill_core::sched::Counts;
use tidemill_core::task::RunFacts;
use tidemill_state::{Resend, Run, TaskRecord};

use super::begin::ActiveRun;
use super::{Runner, is_due};
use crate::Failure;
use crate::execute::{ExecutionContext, HandlerContext};
use crate::run_session::RunSession;

/// What of an earlier run is in doubt.
pub struct UnknownEffects {
    /// The run.
    pub of: Run,
    /// Its tasks.
    pub records: Vec<TaskRecord>,
    /// Tasks of the pipeline.
    pub tasks: Vec<TaskName>,
    /// Tasks among its handlers.
    pub handlers: Vec<TaskName>,
}

impl Runner<'_> {
    /// Sends it again, with whatever it needs brought up to date, and without the handlers that follow other runs.
    ///
    /// # Errors
    /// If a task has failed, the run was stopped, or it could not begin or go on.
    pub fn send_again(&self, again: &UnknownEffects) -> Result<(), Failure> {
        self.watched(|| self.send(again))
    }

    fn send(&self, again: &UnknownEffects) -> Result<(), Failure> {
        let project = self.project;
        let interrupts = Interrupts::new();
        self.listen_for_signals(&interrupts);
        let active = self.begin(&interrupts)?;
        let _guard = self.start_log(&active);
        let _session = RunSession::begin(&*self.engine, &project.plan.storages, &project.run.id)?;
        tracing::info!(run = project.run.id, of = again.of.id.as_str(), "what is in doubt is sent again");
        let mut done = Vec::new();
        let main = selection(&project.plan, &again.tasks);
        if !main.is_empty() {
            let context = self.context(&active, project.run.clone(), false);
            done.push(self.part(&project.plan, &main, context, &active, &interrupts)?);
        }
        let is_before = |record: &&TaskRecord| project.spec.tasks.contains_key(&record.task);
        let status = match again.records.iter().filter(is_before).any(|record| record.status == TaskStatus::Failed) {
            true => RunOutcome::Failed,
            false => RunOutcome::Success,
        };
        for (_, plan) in project.handlers.iter().filter(|(kind, _)| is_due(*kind, status)) {
            let wanted = selection(plan, &again.handlers);
            if !wanted.is_empty() {
                let mut context = self.context(&active, self.facts_of(&again.of, status), true);
                let state = active.state.lock().unwrap_or_else(PoisonError::into_inner);
                let before = HandlerContext::of_records(&project.spec, &state, again.of.id.as_str(), &again.records);
                drop(state);
                context.handler = before?;
                done.push(self.part(plan, &wanted, context, &active, &interrupts)?);
            }
        }
        let status = done.iter().map(|done| done.status).find(|status| *status != RunOutcome::Success);
        let status = status.unwrap_or(RunOutcome::Success);
        let counts = done.iter().fold(Counts::default(), |sum, done| sum + done.counts);
        self.end(&active, status, &counts)?;
        match status {
            RunOutcome::Success => Ok(()),
            RunOutcome::Failed => Err(Failure::Task),
            RunOutcome::Interrupted => Err(Failure::Interrupted),
        }
    }

    fn part(
        &self,
        plan: &Arc<Plan>,
        wanted: &Selection,
        context: ExecutionContext,
        active: &ActiveRun,
        interrupts: &Interrupts,
    ) -> Result<RunSummary, Failure> {
        let context = ExecutionContext { resend: Resend::Unknown, ..context };
        let (done, _) = self.graph(plan, wanted, context, interrupts)?;
        self.reporter.graph_ended(plan, &done, &active.logs);
        Ok(done)
    }

    /// What the texts of the run's handlers knew of it.
    fn facts_of(&self, run: &Run, status: RunOutcome) -> RunFacts {
        let zone = crate::project::zone_of(&self.project.spec).unwrap_or(jiff::tz::TimeZone::UTC);
        let told = crate::project::run_by_hand(run.start.started, &zone);
        let logical_time = run.start.logical_time.clone();
        RunFacts {
            id: run.id.to_string(),
            date: logical_time.chars().take(10).collect(),
            logical_time,
            trigger: run.start.trigger.clone(),
            status: word(status).to_owned(),
            ..told
        }
    }

    /// Says what may or may not have been sent, unless the run has failed over it and has said so.
    pub(super) fn tell_unknown_effects(&self, active: &ActiveRun, done: &RunSummary) -> Result<(), Failure> {
        let state = active.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unknown = state.unknown_effects(&active.cache.pipeline)?;
        let failed = |task: &TaskName| done.tasks.iter().flatten().any(|end| end.task == *task && end.error.is_some());
        unknown.retain(|effect| !failed(&effect.task));
        self.reporter.unknown_effects(&unknown);
        Ok(())
    }
}

/// How a run that has ended so is called in texts.
pub(super) fn word(status: RunOutcome) -> &'static str {
    match status {
        RunOutcome::Success => "success",
        RunOutcome::Failed => "failed",
        // As in the history.
        RunOutcome::Interrupted => "cancelled",
    }
}

/// The tasks with whatever they need.
fn selection(plan: &Plan, tasks: &[TaskName]) -> Selection {
    let named: Selection = tasks.iter().filter_map(|task| plan.find(task.as_str())).collect();
    plan.with_needs(&named)
}
