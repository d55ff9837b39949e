//! Times, durations and schedules as people say them.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tidemill_core::schedule::{Calendar, WallClock, in_words};
use tidemill_core::spec::Schedule;

/// `every day at 19:45 GMT; next in 6 h`.
pub fn schedule(schedule: &Schedule, calendar: &Calendar, now: Timestamp) -> String {
    let next = match calendar.next(now) {
        Some(fire) => format!("next {}", distance(fire, now)),
        None => "it never comes again".to_owned(),
    };
    format!("{}; {next}", in_words(schedule))
}

/// The coming fires in a line: `Wed 2024-11-20 19:45 GMT, Thu …`.
pub fn coming(calendar: &Calendar, now: Timestamp, count: usize) -> String {
    let fires: Vec<Timestamp> = calendar.after(now).take(count).collect();
    let to_the_minute = fires.iter().all(|fire| fire.as_second() % 60 == 0);
    let format = if to_the_minute { "%a %Y-%m-%d %H:%M %Z" } else { "%a %Y-%m-%d %H:%M:%S %Z" };
    let show = |fire: Timestamp| fire.to_zoned(calendar.zone().clone()).strftime(format).to_string();
    fires.into_iter().map(show).collect::<Vec<_>>().join(", ")
}

/// A fire as its clock shows it.
pub fn fire(fire: Timestamp, zone: &TimeZone) -> String {
    WallClock(zone.clone()).show_with_zone(fire)
}

/// `in 6 h`, `3 days ago`.
pub fn distance(at: Timestamp, now: Timestamp) -> String {
    let far = at.duration_since(now);
    match roughly(far.unsigned_abs()) {
        text if far.is_negative() => format!("{text} ago"),
        text => format!("in {text}"),
    }
}

/// A duration in its largest unit, to the nearest: `6 h`, `45 min`, `3 days`.
pub fn roughly(duration: Duration) -> String {
    let seconds = duration.as_secs_f64().round() as u64;
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=5_999 => format!("{} min", (seconds + 30) / 60),
        6_000..=172_799 => format!("{} h", (seconds + 1_800) / 3_600),
        _ => format!("{} days", (seconds + 43_200) / 86_400),
    }
}

/// What a jump of the clock looks like from here.
pub fn jump(by: SignedDuration) -> String {
    let far = roughly(by.unsigned_abs());
    match by.is_negative() {
        true => format!("the clock was put back by {far}"),
        false => format!("the clock went on by {far} while nothing ran here: it was set, or the machine slept"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_rounded_to_what_people_say() {
        let said = [0, 59, 99, 100, 2_700, 5_999, 6_000, 21_000, 86_400, 172_800, 31_536_000]
            .map(|seconds| roughly(Duration::from_secs(seconds)));
        assert_eq!(
            said,
            ["0 s", "59 s", "99 s", "2 min", "45 min", "100 min", "2 h", "6 h", "24 h", "2 days", "365 days"]
        );
    }
}
