//! When a pipeline runs by itself: the calendar of its fires, and the rules about those that are missed or meet a run that is
//! still going on. Pure: what time it is, and what became of an action, is told from outside. See `docs/design/schedule.md`.

mod calendar;
mod policy;
mod simulate;
mod trigger;
mod wall_clock;
mod words;

pub use calendar::{Calendar, Fires, Shift, Wall};
pub use policy::{GRACE, Policy, SkipReason};
pub use simulate::{Downtime, FireOutcome, Simulated, Simulation, simulate};
pub use trigger::{FireClaim, Trigger, TriggerAction, TriggerInput};
pub use wall_clock::WallClock;
pub use words::{in_words, length};

#[cfg(test)]
mod tests;
