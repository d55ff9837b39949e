//! Sending again what may or may not have been sent.

use std::sync::{Arc, PoisonError};

use tidemill_core::event::RunStatus;
use tidemill_core::ids::TaskName;
use tidemill_core::plan::{Plan, Selection};
use tidemill_core::run::{Interrupts, RunSummary};
use tidemill_core::sched::Counts;
use tidemill_core::task::RunFacts;
use tidemill_state::{Resend, Run, TaskRecord, TaskStatus};

use super::{Holding, Runner, is_due};
use crate::Failure;
use crate::engine_session::EngineSession;
use crate::execute::{Before, Setting};

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
    pub fn send_again(&self, again: &UnknownEffects) -> Result<(), Failure> {
        let project = self.project;
        let interrupts = Interrupts::new();
        self.listen_for_signals(&interrupts);
        let holding = self.hold(&interrupts)?;
        let _guard = self.start_log(&holding);
        let _session = EngineSession::begin(&*self.engine, &project.run.id)?;
        tracing::info!(run = project.run.id, of = again.of.id.as_str(), "what is in doubt is sent again");
        let mut done = Vec::new();
        let main = selection(&project.plan, &again.tasks);
        if !main.is_empty() {
            let setting = self.setting(&holding, project.run.clone(), false);
            done.push(self.part(&project.plan, &main, setting, &holding, &interrupts)?);
        }
        let is_before = |record: &&TaskRecord| project.spec.tasks.contains_key(&record.task);
        let status = match again.records.iter().filter(is_before).any(|record| record.status == TaskStatus::Failed) {
            true => RunStatus::Failed,
            false => RunStatus::Success,
        };
        for (_, plan) in project.handlers.iter().filter(|(moment, _)| is_due(*moment, status)) {
            let wanted = selection(plan, &again.handlers);
            if !wanted.is_empty() {
                let mut setting = self.setting(&holding, self.facts_of(&again.of, status), true);
                let state = holding.state.lock().unwrap_or_else(PoisonError::into_inner);
                let before = Before::of_records(&project.spec, &state, again.of.id.as_str(), &again.records);
                drop(state);
                setting.before = before?;
                done.push(self.part(plan, &wanted, setting, &holding, &interrupts)?);
            }
        }
        let status = done.iter().map(|done| done.status).find(|status| *status != RunStatus::Success);
        let status = status.unwrap_or(RunStatus::Success);
        self.end(&holding, status, &total(&done))?;
        match status {
            RunStatus::Success => Ok(()),
            RunStatus::Failed => Err(Failure::Task),
            RunStatus::Interrupted => Err(Failure::Interrupted),
        }
    }

    fn part(
        &self,
        plan: &Arc<Plan>,
        wanted: &Selection,
        setting: Setting,
        holding: &Holding,
        interrupts: &Interrupts,
    ) -> Result<RunSummary, Failure> {
        let setting = Setting { resend: Resend::Unknown, ..setting };
        let (done, _) = self.graph(plan, wanted, setting, interrupts)?;
        self.reporter.graph_ended(plan, &done, &holding.logs);
        Ok(done)
    }

    /// What the texts of the run's handlers knew of it.
    fn facts_of(&self, run: &Run, status: RunStatus) -> RunFacts {
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
    pub(super) fn tell_unknown_effects(&self, holding: &Holding, done: &RunSummary) -> Result<(), Failure> {
        let state = holding.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unknown = state.unknown_effects(&holding.cache.pipeline)?;
        let failed = |task: &TaskName| done.tasks.iter().flatten().any(|end| end.task == *task && end.error.is_some());
        unknown.retain(|effect| !failed(&effect.task));
        self.reporter.unknown_effects(&unknown);
        Ok(())
    }
}

/// How a run that has ended so is called in texts.
pub(super) fn word(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Success => "success",
        RunStatus::Failed | RunStatus::Interrupted => "failed",
    }
}

/// The tasks with whatever they need.
fn selection(plan: &Plan, tasks: &[TaskName]) -> Selection {
    let named: Selection = tasks.iter().filter_map(|task| plan.find(task.as_str())).collect();
    plan.with_needs(&named)
}

fn total(done: &[RunSummary]) -> Counts {
    done.iter().fold(Counts::default(), |sum, done| Counts {
        ran: sum.ran + done.counts.ran,
        cached: sum.cached + done.counts.cached,
        restored: sum.restored + done.counts.restored,
        failed: sum.failed + done.counts.failed,
        skipped: sum.skipped + done.counts.skipped,
        cancelled: sum.cancelled + done.counts.cancelled,
        ..sum
    })
}
