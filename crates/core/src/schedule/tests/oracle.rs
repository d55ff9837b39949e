//! Fires found by looking at every minute: no search, no library for cron.

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// A minute on the wall, and the instant at which it counts.
#[derive(Clone, Copy)]
struct Minute {
    at: Timestamp,
    day: usize,
    hour: u32,
    minute: u32,
    shown: Shown,
}

#[derive(Clone, Copy, PartialEq)]
enum Shown {
    Once,
    /// Left out when the clock was put forward; counts at the end of the gap.
    Never,
    /// For the second time.
    Again,
}

#[derive(Clone, Copy)]
struct Day {
    month: u32,
    day: u32,
    weekday: u32,
    length: u32,
}

/// Every minute of a zone between two instants.
pub struct Minutes {
    minutes: Vec<Minute>,
    days: Vec<Day>,
}

impl Minutes {
    /// Goes through all of them.
    pub fn between(zone: &TimeZone, from: Timestamp, to: Timestamp) -> Self {
        // What the wall showed shortly before matters too.
        let start = Timestamp::from_second((from.as_second() - 2 * 86_400).div_euclid(60) * 60).expect("in range");
        let wall = |at: Timestamp| zone.to_offset(at).to_datetime(at);
        let first = wall(start).date();
        let days = (0..i64::from(to.duration_since(start).as_hours() as i32 / 24 + 5))
            .map(|after| {
                let day = first.checked_add(after.days()).expect("in range");
                Day {
                    month: day.month() as u32,
                    day: day.day() as u32,
                    weekday: day.weekday().to_sunday_zero_offset() as u32,
                    length: day.days_in_month() as u32,
                }
            })
            .collect();
        let epoch = date(first.year(), first.month(), first.day()).at(0, 0, 0, 0);
        let number = |at: Timestamp| wall(at).duration_since(epoch).as_mins();
        let mut minutes = Vec::new();
        let mut at = start;
        let mut latest = number(start) - 1;
        let mut add = |number: i64, at: Timestamp, shown: Shown| {
            if at >= from && at < to {
                let (day, rest) = ((number / 1440) as usize, (number % 1440) as u32);
                minutes.push(Minute { at, day, hour: rest / 60, minute: rest % 60, shown });
            }
        };
        while at < to {
            let now = number(at);
            (latest + 1..now).for_each(|missing| add(missing, at, Shown::Never));
            add(now, at, if now <= latest { Shown::Again } else { Shown::Once });
            latest = latest.max(now);
            at += SignedDuration::from_secs(60);
        }
        Self { minutes, days }
    }

    /// The fires of an expression.
    pub fn fires(&self, expression: &str) -> Vec<Timestamp> {
        let cron = Fields::read(expression);
        let days: Vec<bool> = self.days.iter().map(|day| cron.has_day(*day)).collect();
        let mut fires: Vec<Timestamp> = self
            .minutes
            .iter()
            .filter(|minute| match minute.shown {
                Shown::Once => true,
                Shown::Never => !cron.elapsed,
                Shown::Again => cron.elapsed,
            })
            .filter(|minute| {
                days[minute.day] && cron.hours & 1 << minute.hour != 0 && cron.minutes & 1 << minute.minute != 0
            })
            .map(|minute| minute.at)
            .collect();
        fires.dedup();
        fires
    }
}

struct Fields {
    minutes: u64,
    hours: u64,
    days: String,
    months: u64,
    weekdays: String,
    elapsed: bool,
}

impl Fields {
    fn read(expression: &str) -> Self {
        let text = match expression {
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" | "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            other => other,
        };
        let mut text = text.to_uppercase().replace('?', "*");
        for (at, name) in
            ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"].iter().enumerate()
        {
            text = text.replace(name, &(at + 1).to_string());
        }
        for (at, name) in ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"].iter().enumerate() {
            text = text.replace(name, &at.to_string());
        }
        let fields: Vec<&str> = text.split(' ').collect();
        Self {
            minutes: bits(fields[0], 0, 59),
            hours: bits(fields[1], 0, 23),
            days: fields[2].to_owned(),
            months: bits(fields[3], 1, 12),
            weekdays: fields[4].to_owned(),
            elapsed: fields[1].starts_with('*') || fields[1].contains('/'),
        }
    }

    fn has_day(&self, day: Day) -> bool {
        let by_day = match self.days.as_str() {
            "L" => day.day == day.length,
            days => bits(days, 1, 31) & 1 << day.day != 0,
        };
        let by_weekday = if let Some(weekday) = self.weekdays.strip_suffix('L') {
            weekday.parse() == Ok(day.weekday) && day.day + 7 > day.length
        } else if let Some((weekday, nth)) = self.weekdays.split_once('#') {
            weekday.parse() == Ok(day.weekday) && nth.parse() == Ok(day.day.div_ceil(7))
        } else {
            let weekdays = bits(&self.weekdays, 0, 7);
            weekdays & 1 << day.weekday != 0 || (day.weekday == 0 && weekdays & 1 << 7 != 0)
        };
        let matches = match (self.days.as_str(), self.weekdays.as_str()) {
            ("*", _) => by_weekday,
            (_, "*") => by_day,
            _ => by_day || by_weekday,
        };
        matches && self.months & 1 << day.month != 0
    }
}

fn bits(field: &str, least: u32, most: u32) -> u64 {
    let mut bits = 0;
    for part in field.split(',') {
        let (range, step) =
            part.split_once('/').map_or((part, 1), |(range, step)| (range, step.parse().expect("a step")));
        let number = |text: &str| text.parse::<u32>().expect("a number");
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((first, last)) => (number(first), number(last)),
            None => (number(range), number(range)),
        };
        (first..=last).step_by(step).for_each(|value| bits |= 1 << value);
    }
    bits
}
