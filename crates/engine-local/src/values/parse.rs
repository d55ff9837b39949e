//! Texts as values: what `cast` and normalize's `columns` accept.

use jiff::civil;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::fmt::temporal::Pieces;

use super::{calendar, iso};
use crate::values::decimal::rescale_half_away;

/// `12`, `-3`, `+7`, and `12.0`, but nothing behind the point that counts.
pub(crate) fn int(text: &str) -> Option<i64> {
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    whole.parse().ok()
}

/// `1.5`, `-2e3`; not `inf` and `nan`.
pub(crate) fn float(text: &str) -> Option<f64> {
    if !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E')) {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// `-12.34` as digits without the point, and how many stood behind it, zeros at the end left out.
pub(crate) fn decimal(text: &str) -> Option<(i128, u8)> {
    let (negative, text) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let mut digits: i128 = 0;
    for byte in whole.bytes().chain(fraction.bytes()) {
        if !byte.is_ascii_digit() {
            return None;
        }
        digits = digits.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
    }
    let scale = u8::try_from(fraction.len()).ok()?;
    Some((if negative { -digits } else { digits }, scale))
}

/// A decimal of that scale, if no digit is lost.
pub(crate) fn decimal_exact(text: &str, scale: u8) -> Option<i128> {
    let (digits, found) = decimal(text)?;
    if found > scale { None } else { rescale_half_away(digits, found, scale) }
}

/// `true`, `false`, `yes`, `no`, `1`, `0`, in any case.
pub(crate) fn bool(text: &str) -> Option<bool> {
    let is = |words: [&str; 3]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["true", "yes", "1"]) {
        Some(true)
    } else if is(["false", "no", "0"]) {
        Some(false)
    } else {
        None
    }
}

/// An ISO 8601 date: `2024-07-21`, also with a time at midnight behind it.
pub(crate) fn iso_date(text: &str) -> Option<i32> {
    if let Some(days) = iso::date(text) {
        return Some(days);
    }
    let at = civil_datetime(text)?;
    (at.time() == civil::Time::midnight()).then(|| calendar::from_date(at.date()))
}

/// An ISO 8601 datetime without a zone, with a blank or a `T`; a bare date is its midnight.
pub(crate) fn iso_datetime(text: &str) -> Option<i64> {
    civil_datetime(text).map(calendar::from_datetime)
}

/// None for an instant with an offset or a zone: to leave that away would silently move it.
fn civil_datetime(text: &str) -> Option<civil::DateTime> {
    let pieces = Pieces::parse(text).ok()?;
    if pieces.offset().is_some() || pieces.time_zone_annotation().is_some() {
        return None;
    }
    Some(pieces.date().to_datetime(pieces.time().unwrap_or(civil::Time::midnight())))
}

/// A time of day, `08:30` or `08:30:15.5`, in microseconds.
pub(crate) fn iso_time(text: &str) -> Option<i64> {
    text.parse::<civil::Time>().ok().map(calendar::from_time)
}

/// Reads with the first strftime format that fits.
fn with_formats<T>(text: &str, formats: &[String], read: impl Fn(&BrokenDownTime) -> Option<T>) -> Option<T> {
    formats.iter().find_map(|format| {
        let parsed = strtime::parse(format, text).ok()?;
        // `7/21/24` read with %Y is a slip of the pen and not the year 24.
        let year = parsed.year();
        if (format.contains("%Y") || format.contains("%F"))
            && let Some(year @ 0..1000) = year
            && !text.contains(&format!("{year:04}"))
        {
            return None;
        }
        read(&parsed)
    })
}

/// A date in one of the formats, or in ISO 8601 if there is none.
pub(crate) fn date(text: &str, formats: &[String]) -> Option<i32> {
    if formats.is_empty() {
        return iso_date(text);
    }
    with_formats(text, formats, |parsed| parsed.to_date().ok().map(calendar::from_date))
}

/// A datetime in one of the formats, or in ISO 8601; a format without a time means midnight.
pub(crate) fn datetime(text: &str, formats: &[String]) -> Option<i64> {
    if formats.is_empty() {
        return iso_datetime(text);
    }
    with_formats(text, formats, |parsed| {
        let date = parsed.to_date().ok()?;
        let time = if parsed.hour().is_some() { parsed.to_time().ok()? } else { civil::Time::midnight() };
        Some(calendar::from_datetime(date.to_datetime(time)))
    })
}

/// A time of day in one of the formats, or in ISO 8601.
pub(crate) fn time(text: &str, formats: &[String]) -> Option<i64> {
    if formats.is_empty() {
        return iso_time(text);
    }
    with_formats(text, formats, |parsed| parsed.to_time().ok().map(calendar::from_time))
}
