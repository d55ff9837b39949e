//! Mails and webhooks: written down before they are sent and after, so that none is sent twice.

use std::cell::{Cell, RefCell};

use jiff::Timestamp;
use tidemill_core::attempt::{AttemptToken, Staging};
use tidemill_core::ids::{Digest, RunId, TaskIx, TaskName};
use tidemill_core::task::{TaskFailure, TaskReport, TaskResult};
use tidemill_state::{Effect, EffectClaim, EffectStatus, EffectTrigger, Made, Resend, Rule};

use super::TaskExecutor;
use super::attempt::stopped;

/// What the ledger says of an effect that is not to be sent.
enum Settled {
    /// It was sent, in that run.
    Sent(RunId),
    /// Nobody knows whether it was.
    Unknown(TaskFailure),
}

impl TaskExecutor {
    /// Sends what a task sends, if the ledger lets it.
    pub(super) fn effect(&self, ix: TaskIx, attempt: u32, token: &AttemptToken) -> Result<TaskReport, TaskFailure> {
        let task = self.plan.task(ix);
        let resend = self.context.resend;
        let rule = Rule { forced: !self.context.forced.is_empty(), resend };
        let mut effect = self.about(ix);
        let earlier = self.state().same_effect(&effect, rule).map_err(|error| ledger(&error))?;
        if let Some(known) = &earlier
            && resend.refuses(known.status)
        {
            return self.not_again(ix, settled(&task.name, known));
        }
        // What may have arrived is sent again under the same id: then who gets it twice sees it once.
        if let Some(known) = earlier.filter(|known| known.status == EffectStatus::Unknown && resend == Resend::Unknown)
        {
            effect.message = known.message.or(effect.message);
        }
        let begun = Cell::new(false);
        let refused = RefCell::new(None);
        // Claimed at the last moment: a run that dies while a mail is written has certainly not sent it.
        let begin = || {
            if !token.begin_commit() {
                return Err(stopped());
            }
            // What has led to it must not be forgotten when it itself is not.
            self.recorder.write().map_err(TaskFailure::new)?;
            let claim = Effect { at: Timestamp::now(), ..effect.clone() };
            match self.state().claim_effect(&claim, rule).map_err(|error| ledger(&error))? {
                EffectClaim::Granted => {
                    begun.set(true);
                    Ok(())
                }
                EffectClaim::Refused(known) => {
                    *refused.borrow_mut() = Some(settled(&task.name, &known));
                    Err(stopped())
                }
            }
        };
        let id = effect.message.as_deref().unwrap_or_default();
        let sent = self.compute(ix, attempt, token, &Staging::new(), id, &begin);
        if begun.get() {
            let status = match &sent {
                Ok(_) => EffectStatus::Sent,
                Err(failure) if failure.uncertain => EffectStatus::Unknown,
                Err(_) => EffectStatus::Failed,
            };
            let end = Effect { status, at: Timestamp::now(), ..effect.clone() };
            self.state().settle_effect(&end).map_err(|error| ledger(&error))?;
        }
        match refused.take() {
            Some(settled) => self.not_again(ix, settled),
            None => Ok(self.note(ix, sent?, Made::default())),
        }
    }

    /// What a task sends, as the ledger has it.
    fn about(&self, ix: TaskIx) -> Effect {
        let (task, context) = (self.plan.task(ix), &self.context);
        let content = match &self.results.of(ix).fingerprint {
            Some(fingerprint) => fingerprint.digest(),
            None => Digest::of(context.run.id.as_bytes()),
        };
        let trigger = match (context.handlers, context.run.trigger.as_str()) {
            (true, _) => EffectTrigger::Run(context.run.id.clone()),
            (false, "manual") => EffectTrigger::Hand(self.origin(ix).unwrap_or(content)),
            (false, _) => EffectTrigger::Fire(context.run.logical_time.clone()),
        };
        let (pipeline, key) = (context.cache.pipeline.clone(), trigger.key(content));
        let id = Digest::of(format!("{pipeline}\n{}\n{key}\n{}", task.name, context.id).as_bytes()).to_string();
        Effect {
            pipeline,
            task: task.name.clone(),
            key,
            content,
            status: EffectStatus::Sending,
            message: Some(id.chars().take(32).collect()),
            run: context.id.clone(),
            at: Timestamp::now(),
        }
    }

    fn not_again(&self, ix: TaskIx, settled: Settled) -> Result<TaskReport, TaskFailure> {
        match settled {
            Settled::Sent(run) => {
                let note = Some(format!("was sent in run {run}"));
                Ok(self.note(ix, TaskResult { note, ..TaskResult::default() }, Made::default()))
            }
            Settled::Unknown(failure) => Err(failure),
        }
    }
}

fn settled(task: &TaskName, known: &Effect) -> Settled {
    match known.status {
        EffectStatus::Sent => Settled::Sent(known.run.clone()),
        _ => Settled::Unknown(TaskFailure {
            message: format!("it is not known whether this was sent in run {}", known.run),
            help: vec![
                "look whether it has arrived; if not, `tidemill retry --effects` sends it again".to_owned(),
                format!("if it has, `tidemill retry --effects --arrived {task}` writes that down"),
            ],
            permanent: true,
            ..TaskFailure::default()
        }),
    }
}

fn ledger(error: &tidemill_state::StateError) -> TaskFailure {
    TaskFailure::new(format!("the ledger: {error}"))
}
