//! Texts as values: what `cast` and normalize's `columns` accept.

use jiff::civil;
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use tidemill_core::table::{has_leap_second, read_date, read_datetime, read_time, vanishes_as_float};

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

/// `1.5`, `-2e3`; not `inf` and `nan`, nor what overflows to infinity or vanishes to zero.
pub(crate) fn float(text: &str) -> Option<f64> {
    if !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E')) {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite() && !vanishes_as_float(text))
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

/// An ISO 8601 datetime, with a blank or a `T`: with an offset it becomes UTC; a bare date is its midnight.
pub(crate) fn iso_datetime(text: &str) -> Option<i64> {
    civil_datetime(text).and_then(calendar::from_datetime)
}

/// None for a zone without an offset: to leave that away would silently move it.
fn civil_datetime(text: &str) -> Option<civil::DateTime> {
    let pieces = Pieces::parse(text).ok()?;
    if has_leap_second(text, |text| Some(Pieces::parse(text).ok()?.time()?.second())) {
        return None;
    }
    let at = pieces.date().to_datetime(pieces.time().unwrap_or(civil::Time::midnight()));
    match pieces.to_numeric_offset() {
        // No clock is a day or more away from UTC: that is a slip, and would move the day.
        Some(offset) if offset.seconds().abs() >= 86_400 => None,
        Some(offset) => Some(Offset::UTC.to_datetime(offset.to_timestamp(at).ok()?)),
        None if pieces.time_zone_annotation().is_some() => None,
        None => Some(at),
    }
}

/// A time of day, `08:30` or `08:30:15.5`, in microseconds; with an offset it becomes that of UTC.
pub(crate) fn iso_time(text: &str) -> Option<i64> {
    if let Some(micros) = iso::time(text) {
        return Some(micros);
    }
    if let Some(at) = civil_datetime(text) {
        // A day alone says nothing of the time of day.
        let has_time = Pieces::parse(text).is_ok_and(|pieces| pieces.time().is_some());
        return has_time.then(|| calendar::from_time(at.time())).flatten();
    }
    // An offset that is left would be read over.
    let bare = !text.contains(['+', '-', 'Z', 'z']);
    let second = |text: &str| text.parse::<civil::Time>().ok().map(civil::Time::second);
    let fits = bare && !has_leap_second(text, second);
    fits.then(|| text.parse::<civil::Time>().ok().and_then(calendar::from_time)).flatten()
}

/// What a text means by the first format that fits it.
#[derive(Clone, Copy)]
pub(crate) struct Reading<T> {
    pub value: T,
    /// The number of the format, from 0.
    pub format: usize,
    /// What another format makes of it, and the number of that.
    pub other: Option<(T, usize)>,
}

impl<T> Reading<T> {
    fn iso(value: T) -> Self {
        Self { value, format: 0, other: None }
    }
}

fn with_formats<T: PartialEq>(formats: &[String], read: impl Fn(&str) -> Option<T>) -> Option<Reading<T>> {
    let mut fitting = formats.iter().enumerate().filter_map(|(number, format)| Some((read(format)?, number)));
    let (value, format) = fitting.next()?;
    let other = fitting.find(|(other, _)| *other != value);
    Some(Reading { value, format, other })
}

/// A date in one of the formats, or in ISO 8601 if there is none.
pub(crate) fn date(text: &str, formats: &[String]) -> Option<Reading<i32>> {
    if formats.is_empty() {
        return iso_date(text).map(Reading::iso);
    }
    with_formats(formats, |format| read_date(format, text).map(calendar::from_date))
}

/// A datetime in one of the formats, or in ISO 8601; a format without a time means midnight.
pub(crate) fn datetime(text: &str, formats: &[String]) -> Option<Reading<i64>> {
    if formats.is_empty() {
        return iso_datetime(text).map(Reading::iso);
    }
    with_formats(formats, |format| read_datetime(format, text).and_then(calendar::from_datetime))
}

/// A time of day in one of the formats, or in ISO 8601.
pub(crate) fn time(text: &str, formats: &[String]) -> Option<Reading<i64>> {
    if formats.is_empty() {
        return iso_time(text).map(Reading::iso);
    }
    with_formats(formats, |format| read_time(format, text).and_then(calendar::from_time))
}
