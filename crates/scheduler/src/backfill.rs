//! Which fires of the history a backfill runs.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use tidemill_core::schedule::Timetable;
use tidemill_runner::Failure;
use tidemill_runner::trigger::PointInTime;
use tidemill_state::State;

use crate::simulation::beyond;

/// A stretch of the history whose fires are to be run.
#[derive(Clone, Copy, Debug)]
pub struct Backfill {
    /// From this time on; of a day, its beginning.
    pub from: PointInTime,
    /// Up to this time; of a day, its end.
    pub to: PointInTime,
    /// Only fires for which no run has succeeded.
    pub missing_only: bool,
}

impl Backfill {
    /// Its fires, the earliest first; none that is yet to come.
    ///
    /// # Errors
    /// If a time is beyond the end of time, or the state cannot be read.
    pub fn fires<'c>(
        &self,
        timetable: &'c Timetable,
        pipeline: &str,
        state: Option<&State>,
        now: Timestamp,
    ) -> Result<impl Iterator<Item = Timestamp> + use<'c>, Failure> {
        let zone = timetable.zone();
        let from = self.from.start(zone).ok_or_else(beyond)?;
        let to = self.to.end(zone).ok_or_else(beyond)?.min(now);
        let before = from.checked_sub(SignedDuration::from_nanos(1)).map_err(|_| beyond())?;
        let mut done: HashSet<Timestamp> = HashSet::new();
        if let (true, Some(state)) = (self.missing_only, state) {
            done.extend(state.succeeded_times(pipeline)?.iter().filter_map(|time| time.parse::<Timestamp>().ok()));
        }
        Ok(timetable.after(before).take_while(move |fire| *fire < to).filter(move |fire| !done.contains(fire)))
    }
}
