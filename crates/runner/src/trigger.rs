//! What a run is for: now, a fire of the schedule, a time in the past.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use tidemill_core::schedule::Timetable;
use tidemill_core::spec::Spec;
use tidemill_core::task::RunFacts;
use tidemill_state::RunStart;

use crate::project::{run_by_hand, written, zone_of};

/// What a run is for.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum RunTrigger {
    /// Somebody wants it now.
    #[default]
    ByHand,
    /// Somebody wants it as of another time.
    At(PointInTime),
    /// A fire, which a scheduler has claimed.
    Fire(Timestamp),
    /// A fire of the past.
    Backfill(Timestamp),
    /// What an earlier run for a time of the schedule has left undone: that time as it was written, and the trigger.
    Again(String, String),
}

/// A time as the user gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PointInTime {
    /// `2024-11-20T19:45:00Z`.
    Instant(Timestamp),
    /// `2024-11-20T19:45`, in the pipeline's zone.
    Wall(DateTime),
    /// `2024-11-20`, in the pipeline's zone.
    Day(Date),
}

impl PointInTime {
    /// Reads a time.
    ///
    /// # Errors
    /// How it is to be written.
    pub fn parse(text: &str) -> Result<Self, String> {
        let instant = text.parse().map(Self::Instant);
        let day = || text.parse().map(Self::Day).ok().filter(|_| !text.contains([':', 'T']));
        let wall = || text.parse().map(Self::Wall);
        instant.ok().or_else(day).or_else(|| wall().ok()).ok_or_else(|| {
            "not a time: write it as `2024-11-20`, `2024-11-20T19:45` or `2024-11-20T19:45:00Z`".to_owned()
        })
    }

    /// The instant, of a day its first one. None beyond the end of time.
    pub fn start(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Instant(instant) => Some(instant),
            Self::Wall(wall) => wall.to_zoned(zone.clone()).ok().map(|time| time.timestamp()),
            Self::Day(day) => day.to_zoned(zone.clone()).ok().map(|time| time.timestamp()),
        }
    }

    /// The first instant behind it: of a day that of the next day.
    pub fn end(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Day(day) => Self::Day(day.tomorrow().ok()?).start(zone),
            other => other.start(zone)?.checked_add(jiff::SignedDuration::from_nanos(1)).ok(),
        }
    }
}

impl RunTrigger {
    /// The trigger of a run that goes on where an earlier one ended.
    pub fn again(earlier: &RunStart) -> Self {
        match earlier.trigger.as_str() {
            "manual" => Self::ByHand,
            trigger => Self::Again(earlier.logical_time.clone(), trigger.to_owned()),
        }
    }

    /// What is known of a run of a pipeline that starts now.
    pub fn facts(&self, now: Timestamp, spec: &Spec) -> RunFacts {
        let zone = zone_of(spec).unwrap_or(TimeZone::UTC);
        let by_hand = run_by_hand(now, &zone);
        let (time, trigger) = match self {
            Self::ByHand => return by_hand,
            Self::At(at) => (first_fire(*at, spec, &zone), "manual"),
            Self::Fire(fire) => (Some(*fire), "schedule"),
            Self::Backfill(fire) => (Some(*fire), "backfill"),
            // The ledger knows what was sent by the time as it was written.
            Self::Again(time, trigger) => {
                let (logical_time, date) = (time.clone(), time.chars().take(10).collect());
                return RunFacts { logical_time, date, trigger: trigger.clone(), ..by_hand };
            }
        };
        let Some(time) = time.map(|time| time.to_zoned(zone)) else { return by_hand };
        RunFacts { logical_time: written(&time), date: time.date().to_string(), trigger: trigger.to_owned(), ..by_hand }
    }
}

/// The time that a run for a given one stands for: of a day with a fire, that of its first.
fn first_fire(at: PointInTime, spec: &Spec, zone: &TimeZone) -> Option<Timestamp> {
    let start = at.start(zone)?;
    let of_day = || {
        let timetable = Timetable::new(spec.schedule.as_ref()?).ok()?;
        let before = start.checked_sub(jiff::SignedDuration::from_nanos(1)).ok()?;
        timetable.next(before).filter(|fire| at.end(zone).is_some_and(|end| *fire < end))
    };
    match at {
        PointInTime::Day(_) => of_day().or(Some(start)),
        PointInTime::Instant(_) | PointInTime::Wall(_) => Some(start),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_three_forms() {
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let start = |text: &str| PointInTime::parse(text).unwrap().start(&zone).unwrap().to_string();
        assert_eq!(start("2024-11-20"), "2024-11-19T23:00:00Z");
        assert_eq!(start("2024-11-20T19:45"), "2024-11-20T18:45:00Z");
        assert_eq!(start("2024-11-20T19:45:00Z"), "2024-11-20T19:45:00Z");
        assert_eq!(start("2024-11-20T19:45:00+05:45"), "2024-11-20T14:00:00Z");
        assert!(PointInTime::parse("yesterday").is_err());
        let day = PointInTime::parse("2024-03-31").unwrap();
        assert_eq!(day.end(&zone).unwrap().duration_since(day.start(&zone).unwrap()).as_hours(), 23);
    }
}
