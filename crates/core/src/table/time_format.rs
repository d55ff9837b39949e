//! Dates and times as strftime formats write them.
//!
//! What has an offset or a zone is one instant, and its date and time are those of UTC; what has none is taken as it stands.

use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::{Offset, TimeZone};

use super::DataType;

/// The date that a text names: of a time with an offset that of UTC; an offset behind a date alone moves nothing.
pub fn read_date(format: &str, text: &str) -> Option<Date> {
    let parsed = parse(format, text)?;
    let moved = parsed.timestamp().is_some() || (parsed.hour().is_some() && has_offset(&parsed));
    if moved { utc(&parsed).map(DateTime::date) } else { parsed.to_date().ok() }
}

/// The date and time that a text names; a format without a time means midnight.
pub fn read_datetime(format: &str, text: &str) -> Option<DateTime> {
    let parsed = parse(format, text)?;
    if has_offset(&parsed) { utc(&parsed) } else { parsed.to_datetime().ok() }
}

/// The time of day that a text names.
pub fn read_time(format: &str, text: &str) -> Option<Time> {
    let parsed = parse(format, text)?;
    match parsed.offset() {
        _ if has_offset(&parsed) && (parsed.timestamp().is_some() || parsed.to_date().is_ok()) => {
            utc(&parsed).map(DateTime::time)
        }
        _ if parsed.hour().is_none() => None,
        Some(offset) => Some(parsed.to_time().ok()?.wrapping_sub(jiff::Span::new().seconds(offset.seconds()))),
        None => parsed.to_time().ok(),
    }
}

fn parse(format: &str, text: &str) -> Option<BrokenDownTime> {
    let read =
        |text: &str| strtime::parse(format, text).ok().or_else(|| strtime::parse(format, zulu(format, text)?).ok());
    let parsed = read(text)?;
    if has_leap_second(text, |text| read(text)?.second()) {
        return None;
    }
    // `7/21/24` read with %Y is a slip of the pen and not the year 24.
    let year = parsed.year();
    if (format.contains("%Y") || format.contains("%F"))
        && let Some(year @ 0..1000) = year
        && !text.contains(&format!("{year:04}"))
    {
        return None;
    }
    Some(parsed)
}

/// Whether the second that a text names is the 60th, which `second` takes for the 59th: no day has it here.
pub fn has_leap_second(text: &str, second: impl Fn(&str) -> Option<i8>) -> bool {
    text.contains("60") && second(text) == Some(59) && second(&text.replace("60", "58")) == Some(58)
}

/// The text with a `Z` behind its digits written as `%z` and `%:z` expect an offset.
fn zulu(format: &str, text: &str) -> Option<String> {
    let offset = if format.contains("%:z") { "+00:00" } else { "+0000" };
    let at = text.rfind('Z').filter(|at| text[..*at].ends_with(|before: char| before.is_ascii_digit()))?;
    let has_directive = format.contains("%z") || format.contains("%:z");
    has_directive.then(|| format!("{}{offset}{}", &text[..at], &text[at + 1..]))
}

fn has_offset(parsed: &BrokenDownTime) -> bool {
    parsed.timestamp().is_some() || parsed.offset().is_some() || parsed.iana_time_zone().is_some()
}

fn utc(parsed: &BrokenDownTime) -> Option<DateTime> {
    let instant = if parsed.iana_time_zone().is_some() {
        parsed.to_zoned().ok()?.timestamp()
    } else {
        parsed.to_timestamp().ok()?
    };
    Some(Offset::UTC.to_datetime(instant))
}

/// Why no text can give a value of the type by this format; None if some can.
///
/// The format writes a known moment, and has to read it back.
pub fn cannot_give(format: &str, data_type: DataType) -> Option<String> {
    let moment = jiff::civil::date(2003, 11, 22).at(21, 43, 56, 0);
    let written = moment.to_zoned(TimeZone::UTC).ok().map(|zoned| strtime::format(format, &zoned));
    let text = match written? {
        Ok(text) => text,
        Err(error) => return Some(error.to_string()),
    };
    let parsed = match strtime::parse(format, &text) {
        Ok(parsed) => parsed,
        Err(error) => return Some(error.to_string()),
    };
    let no_day = "it does not say the year and the day";
    let half_a_day = "its hours are those of half a day: `%I` needs `%p`";
    let no_hour = "it does not say the hour";
    let has_time = parsed.hour().is_some() || parsed.minute().is_some() || parsed.second().is_some();
    let same_hour = |time: Time| time.hour() == moment.hour();
    let reason = match data_type {
        DataType::Date => (read_date(format, &text) != Some(moment.date())).then_some(no_day),
        DataType::Datetime => match read_datetime(format, &text) {
            Some(read) if read.date() != moment.date() => Some(no_day),
            Some(read) if has_time && !same_hour(read.time()) => Some(half_a_day),
            Some(_) => None,
            None if parsed.to_date().is_err() => Some(no_day),
            None => Some(no_hour),
        },
        DataType::Time => match read_time(format, &text) {
            Some(read) if !same_hour(read) => Some(half_a_day),
            Some(_) => None,
            None => Some(no_hour),
        },
        _ => None,
    };
    reason.map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_zones_lead_to_utc() {
        let at = |format, text| read_datetime(format, text).map(|at| at.to_string());
        let seconds = "%Y-%m-%dT%H:%M:%S%z";
        assert_eq!(at(seconds, "2020-01-01T12:34:00+0500").as_deref(), Some("2020-01-01T07:34:00"));
        assert_eq!(at(seconds, "2020-01-01T12:34:00-0800").as_deref(), Some("2020-01-01T20:34:00"));
        assert_eq!(at(seconds, "2020-01-01T12:34:00Z").as_deref(), Some("2020-01-01T12:34:00"));
        assert_eq!(at("%FT%R%:z", "2020-01-01T12:34Z").as_deref(), Some("2020-01-01T12:34:00"));
        assert_eq!(at("%FT%R", "2020-01-01T12:34Z"), None);
        assert_eq!(at("%F %T %Q", "2020-07-01 12:34:00 Europe/Berlin").as_deref(), Some("2020-07-01T10:34:00"));
        assert_eq!(at("%s", "86400").as_deref(), Some("1970-01-02T00:00:00"));
        assert_eq!(at("%F %z", "2020-01-01 +0200").as_deref(), Some("2019-12-31T22:00:00"));
        assert_eq!(at("%F %M", "2020-01-01 10"), None);
    }

    #[test]
    fn a_date_is_that_of_utc_only_if_there_is_a_time() {
        let date = |format, text| read_date(format, text).map(|date| date.to_string());
        assert_eq!(date("%F %H:%M%z", "2020-01-01 23:30-0800").as_deref(), Some("2020-01-02"));
        assert_eq!(date("%F%z", "2020-01-01+0500").as_deref(), Some("2020-01-01"));
        assert_eq!(date("%s", "86399").as_deref(), Some("1970-01-01"));
    }

    #[test]
    fn a_time_of_day_with_an_offset_is_that_of_utc() {
        let time = |format, text| read_time(format, text).map(|time| time.to_string());
        assert_eq!(time("%H:%M%z", "01:30+0200").as_deref(), Some("23:30:00"));
        assert_eq!(time("%F %H:%M%z", "2020-01-01 01:30+0200").as_deref(), Some("23:30:00"));
        assert_eq!(time("%H", "7").as_deref(), Some("07:00:00"));
    }

    #[test]
    fn no_minute_has_a_sixtieth_second() {
        assert_eq!(read_datetime("%Y-%m-%d %H:%M:%S", "2016-12-31 23:59:60"), None);
        assert_eq!(read_time("%H%M%S", "235960"), None);
        assert!(read_datetime("%Y-%m-%d %H:%M:%S", "2060-12-31 10:00:59").is_some());
        assert!(read_datetime("%Y-%m-%d %H:%M:%S%z", "2060-12-31 10:00:59+0060").is_none());
    }

    #[test]
    fn formats_that_fit_nothing_are_known() {
        use DataType::{Date, Datetime, Time};
        for (format, data_type) in [
            ("%Y-%m-%d", Date),
            ("%d.%m.%y", Date),
            ("%Y-%j", Date),
            ("%G-W%V-%u", Date),
            ("%b %-d, %Y", Date),
            ("%Y-%m-%d %H:%M", Date),
            ("%s", Date),
            ("%Y-%m-%d", Datetime),
            ("%d.%m.%Y %H:%M", Datetime),
            ("%Y-%m-%dT%H:%M:%S%.f%:z", Datetime),
            ("%m/%d/%Y %I:%M %p", Datetime),
            ("%F %T %Q", Datetime),
            ("%H", Time),
            ("%H:%M%z", Time),
            ("%I:%M %p", Time),
        ] {
            assert_eq!(cannot_give(format, data_type), None, "{format} as {data_type}");
        }
        for (format, data_type) in [
            ("%Y-%m", Date),
            ("%H", Date),
            ("%m/%d", Date),
            ("%A", Date),
            ("", Date),
            ("day", Date),
            ("%H:%M", Datetime),
            ("%Y-%m-%d %M", Datetime),
            ("%Y-%m-%d %I:%M", Datetime),
            ("%Y-%m-%d %H:%M %Z", Datetime),
            ("%Y-%m-%d %", Datetime),
            ("%Y-%m-%d", Time),
            ("%M:%S", Time),
            ("%I:%M", Time),
        ] {
            assert!(cannot_give(format, data_type).is_some(), "{format} as {data_type}");
        }
    }
}
