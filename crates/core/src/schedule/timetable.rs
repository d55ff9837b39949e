//! The fires of a rhythm in a zone, as instants.

use std::collections::VecDeque;
use std::time::Duration;

use croner::Cron;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::cron;
use crate::spec::{Rhythm, Schedule};

/// So many fires are looked at one by one before those long past are passed over.
const ENOUGH: usize = 100_000;

/// All fires of a schedule.
///
/// A cron expression names times on the wall. One that does not exist fires once, at the end of the gap; one that exists twice
/// fires once, at the first. If its hour is `*` or has a step, it follows elapsed time instead: it fires whenever the wall shows
/// such a time, twice if it shows it twice. An interval fires at the multiples of its length since 1970-01-01T00:00Z.
#[derive(Clone, Debug)]
pub struct Timetable {
    beat: Beat,
    zone: TimeZone,
}

#[derive(Clone, Debug)]
enum Beat {
    Cron { cron: Box<Cron>, follows_elapsed_time: bool },
    Every(Duration),
}

/// How the wall clock came to show a fire's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wall {
    /// As on any other day.
    Plain,
    /// The time named does not exist that day: this is the end of the gap.
    Gap,
    /// The time exists twice that day: this is the first.
    First,
    /// The time exists twice that day: this is the second.
    Second,
}

/// A change of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift {
    /// When.
    pub at: Timestamp,
    /// So far forward; negative: back.
    pub by: SignedDuration,
}

/// A stretch of time in which the zone's offset does not change.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    /// Its first instant, and the offset before it; None for the first stretch of all.
    start: Option<(Timestamp, Offset)>,
    /// The first instant behind it.
    end: Option<Timestamp>,
    offset: Offset,
}

impl Stretch {
    fn holds(&self, at: Timestamp) -> bool {
        self.start.is_none_or(|(start, _)| start <= at) && self.end.is_none_or(|end| at < end)
    }

    /// What the wall shows when the stretch begins: by the old offset and by the new.
    fn walls(&self) -> Option<(DateTime, DateTime)> {
        self.start.map(|(start, before)| (before.to_datetime(start), self.offset.to_datetime(start)))
    }
}

impl Timetable {
    /// The timetable of a schedule that has been read, so that its expression and zone are known to be good.
    ///
    /// # Errors
    /// What is wrong with them, if they are not.
    pub fn new(schedule: &Schedule) -> Result<Self, String> {
        let zone = cron::time_zone(&schedule.timezone).map_err(|(message, _)| message)?;
        match &schedule.rhythm {
            Rhythm::Cron(expression) => Self::of_cron(expression, zone),
            Rhythm::Every(every) if every.is_zero() => Err("`every` must be more than zero".to_owned()),
            Rhythm::Every(every) => Ok(Self { beat: Beat::Every(every.value), zone }),
        }
    }

    /// The timetable of a cron expression.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of_cron(expression: &str, zone: TimeZone) -> Result<Self, String> {
        let cron = Box::new(cron::parse(expression)?);
        let follows_elapsed_time = cron::follows_elapsed_time(expression);
        Ok(Self { beat: Beat::Cron { cron, follows_elapsed_time }, zone })
    }

    /// The zone whose clock counts.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The fires after an instant, in order.
    pub fn after(&self, at: Timestamp) -> Fires<'_> {
        Fires { timetable: self, at, stretch: None }
    }

    /// The first fire after an instant; None if there is none before the end of time.
    pub fn next(&self, at: Timestamp) -> Option<Timestamp> {
        self.after(at).next()
    }

    /// The latest fires in (`after`, `until`], at most `most` of them, and whether there are earlier ones that were left out.
    /// The effort is bounded, whatever lies between.
    pub fn latest(&self, after: Timestamp, until: Timestamp, most: usize) -> (VecDeque<Timestamp>, bool) {
        // Fires of a cron expression are a minute apart or more: in this span there are at most so many.
        let apart = match &self.beat {
            Beat::Cron { .. } => Duration::from_secs(60),
            Beat::Every(every) => *every,
        };
        let span = apart.saturating_mul(u32::try_from(most).unwrap_or(u32::MAX));
        let near = until.checked_sub(span).unwrap_or(Timestamp::MIN);
        let (mut kept, mut left_out) = (VecDeque::new(), false);
        let mut fires = self.after(after);
        let mut looked_at = 0;
        while let Some(fire) = fires.next().filter(|fire| *fire <= until) {
            kept.push_back(fire);
            if kept.len() > most {
                kept.pop_front();
                left_out = true;
            }
            looked_at += 1;
            if looked_at == ENOUGH && fire < near {
                (kept, left_out) = (VecDeque::new(), true);
                fires = self.after(near);
            }
        }
        (kept, left_out)
    }

    /// How the wall clock came to show a fire's time.
    pub fn wall(&self, fire: Timestamp) -> Wall {
        let Beat::Cron { cron, .. } = &self.beat else { return Wall::Plain };
        let stretch = self.stretch(fire);
        let wall = stretch.offset.to_datetime(fire);
        let shown_before = stretch.walls().is_some_and(|(old, new)| new <= wall && wall < old);
        let shown_again = stretch.end.is_some_and(|end| self.zone.to_offset(end).to_datetime(end) <= wall);
        match cron.is_time_matching(&wall) {
            Ok(false) => Wall::Gap,
            _ if shown_before => Wall::Second,
            _ if shown_again => Wall::First,
            _ => Wall::Plain,
        }
    }

    /// The changes of the clock on the local day of an instant.
    pub fn shifts(&self, at: Timestamp) -> Vec<Shift> {
        let Ok(day) = at.to_zoned(self.zone.clone()).start_of_day() else { return Vec::new() };
        let Ok(end) = day.tomorrow().and_then(|next| next.start_of_day()) else { return Vec::new() };
        let first = day.timestamp() - SignedDuration::from_nanos(1);
        let changes = self.zone.following(first).map(|change| change.timestamp());
        changes
            .take_while(|at| *at < end.timestamp())
            .map(|at| {
                let before = self.zone.to_offset(at - SignedDuration::from_nanos(1));
                Shift { at, by: self.zone.to_offset(at).duration_since(before) }
            })
            .filter(|shift| !shift.by.is_zero())
            .collect()
    }

    fn stretch(&self, at: Timestamp) -> Stretch {
        let offset = self.zone.to_offset(at);
        let instant = SignedDuration::from_nanos(1);
        // The zone's data also tell changes that leave the offset as it is.
        let end = self.zone.following(at).find(|change| change.offset() != offset).map(|change| change.timestamp());
        let start = self.zone.preceding(at.saturating_add(instant).unwrap_or(at)).find_map(|change| {
            let start = change.timestamp();
            let before = self.zone.to_offset(start.checked_sub(instant).ok()?);
            (before != offset).then_some((start, before))
        });
        Stretch { start, end, offset }
    }
}

/// The fires of a timetable, one after the other.
#[derive(Clone, Debug)]
pub struct Fires<'a> {
    timetable: &'a Timetable,
    /// Those up to here have been told.
    at: Timestamp,
    /// Where that is.
    stretch: Option<Stretch>,
}

impl Iterator for Fires<'_> {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        let fire = match &self.timetable.beat {
            Beat::Every(every) => {
                let step = i128::try_from(every.as_nanos()).ok()?;
                let next = (self.at.as_nanosecond().div_euclid(step) + 1).checked_mul(step)?;
                Timestamp::from_nanosecond(next).ok()
            }
            Beat::Cron { cron, follows_elapsed_time } => self.next_of(cron, *follows_elapsed_time),
        }?;
        self.at = fire;
        Some(fire)
    }
}

impl Fires<'_> {
    fn next_of(&mut self, cron: &Cron, follows_elapsed_time: bool) -> Option<Timestamp> {
        let known = self.stretch.filter(|stretch| stretch.holds(self.at));
        let mut stretch = known.unwrap_or_else(|| self.timetable.stretch(self.at));
        // Strictly after what the wall shows now.
        let mut from = (stretch.offset.to_datetime(self.at), false);
        loop {
            if !follows_elapsed_time
                && let Some((old, _)) = stretch.walls()
                && from.0 < old
            {
                // What the wall showed before it was put back is not to fire again.
                from = (old, true);
            }
            let wall = cron.find_next_occurrence(&from.0, from.1).ok()?;
            let fire = stretch.offset.to_timestamp(wall).ok()?;
            let Some(end) = stretch.end.filter(|end| *end <= fire) else {
                self.stretch = Some(stretch);
                return Some(fire);
            };
            stretch = self.timetable.stretch(end);
            let (_, new) = stretch.walls()?;
            if !follows_elapsed_time && wall < new {
                // It would have come while the wall shows nothing: all such come once, when it shows something again.
                self.stretch = Some(stretch);
                return Some(end);
            }
            from = (new, true);
        }
    }
}
