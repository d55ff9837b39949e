//! Days of the proleptic Gregorian calendar as numbers, fast enough for columns.

use jiff::civil;

/// Microseconds in a second.
pub(crate) const MICROS_PER_SECOND: i64 = 1_000_000;

/// Microseconds in a day.
pub(crate) const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// Days since 1970-01-01 of a date; the month from 1. From Howard Hinnant's `days_from_civil`.
pub(crate) fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01. From Howard Hinnant's `civil_from_days`.
pub(crate) fn civil_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// How many days a month has.
pub(crate) fn days_in_month(year: i64, month: i64) -> i64 {
    let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    days_of(next_year, next, 1) - days_of(year, month, 1)
}

/// The day moved by whole months, clipped to the month's last day.
pub(crate) fn add_months(day: i64, months: i64) -> Option<i64> {
    let (year, month, of_month) = civil_of(day);
    let total = (year * 12 + month - 1).checked_add(months)?;
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
    (-100_000..100_000).contains(&year).then(|| days_of(year, month, of_month.min(days_in_month(year, month))))
}

/// Days since 1970-01-01 of a date, if there is that day in the years -9999 to 9999.
pub(crate) fn date(year: i64, month: i64, day: i64) -> Option<i32> {
    let exists = (-9999..=9999).contains(&year) && (1..=12).contains(&month);
    // Years of four digits give at most seven.
    (exists && (1..=days_in_month(year, month)).contains(&day)).then(|| days_of(year, month, day) as i32)
}

/// Microseconds since midnight, if there is that time.
pub(crate) fn time(hour: i64, minute: i64, second: i64, micros: i64) -> Option<i64> {
    let exists = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    (exists && (0..MICROS_PER_SECOND).contains(&micros))
        .then_some(((hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND + micros)
}

/// Microseconds since 1970-01-01 00:00 of a day and a time of that day.
pub(crate) fn datetime(days: i32, micros: i64) -> i64 {
    i64::from(days) * MICROS_PER_DAY + micros
}

/// Monday 0 to Sunday 6.
pub(crate) fn weekday(days: i64) -> i64 {
    (days + 3).rem_euclid(7)
}

/// The day of the year, from 1.
pub(crate) fn day_of_year(days: i64) -> i64 {
    let (year, _, _) = civil_of(days);
    days - days_of(year, 1, 1) + 1
}

/// The ISO 8601 week: that of the Thursday in the same week.
pub(crate) fn iso_week(days: i64) -> i64 {
    (day_of_year(days - weekday(days) + 3) - 1) / 7 + 1
}

/// The year that the ISO 8601 week of the day belongs to.
pub(crate) fn iso_year(days: i64) -> i64 {
    civil_of(days - weekday(days) + 3).0
}

/// Whether the day lies in the years -9999 to 9999, the ones that can be written down.
pub(crate) fn is_valid(days: i32) -> bool {
    (days_of(-9999, 1, 1)..=days_of(9999, 12, 31)).contains(&i64::from(days))
}

/// Whether the datetime lies in the years -9999 to 9999.
pub(crate) fn is_valid_instant(micros: i64) -> bool {
    i32::try_from(micros.div_euclid(MICROS_PER_DAY)).is_ok_and(is_valid)
}

/// Days since 1970-01-01 of a date.
pub(crate) fn from_date(date: civil::Date) -> i32 {
    // Years of four digits give at most seven.
    days_of(date.year().into(), date.month().into(), date.day().into()) as i32
}

/// Microseconds since midnight; none of a time that is not a whole number of them.
pub(crate) fn from_time(time: civil::Time) -> Option<i64> {
    let seconds = i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second());
    let nanos = i64::from(time.subsec_nanosecond());
    (nanos % 1_000 == 0).then_some(seconds * MICROS_PER_SECOND + nanos / 1_000)
}

/// Microseconds since 1970-01-01 00:00, likewise.
pub(crate) fn from_datetime(at: civil::DateTime) -> Option<i64> {
    from_time(at.time()).map(|micros| datetime(from_date(at.date()), micros))
}

/// The datetime of microseconds since 1970-01-01 00:00, if its year has at most four digits.
pub(crate) fn to_datetime(micros: i64) -> Option<civil::DateTime> {
    civil::date(1970, 1, 1).at(0, 0, 0, 0).checked_add(jiff::SignedDuration::from_micros(micros)).ok()
}

/// `2024-07-21`.
pub(crate) fn date_text(days: i32) -> String {
    tidemill_core::table::Value::Date(days).to_string()
}
