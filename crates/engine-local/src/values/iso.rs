//! Dates and times in plain ISO 8601, read without a general parser: most of those in files.

use super::calendar;

/// Reads `2024-07-21`.
pub(crate) fn date(text: &str) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    calendar::date(number(&[*y1, *y2, *y3, *y4])?, number(&[*m1, *m2])?, number(&[*d1, *d2])?)
}

/// Reads `2024-07-21T10:15`, `2024-07-21 10:15:30.25`; a date alone is its midnight, and what has an offset becomes UTC.
pub(crate) fn datetime(text: &str) -> Option<i64> {
    let day = date(text.get(..10)?)?;
    match text.as_bytes().get(10) {
        None => Some(calendar::datetime(day, 0)),
        Some(b'T' | b' ') => {
            let (clock, offset) = split_offset(text.get(11..)?)?;
            Some(calendar::datetime(day, civil_time(clock)?) - offset)
        }
        Some(_) => None,
    }
}

/// Reads `10:15`, `10:15:30`, `10:15:30.25` (up to six digits, and zeros behind them); with an offset it becomes the time of day of UTC.
pub(crate) fn time(text: &str) -> Option<i64> {
    let (clock, offset) = split_offset(text)?;
    Some((civil_time(clock)? - offset).rem_euclid(calendar::MICROS_PER_DAY))
}

/// A time, and how many microseconds the offset behind it is ahead of UTC: `Z`, `+05`, `+0530`, `-05:30`, or none.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    let Some(at) = text.bytes().position(|byte| matches!(byte, b'+' | b'-' | b'Z' | b'z')) else {
        return Some((text, 0));
    };
    let (clock, offset) = text.split_at(at);
    let (sign, hours, minutes) = match offset.as_bytes() {
        [b'Z' | b'z'] => return Some((clock, 0)),
        [sign, h1, h2] => (sign, [*h1, *h2], *b"00"),
        [sign, h1, h2, m1, m2] | [sign, h1, h2, b':', m1, m2] => (sign, [*h1, *h2], [*m1, *m2]),
        _ => return None,
    };
    let ahead = calendar::time(number(&hours)?, number(&minutes)?, 0, 0)?;
    match sign {
        b'+' => Some((clock, ahead)),
        b'-' => Some((clock, -ahead)),
        _ => None,
    }
}

fn civil_time(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let (hour, minute, second) = match clock.as_bytes() {
        [h1, h2, b':', m1, m2] if clock.len() == text.len() => ([*h1, *h2], [*m1, *m2], *b"00"),
        [h1, h2, b':', m1, m2, b':', s1, s2] => ([*h1, *h2], [*m1, *m2], [*s1, *s2]),
        _ => return None,
    };
    let (fraction, behind) = fraction.as_bytes().split_at(fraction.len().min(6));
    if behind.iter().any(|digit| *digit != b'0') {
        return None;
    }
    let micros = number(fraction)? * 10_i64.pow(6 - fraction.len() as u32);
    calendar::time(number(&hour)?, number(&minute)?, number(&second)?, micros)
}

fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_1970() {
        assert_eq!(date("1970-01-01"), Some(0));
        assert_eq!(date("1969-12-31"), Some(-1));
        assert_eq!(date("2000-03-01"), Some(11_017));
        assert_eq!(date("2024-02-29"), Some(19_782));
        assert_eq!(date("2023-02-29"), None);
        assert_eq!(date("2024-13-01"), None);
        assert_eq!(date("7/21/2024"), None);
    }

    #[test]
    fn times_have_up_to_six_digits_behind_the_second() {
        assert_eq!(time("00:01"), Some(60_000_000));
        assert_eq!(time("00:00:01.25"), Some(1_250_000));
        assert_eq!(time("24:00"), None);
        assert_eq!(time("10:15:30.1234567"), None);
        assert_eq!(time("10:15:30.123456000"), time("10:15:30.123456"));
        assert_eq!(time("10:15."), None);
        assert_eq!(datetime("1970-01-02 00:00:01"), Some(86_401_000_000));
        assert_eq!(datetime("1970-01-02"), Some(86_400_000_000));
        assert_eq!(datetime("1970-01-02x"), None);
    }

    #[test]
    fn offsets_lead_to_utc() {
        let noon = datetime("2024-07-21T12:00");
        for text in
            ["2024-07-21T12:00Z", "2024-07-21 17:30:00+05:30", "2024-07-21T04:00-0800", "2024-07-22T01:00:00.0+13"]
        {
            assert_eq!(datetime(text), noon, "{text}");
        }
        assert_eq!(time("01:00+02:00"), time("23:00"));
        assert_eq!(time("23:00:00-02:00"), time("01:00Z"));
        for text in ["10:15+", "10:15+5", "10:15+05:99", "10:15+24:00", "10:15ZZ", "10:15 CET", "10:15Z+01"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
