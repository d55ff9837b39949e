//! Noticing that the wall clock was set, or that the machine slept.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// A difference that is no jump: what a clock that is kept in time by small steps may differ.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(2);

/// What both clocks showed at one moment: that on the wall, and one that only goes on.
#[derive(Clone, Copy, Debug)]
pub struct Readings {
    wall: Timestamp,
    steady: Instant,
}

impl Readings {
    /// Reads both.
    pub fn take() -> Self {
        Self { wall: Timestamp::now(), steady: Instant::now() }
    }

    /// Reads both again: by how much the wall clock went further than the other one since, if that is more than clocks differ.
    /// Negative: it was put back.
    pub fn jump(&mut self) -> Option<SignedDuration> {
        let before = std::mem::replace(self, Self::take());
        difference(before, *self)
    }
}

fn difference(before: Readings, now: Readings) -> Option<SignedDuration> {
    let steady = SignedDuration::try_from(now.steady.duration_since(before.steady)).unwrap_or_default();
    let jump = now.wall.duration_since(before.wall).saturating_sub(steady);
    (jump.abs() > TOLERANCE).then_some(jump)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_a_clock_that_goes_with_the_other_does_not_jump() {
        let start = Readings::take();
        let after = |wall: i64, steady: u64| Readings {
            wall: start.wall + SignedDuration::from_secs(wall),
            steady: start.steady + Duration::from_secs(steady),
        };
        assert_eq!(difference(start, after(60, 60)), None);
        assert_eq!(difference(start, after(61, 60)), None);
        assert_eq!(difference(start, after(3660, 60)), Some(SignedDuration::from_hours(1)));
        assert_eq!(difference(start, after(-3540, 60)), Some(SignedDuration::from_hours(-1)));
    }
}
