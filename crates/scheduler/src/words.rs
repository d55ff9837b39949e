//! Times, durations and schedules as people say them.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tidemill_core::schedule::{FireClaim, FireOutcome, Simulated, Timetable, Wall, WallClock, in_words, length};
use tidemill_core::spec::Schedule;
use tidemill_runner::project::written;

/// `every day at 19:45 GMT; next in 6 h`.
pub fn schedule(schedule: &Schedule, timetable: &Timetable, now: Timestamp) -> String {
    let next = match timetable.next(now) {
        Some(fire) => format!("next {}", distance(fire, now)),
        None => "it never comes again".to_owned(),
    };
    format!("{}; {next}", in_words(schedule))
}

/// The coming fires in a line: `Wed 2024-11-20 19:45 GMT, Thu …`.
pub fn coming(timetable: &Timetable, now: Timestamp, count: usize) -> String {
    let fires: Vec<Timestamp> = timetable.after(now).take(count).collect();
    let to_the_minute = fires.iter().all(|fire| fire.as_second() % 60 == 0);
    let format = if to_the_minute { "%a %Y-%m-%d %H:%M %Z" } else { "%a %Y-%m-%d %H:%M:%S %Z" };
    let show = |fire: Timestamp| fire.to_zoned(timetable.zone().clone()).strftime(format).to_string();
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

/// What became of a fire in a simulation: `runs at 2024-11-20T19:45:00+00:00`, `skipped: …`.
pub fn fate(one: &Simulated, zone: &TimeZone) -> String {
    let later = match one.at > one.fire {
        true => format!(" at {}", written(&one.at.to_zoned(zone.clone()))),
        false => String::new(),
    };
    match one.fate {
        FireOutcome::Ran(FireClaim::OnTime) => format!("runs{later}"),
        FireOutcome::Ran(FireClaim::Queued) => format!("waits, runs{later}"),
        FireOutcome::Ran(FireClaim::CaughtUp) => format!("caught up{later}"),
        FireOutcome::Cancelled => format!("runs{later}, cancelled by the next"),
        FireOutcome::Died => format!("runs{later}, dies with the downtime"),
        FireOutcome::Skipped(reason) => format!("skipped: {reason}"),
    }
}

/// What is special about the clock on the day of a fire; mostly nothing.
pub fn clock_change(timetable: &Timetable, fire: Timestamp) -> String {
    let mut text = String::new();
    for shift in timetable.shifts(fire) {
        let (which, far) = if shift.by.is_negative() { ("back", -shift.by) } else { ("forward", shift.by) };
        let far = length(Duration::try_from(far).unwrap_or_default());
        let at = shift.at.to_zoned(timetable.zone().clone()).strftime("%H:%M").to_string();
        text += &format!("  * clocks go {which} {far}, to {at}");
    }
    text += match timetable.wall(fire) {
        Wall::Plain => "",
        Wall::Gap => "; its time does not exist: runs at the end of the gap",
        Wall::First => "; its time comes twice: this is the first",
        Wall::Second => "; its time comes twice: this is the second",
    };
    text
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
