//! The timetable against plain counting of minutes; the trigger on a clock that is set as it pleases.

mod corpus;
mod oracle;
mod timetable;
mod trigger;
mod words;

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Timetable;
use crate::diagnostic::{FileId, Span};
use crate::spec::{At, Catchup, Overlap, Rhythm, Schedule};

fn instant(text: &str) -> Timestamp {
    text.parse().expect("tests name instants")
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("tests name zones that exist")
}

fn timetable(expression: &str, name: &str) -> Timetable {
    Timetable::of_cron(expression, zone(name)).expect("tests use good expressions")
}

/// A schedule with the usual rules.
fn schedule(rhythm: Rhythm, zone: &str) -> Schedule {
    Schedule {
        rhythm,
        timezone: at(zone.to_owned()),
        catchup: Catchup::default(),
        max_catchup: None,
        overlap: Overlap::default(),
        jitter: Duration::ZERO,
        late: None,
    }
}

fn at<T>(value: T) -> At<T> {
    At::new(value, Span { file: FileId(0), start: 0, end: 0 })
}
