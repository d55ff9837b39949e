//! The rules about fires that are missed, late, or meet a run, and the reasons for passing a fire over.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::words::length;
use crate::ids::Digest;
use crate::spec::{Catchup, Overlap, Schedule};

/// A fire that is later than this was missed: the machine slept, its clock was set, or nothing ran.
pub const GRACE: Duration = Duration::from_secs(60);

/// What a schedule says beside its timetable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Policy {
    /// Which missed fires are made up for.
    pub catchup: Catchup,
    /// Older ones are not.
    pub max_catchup: Option<Duration>,
    /// What happens to a fire while a run is going on.
    pub overlap: Overlap,
    /// Each fire starts up to so much later.
    pub jitter: Duration,
}

/// Why a fire was passed over. Prints as history shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FireSkipReason {
    /// `catchup: none`.
    Missed,
    /// `catchup: latest`, and there is a later one.
    NotTheLatest,
    /// `max_catchup`.
    TooOld(Duration),
    /// More than could be told one by one lie before this one.
    TooMany,
    /// `tidemill pause`.
    Paused,
    /// `overlap: skip`, and the run of that fire was going on.
    Overlap(Timestamp),
    /// `overlap: cancel`, and that fire came before its run could start.
    Replaced(Timestamp),
    /// The scheduler was told to stop before its run could start.
    Stopped,
}

impl From<&Schedule> for Policy {
    fn from(schedule: &Schedule) -> Self {
        Self {
            catchup: schedule.catchup,
            max_catchup: schedule.max_catchup,
            overlap: schedule.overlap,
            jitter: schedule.jitter,
        }
    }
}

impl Policy {
    /// When the run of a fire is to start: by chance, but for all who ask at the same time.
    pub fn start(&self, pipeline: &str, fire: Timestamp) -> Timestamp {
        if self.jitter.is_zero() {
            return fire;
        }
        let Digest(bytes) = Digest::of(format!("{pipeline} {}", fire.as_nanosecond()).as_bytes());
        let chance = f64::from(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])) / f64::from(u32::MAX);
        fire.checked_add(self.jitter.mul_f64(chance)).unwrap_or(fire)
    }
}

impl fmt::Display for FireSkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missed => f.write_str("missed, and `catchup` is `none`"),
            Self::NotTheLatest => f.write_str("missed, and `catchup: latest` makes up for a later one"),
            Self::TooOld(most) => write!(f, "missed, and older than `max_catchup: {}`", length(*most)),
            Self::TooMany => f.write_str("missed, as were others before it, which are too many to be told one by one"),
            Self::Paused => f.write_str("the schedule was paused"),
            Self::Overlap(other) => write!(f, "the run of {other} was still going on"),
            Self::Replaced(other) => write!(f, "the fire of {other} came before its run could start"),
            Self::Stopped => f.write_str("the scheduler was stopped before its run could start"),
        }
    }
}
