//! When a pipeline runs by itself: the timetable of its fires, and the rules about those that are missed or meet a run that is
//! still going on. Pure: what time it is, and what became of an action, is told from outside. See `docs/design/schedule.md`.

mod policy;
mod simulate;
mod timetable;
mod trigger;
mod wall_clock;
mod words;

pub use policy::{FireSkipReason, GRACE, Policy};
pub use simulate::{Downtime, FireOutcome, Simulated, Simulation, simulate};
pub use timetable::{Fires, Shift, Timetable, Wall};
pub use trigger::{FireClaim, Trigger, TriggerAction, TriggerInput};
pub use wall_clock::WallClock;
pub use words::{in_words, length};

#[cfg(test)]
mod tests;
