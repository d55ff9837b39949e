//! Texts in ISO 8601, as `normalize` reads dates and times without a format.

use tidemill_core::table::DataType;

use super::civil::{Civil, Clock, Pattern, day, number, year_text};
use super::literal::quoted;
use super::{Lowering, refused};

/// What of four or six digits could also be a month and a day, or a year and a month.
const AMBIGUOUS: &str = concat!(
    "(?:0[13578]|1[02])(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)(?:0[1-9]|[12][0-9]|30)|02(?:0[1-9]|[12][0-9])",
    "|[0-9]{4}(?:0[1-9]|1[0-2])"
);
/// A zone in brackets behind a date or time: what it means, only this machine knows.
const ZONE: &str = r"\A[0-9+-].*[0-9Zz]\[";

/// The value of a text; NULL if it is none.
pub(super) fn read(x: &str, to: DataType) -> Lowering<String> {
    let read = match to {
        DataType::Date | DataType::Datetime => of_day(x, to)?,
        DataType::Time => format!("coalesce({}, {}, {})", clock(x)?, of_day(x, to)?, bare(x)?),
        other => return Err(refused(format!("{other} cannot be read by ISO 8601"))),
    };
    let told = format!(
        "concat('the zone in brackets of ', {x}, ' is known to this machine alone: `engine: local` in the task reads it')"
    );
    Ok(format!(
        "case when {x} rlike {} then cast(raise_error({told}) as {}) else {read} end",
        quoted(ZONE),
        super::literal::spark_type(to)
    ))
}

/// A day, perhaps with a time, perhaps with an offset; with dashes and colons or without.
fn of_day(x: &str, to: DataType) -> Lowering<String> {
    let mut pattern = Pattern::default();
    let year = pattern.group("[0-9]{4}|[+-][0-9]{6}");
    let [month, of_month] = either(
        &mut pattern,
        |pattern, sign| {
            pattern.push(sign);
            let month = pattern.group("[0-9]{2}");
            pattern.push(sign);
            [month, pattern.group("[0-9]{2}")]
        },
        "-",
    );
    pattern.push("(?:[ Tt]");
    let hour = pattern.group("[0-9]{2}");
    let (minute, second, fraction) = behind_hour(&mut pattern);
    let offset = offset(&mut pattern);
    pattern.push(if to == DataType::Time { ")" } else { ")?" });
    let number_of_year = format!("cast({year} as int)");
    let mut conditions = vec![
        format!("{year} <> '-000000'"),
        format!("abs({number_of_year}) <= 9999"),
        format!("{} <= 23", number(&hour)),
    ];
    let clock =
        Clock { hour: Some(number(&hour)), minute: Some(minute), second: Some(second), fraction: Some(fraction) };
    conditions.extend(clock.conditions());
    conditions.extend(offset.conditions);
    let date = day(&year_text(&number_of_year), &month, &of_month);
    let mut civil =
        Civil { day: Some(date), micros: clock.micros(), offset: Some((offset.micros, offset.is_said)), conditions };
    if to == DataType::Date {
        // A day with a time is one only at midnight.
        civil.conditions.push(format!("pmod({}, 86400000000L) = 0", civil.instant()));
    }
    civil.conditions.extend(clock.is_whole_micros());
    Ok(pattern.read(x, &civil.value(to)?))
}

/// `10:15:30.25` with any number of digits of which six count, perhaps with an offset.
fn clock(x: &str) -> Lowering<String> {
    let mut pattern = Pattern::default();
    let hour = pattern.group("[0-9]{2}");
    pattern.push(":");
    let minute = pattern.group("[0-9]{2}");
    pattern.push("(?::");
    let second = pattern.group("[0-9]{2}");
    pattern.push(r"(?:\.");
    let fraction = pattern.group("[0-9]{1,6}");
    pattern.push("0*)?)?(?:[Zz]|");
    let sign = pattern.group("[+-]");
    let ahead = pattern.group("[0-9]{2}");
    pattern.push("(?::?");
    let minutes_ahead = pattern.group("[0-9]{2}");
    pattern.push(")?)?");
    let clock =
        Clock { hour: Some(number(&hour)), minute: Some(minute), second: Some(second), fraction: Some(fraction) };
    let (hours, minutes) = (number(&ahead), number(&minutes_ahead));
    let mut conditions = clock.conditions();
    conditions.extend([format!("{} <= 23", number(&hour)), format!("{hours} <= 23"), format!("{minutes} <= 59")]);
    let ahead = format!("(case when {sign} = '-' then -1 else 1 end * ({hours} * 60L + {minutes}) * 60000000L)");
    let civil = Civil { day: None, micros: clock.micros(), offset: Some((ahead, "true".to_owned())), conditions };
    Ok(pattern.read(x, &civil.value(DataType::Time)?))
}

/// A time without an offset, with a `T` before it, or without colons where it can be nothing else.
fn bare(x: &str) -> Lowering<String> {
    let mut pattern = Pattern::default();
    pattern.push(&format!("(?:(?:[Tt]|(?=[0-9]{{2}}:)|(?!{AMBIGUOUS}))(?="));
    pattern.push("[0-9]{2}))");
    let hour = pattern.group("[0-9]{2}");
    let (minute, second, fraction) = behind_hour(&mut pattern);
    let clock =
        Clock { hour: Some(number(&hour)), minute: Some(minute), second: Some(second), fraction: Some(fraction) };
    let mut conditions = clock.conditions();
    conditions.push(format!("{} <= 23", number(&hour)));
    conditions.extend(clock.is_whole_micros());
    let civil = Civil { day: None, micros: clock.micros(), offset: None, conditions };
    Ok(pattern.read(x, &civil.value(DataType::Time)?))
}

/// Something written with a sign between its parts, or without one; each part is what either has of it.
fn either<const N: usize>(
    pattern: &mut Pattern,
    part: impl Fn(&mut Pattern, &str) -> [String; N],
    sign: &str,
) -> [String; N] {
    pattern.push("(?:");
    let with = part(pattern, sign);
    pattern.push("|");
    let without = part(pattern, "");
    pattern.push(")");
    std::array::from_fn(|i| format!("{}, {}", with[i], without[i])).map(|parts| format!("concat({parts})"))
}

/// Minute, second and fraction behind an hour, as far as they are there.
fn behind_hour(pattern: &mut Pattern) -> (String, String, String) {
    let part = |pattern: &mut Pattern, sign: &str| {
        let [minute, second] = minute_and_second(pattern, sign);
        pattern.push("(?:[.,]");
        let fraction = pattern.group("[0-9]{1,9}");
        pattern.push(")?)?");
        [minute, second, fraction]
    };
    pattern.push("(?:");
    let [minute, second, fraction] = either(pattern, part, ":");
    pattern.push(")?");
    (minute, second, fraction)
}

/// A minute, and a second that need not be there; what follows that belongs to it, until its group is closed.
fn minute_and_second(pattern: &mut Pattern, sign: &str) -> [String; 2] {
    pattern.push(sign);
    let minute = pattern.group("[0-9]{2}");
    pattern.push("(?:");
    pattern.push(sign);
    [minute, pattern.group("[0-9]{2}")]
}

struct Offset {
    micros: String,
    is_said: String,
    conditions: Vec<String>,
}

/// `Z`, `+05`, `+0530`, `-05:30:15`, or nothing.
fn offset(pattern: &mut Pattern) -> Offset {
    pattern.push("(?:");
    let zulu = pattern.group("[Zz]");
    pattern.push("|");
    let sign = pattern.group("[+-]");
    let hour = pattern.group("[0-9]{2}");
    pattern.push("(?:");
    let part = |pattern: &mut Pattern, sign: &str| {
        let both = minute_and_second(pattern, sign);
        pattern.push(")?");
        both
    };
    let [minute, second] = either(pattern, part, ":");
    pattern.push(")?)?");
    let [hour, minute, second] = [hour, minute, second].map(|digits| number(&digits));
    // No clock is a day or more away from UTC.
    let conditions = vec![format!("{hour} <= 23"), format!("{minute} <= 59"), format!("{second} <= 59")];
    let seconds = format!("({hour} * 3600L + {minute} * 60 + {second})");
    Offset {
        micros: format!("(case when {sign} = '-' then -1 else 1 end * {seconds} * 1000000L)"),
        is_said: format!("(concat({zulu}, {sign}) <> '')"),
        conditions,
    }
}
