//! What a schedule would do between two instants, without waiting for them.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{FireClaim, FireSkipReason, Policy, Timetable, Trigger, TriggerAction, TriggerInput};

/// A stretch of time, and what is assumed about it.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The pipeline's name.
    pub pipeline: String,
    /// Its fires.
    pub timetable: Timetable,
    /// Its rules.
    pub policy: Policy,
    /// The first instant.
    pub from: Timestamp,
    /// The first instant that is no longer told.
    pub to: Timestamp,
    /// When the scheduler is not there; in order, without overlap.
    pub down: Vec<Downtime>,
    /// So long takes a run.
    pub takes: Duration,
}

/// A time in which the scheduler, and with it what it runs, is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Downtime {
    /// Its first instant.
    pub from: Timestamp,
    /// The instant at which it is there again.
    pub to: Timestamp,
}

/// A fire and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// The fire.
    pub fire: Timestamp,
    /// When its run began, or when it was passed over.
    pub at: Timestamp,
    /// What became of it.
    pub fate: FireOutcome,
}

/// What became of a fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FireOutcome {
    /// It ran.
    Ran(FireClaim),
    /// Its run began and was cancelled for a later one.
    Cancelled,
    /// Its run died with the scheduler.
    Died,
    /// It was passed over.
    Skipped(FireSkipReason),
}

/// Goes through the time and tells the fires in order.
pub fn simulate(simulation: &Simulation) -> Vec<Simulated> {
    let Simulation { pipeline, timetable, policy, from, to, .. } = simulation;
    let before = from.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(*from);
    let new = |seen| Trigger::new(pipeline.as_str(), timetable.clone(), *policy, seen);
    let mut world = World { trigger: new(before), told: BTreeMap::new(), ends: None, takes: simulation.takes };
    let mut down = simulation.down.iter().filter(|down| down.to > *from && down.from < *to).peekable();
    loop {
        let fire = world.trigger.wake_at();
        let next = [fire, world.ends, down.peek().map(|down| down.from.max(*from))].into_iter().flatten().min();
        let Some(now) = next.filter(|next| next < to) else { break };
        if let Some(down) = down.next_if(|down| down.from <= now) {
            world.dies();
            world.trigger = new(world.trigger.settled());
            if down.to < *to {
                world.take(TriggerInput::Woke { elsewhere: None }, down.to);
            } else {
                break;
            }
        } else if world.ends == Some(now) {
            world.ended(now);
        } else {
            world.take(TriggerInput::Woke { elsewhere: None }, now);
        }
    }
    world.told.into_values().filter(|told| told.fire >= *from && told.fire < *to).collect()
}

struct World {
    trigger: Trigger,
    told: BTreeMap<Timestamp, Simulated>,
    /// When the run that goes on will have ended.
    ends: Option<Timestamp>,
    takes: Duration,
}

impl World {
    fn take(&mut self, input: TriggerInput, now: Timestamp) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let mut actions = Vec::new();
            self.trigger.handle(input, now, &mut actions);
            for action in actions {
                match action {
                    TriggerAction::Skip(fire, reason) => {
                        self.told.entry(fire).or_insert(Simulated {
                            fire,
                            at: now,
                            fate: FireOutcome::Skipped(reason),
                        });
                    }
                    TriggerAction::Claim(fire, how) => {
                        self.told.insert(fire, Simulated { fire, at: now, fate: FireOutcome::Ran(how) });
                        inputs.push(TriggerInput::Claimed(fire));
                    }
                    TriggerAction::Launch(fire) => {
                        self.told.entry(fire).and_modify(|told| told.at = now);
                        self.ends = now.checked_add(self.takes).ok();
                    }
                    TriggerAction::Cancel(fire) => {
                        self.settle(fire, FireOutcome::Cancelled);
                        self.ends = None;
                        inputs.push(TriggerInput::Ended(fire));
                    }
                    TriggerAction::GiveUp(fire, reason) => self.settle(fire, FireOutcome::Skipped(reason)),
                }
            }
        }
    }

    fn ended(&mut self, now: Timestamp) {
        self.ends = None;
        if let Some(fire) = self.trigger.running() {
            self.take(TriggerInput::Ended(fire), now);
        }
    }

    fn dies(&mut self) {
        if let (Some(fire), true) = (self.trigger.running(), self.ends.take().is_some()) {
            self.settle(fire, FireOutcome::Died);
        }
    }

    fn settle(&mut self, fire: Timestamp, fate: FireOutcome) {
        self.told.entry(fire).and_modify(|told| told.fate = fate);
    }
}
