//! A notice on its way to one channel, past the ledger.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tidemill_core::diagnostic::failure_of;
use tidemill_core::ids::{Digest, RunId};
use tidemill_core::notify::{ChannelConfig, Delivery, Notice};
use tidemill_core::plan::output_places;
use tidemill_core::spec::ChannelSpec;
use tidemill_core::task::TaskFailure;
use tidemill_secrets as secrets;
use tidemill_state::{Effect, EffectClaim, EffectStatus, EffectTrigger, Rule};

use super::Notifier;
use crate::Failure;

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long is waited before another try, where it may help.
const WAITS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

impl Notifier<'_> {
    /// Sends a notice to a channel, if the ledger lets it: what came of it, None if it was sent before.
    pub(super) fn deliver(
        &mut self,
        channel: &ChannelSpec,
        about: &str,
        notice: &Notice,
    ) -> Result<Result<Option<String>, TaskFailure>, Failure> {
        let rule = Rule { resend: self.resend, ..Rule::default() };
        let effect = self.effect(channel, about, notice);
        if let Some(known) = self.state.same_effect(&effect, rule)?.filter(|known| self.resend.refuses(known.status)) {
            return Ok(known_outcome(&known));
        }
        let config = match channel.config(&self.spec.scope, &secrets::of(self.spec), self.sources) {
            Ok(config) => config,
            Err(mistakes) => return self.refused(&effect, rule, failure_of(&mistakes, self.sources)),
        };
        let mut waits = WAITS.iter();
        loop {
            let (sent, begun, known) = self.attempt(&config, notice, &effect, rule);
            if let Some(known) = known {
                return Ok(known_outcome(&known));
            }
            match sent {
                Ok(note) => {
                    self.settle(&effect, EffectStatus::Sent)?;
                    return Ok(Ok(Some(note)));
                }
                Err(failure) => {
                    let may_help = !failure.permanent && !failure.uncertain;
                    if let (true, Some(wait)) = (may_help, waits.next()) {
                        if begun {
                            self.settle(&effect, EffectStatus::Failed)?;
                        }
                        std::thread::sleep(*wait);
                        continue;
                    }
                    if begun {
                        let status = if failure.uncertain { EffectStatus::Unknown } else { EffectStatus::Failed };
                        self.settle(&effect, status)?;
                        return Ok(Err(failure));
                    }
                    return self.refused(&effect, rule, failure);
                }
            }
        }
    }

    /// One try: what came of it, whether it is written down as begun, and what the ledger had instead.
    fn attempt(
        &mut self,
        config: &ChannelConfig,
        notice: &Notice,
        effect: &Effect,
        rule: Rule,
    ) -> (Result<String, TaskFailure>, bool, Option<Effect>) {
        let (begun, known) = (Cell::new(false), RefCell::new(None));
        let state = RefCell::new(&mut self.state);
        let begin = || {
            let claim = Effect { at: Timestamp::now(), ..effect.clone() };
            let claimed = state.borrow_mut().claim_effect(&claim, rule);
            match claimed.map_err(|error| TaskFailure::new(format!("the ledger: {error}")))? {
                EffectClaim::Granted => begun.set(true),
                EffectClaim::Refused(other) => {
                    *known.borrow_mut() = Some(other);
                    return Err(TaskFailure { permanent: true, ..TaskFailure::new("told already") });
                }
            }
            Ok(())
        };
        let sent = self.sender.send(
            config,
            notice,
            &Delivery {
                project: &self.spec.project,
                places: &Arc::new(output_places(self.spec)),
                id: effect.message.as_deref().unwrap_or_default(),
                deadline: Instant::now().checked_add(PATIENCE),
                begin: &begin,
            },
        );
        (sent, begun.get(), known.take())
    }

    /// Writes down that a notice could not even be begun.
    fn refused(
        &mut self,
        effect: &Effect,
        rule: Rule,
        failure: TaskFailure,
    ) -> Result<Result<Option<String>, TaskFailure>, Failure> {
        if let EffectClaim::Granted = self.state.claim_effect(effect, rule)? {
            self.settle(effect, EffectStatus::Failed)?;
        }
        Ok(Err(failure))
    }

    fn settle(&mut self, effect: &Effect, status: EffectStatus) -> Result<(), Failure> {
        Ok(self.state.settle_effect(&Effect { status, at: Timestamp::now(), ..effect.clone() })?)
    }

    /// What is sent, as the ledger has it.
    fn effect(&self, channel: &ChannelSpec, about: &str, notice: &Notice) -> Effect {
        let content = Digest::of(serde_json::to_string(notice).unwrap_or_default().as_bytes());
        let (pipeline, task) = (self.spec.name.value.clone(), Effect::channel_name(&channel.name.value));
        let id = Digest::of(format!("{pipeline}\n{task}\n{about}").as_bytes()).to_string();
        Effect {
            key: EffectTrigger::Notice(about.to_owned()).key(content),
            pipeline,
            task,
            content,
            status: EffectStatus::Sending,
            message: Some(id.chars().take(32).collect()),
            run: RunId::new(notice.run.clone().unwrap_or_default()),
            at: Timestamp::now(),
        }
    }
}

/// What there is to say of what the ledger has.
fn known_outcome(known: &Effect) -> Result<Option<String>, TaskFailure> {
    match known.status {
        EffectStatus::Unknown => Err(TaskFailure {
            message: "it is not known whether it was told before".to_owned(),
            help: vec!["look whether it has arrived; `tidemill retry --effects` sends it again".to_owned()],
            permanent: true,
            ..TaskFailure::default()
        }),
        _ => Ok(None),
    }
}
