//! Days and times of day, between numbers and their parts.

use jiff::civil::Date;
use mysql_async::Value as Parameter;

const DAY: i64 = 86_400_000_000;

/// The day on which days are counted from.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// Days since 1970-01-01; None if there is no such day.
pub(super) fn days(year: u16, month: u8, day: u8) -> Option<i32> {
    let date = Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    i32::try_from(date.duration_since(EPOCH).as_hours() / 24).ok()
}

/// Year, month and day; None if the year is not one of 0 to 9999.
pub(super) fn civil(days: i32) -> Option<(u16, u8, u8)> {
    let date = EPOCH.checked_add(jiff::SignedDuration::from_hours(i64::from(days) * 24)).ok()?;
    Some((u16::try_from(date.year()).ok()?, u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?))
}

/// Microseconds of so much.
pub(super) fn micros(hours: u8, minutes: u8, seconds: u8, micros: u32) -> i64 {
    ((i64::from(hours) * 60 + i64::from(minutes)) * 60 + i64::from(seconds)) * 1_000_000 + i64::from(micros)
}

/// A datetime as a parameter; None if its year is not one of 0 to 9999.
pub(super) fn datetime(micros: i64) -> Option<Parameter> {
    let (year, month, day) = civil(i32::try_from(micros.div_euclid(DAY)).ok()?)?;
    let (hours, minutes, seconds, rest) = parts(micros.rem_euclid(DAY));
    Some(Parameter::Date(year, month, day, hours, minutes, seconds, rest))
}

/// A time of day as a parameter.
pub(super) fn time(micros: i64) -> Parameter {
    let (hours, minutes, seconds, rest) = parts(micros);
    Parameter::Time(false, 0, hours, minutes, seconds, rest)
}

/// Hours, minutes, seconds and microseconds of less than a day.
fn parts(micros: i64) -> (u8, u8, u8, u32) {
    let seconds = micros / 1_000_000;
    ((seconds / 3600) as u8, (seconds / 60 % 60) as u8, (seconds % 60) as u8, (micros % 1_000_000) as u32)
}

/// Microseconds of a day.
pub(super) const fn a_day() -> i64 {
    DAY
}
