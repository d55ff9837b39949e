//! Days and times between text, calendar and the counts that columns hold.

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// Days since 1970-01-01 of a day of the proleptic Gregorian calendar, if there is that day.
pub(super) fn days(year: i64, month: i64, day: i64) -> Option<i32> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) || !(-9999..=9999).contains(&year) {
        return None;
    }
    // Counting from March puts the leap day at the end of the year, so months have a closed form.
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    i32::try_from(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468).ok()
}

/// Microseconds since 1970-01-01 of a day and a time of that day.
pub(super) fn datetime(days: i32, micros: i64) -> i64 {
    i64::from(days) * MICROS_PER_DAY + micros
}

/// Microseconds since midnight, if there is that time.
pub(super) fn time(hour: i64, minute: i64, second: i64, micros: i64) -> Option<i64> {
    let exists = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    (exists && (0..MICROS_PER_SECOND).contains(&micros))
        .then_some(((hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND + micros)
}

/// Reads `2024-07-21`.
pub(super) fn parse_date(text: &str) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    days(number(&[*y1, *y2, *y3, *y4])?, number(&[*m1, *m2])?, number(&[*d1, *d2])?)
}

/// Reads `2024-07-21T10:15`, `2024-07-21 10:15:30.25`; a date alone is its midnight.
pub(super) fn parse_datetime(text: &str) -> Option<i64> {
    let day = parse_date(text.get(..10)?)?;
    match text.as_bytes().get(10) {
        None => Some(datetime(day, 0)),
        Some(b'T' | b' ') => Some(datetime(day, parse_time(text.get(11..)?)?)),
        Some(_) => None,
    }
}

/// Reads `10:15`, `10:15:30`, `10:15:30.25` (up to six digits).
pub(super) fn parse_time(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let (hour, minute, second) = match clock.as_bytes() {
        [h1, h2, b':', m1, m2] if clock.len() == text.len() => ([*h1, *h2], [*m1, *m2], *b"00"),
        [h1, h2, b':', m1, m2, b':', s1, s2] => ([*h1, *h2], [*m1, *m2], [*s1, *s2]),
        _ => return None,
    };
    if fraction.len() > 6 {
        return None;
    }
    let micros = number(fraction.as_bytes())? * 10_i64.pow(6 - fraction.len() as u32);
    time(number(&hour)?, number(&minute)?, number(&second)?, micros)
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
        assert_eq!(parse_date("1970-01-01"), Some(0));
        assert_eq!(parse_date("1969-12-31"), Some(-1));
        assert_eq!(parse_date("2000-03-01"), Some(11_017));
        assert_eq!(parse_date("2024-02-29"), Some(19_782));
        assert_eq!(parse_date("2023-02-29"), None);
        assert_eq!(parse_date("2024-13-01"), None);
        assert_eq!(parse_date("7/21/2024"), None);
    }

    #[test]
    fn times_have_up_to_six_digits_behind_the_second() {
        assert_eq!(parse_time("00:01"), Some(60_000_000));
        assert_eq!(parse_time("00:00:01.25"), Some(1_250_000));
        assert_eq!(parse_time("24:00"), None);
        assert_eq!(parse_time("10:15:30.1234567"), None);
        assert_eq!(parse_time("10:15."), None);
        assert_eq!(parse_datetime("1970-01-02 00:00:01"), Some(86_401_000_000));
        assert_eq!(parse_datetime("1970-01-02"), Some(86_400_000_000));
        assert_eq!(parse_datetime("1970-01-02x"), None);
    }
}
