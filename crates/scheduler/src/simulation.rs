//! What somebody asks about a schedule: what it would do in a time.

use std::time::Duration;

use jiff::tz::TimeZone;
use tidemill_core::schedule::{Downtime, Policy, Simulation, Timetable};
use tidemill_core::spec::Schedule;
use tidemill_runner::Failure;
use tidemill_runner::trigger::PointInTime;

/// A time, and what is assumed about it, as they are written.
#[derive(Clone, Debug)]
pub struct Question {
    /// From this time on; of a day, its beginning.
    pub from: PointInTime,
    /// Up to this time; of a day, its end.
    pub to: PointInTime,
    /// Times in which nothing runs, such as `2024-03-30T22:00..2024-03-31T09:00`.
    pub down: Vec<String>,
    /// So long takes a run.
    pub takes: Duration,
}

impl Question {
    /// The simulation that answers it.
    ///
    /// # Errors
    /// If a time is beyond the end of time, or a downtime is none.
    pub fn of(&self, pipeline: &str, schedule: &Schedule, timetable: Timetable) -> Result<Simulation, Failure> {
        let zone = timetable.zone().clone();
        Ok(Simulation {
            pipeline: pipeline.to_owned(),
            from: self.from.start(&zone).ok_or_else(beyond)?,
            to: self.to.end(&zone).ok_or_else(beyond)?,
            down: downtimes(&self.down, &zone)?,
            timetable,
            policy: Policy::from(schedule),
            takes: self.takes,
        })
    }
}

fn downtimes(texts: &[String], zone: &TimeZone) -> Result<Vec<Downtime>, Failure> {
    let wrong = |text: &str| {
        Failure::wrong(format!("`{text}` is no downtime")).help("write it as `2024-03-30T22:00..2024-03-31T09:00`")
    };
    let read = |text: &String| {
        let (from, to) = text.split_once("..")?;
        let (from, to) = (PointInTime::parse(from).ok()?, PointInTime::parse(to).ok()?);
        let down = Downtime { from: from.start(zone)?, to: to.start(zone)? };
        (down.from < down.to).then_some(down)
    };
    let mut down = Vec::new();
    for text in texts {
        down.push(read(text).ok_or_else(|| wrong(text))?);
    }
    down.sort_by_key(|down| down.from);
    match down.windows(2).any(|pair| pair[1].from < pair[0].to) {
        true => Err(Failure::wrong("two downtimes overlap")),
        false => Ok(down),
    }
}

/// A time that no clock can show.
pub fn beyond() -> Failure {
    Failure::wrong("that time is beyond the end of time")
}
