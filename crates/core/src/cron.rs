//! Cron expressions and time zones, checked before anything is scheduled.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// Reads a cron expression of five fields (minute, hour, day, month, weekday) or a nickname such as `@daily`.
///
/// # Errors
/// In a sentence what is wrong with it, also if it names days that never come, such as 30 February.
pub fn parse(expression: &str) -> Result<Cron, String> {
    let text = in_full(expression);
    if text.is_empty() {
        return Err("the cron expression is empty".to_owned());
    }
    if !text.starts_with('@') {
        let fields = text.split_whitespace().count();
        if fields != 5 {
            return Err(format!(
                "a cron expression has five fields (minute hour day month weekday), this one has {fields}"
            ));
        }
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let cron = parser.parse(text).map_err(|_| wrong_field(text, &parser))?;
    // In any leap cycle every possible day occurs.
    let start = jiff::civil::datetime(2000, 1, 1, 0, 0, 0, 0);
    match cron.iter_from(start, croner::Direction::Forward).next() {
        Some(_) => Ok(cron),
        None => Err("this cron expression never fires: its days do not exist".to_owned()),
    }
}

/// A field of an expression, and a value that it cannot be without.
struct CronField {
    name: &'static str,
    least: u32,
    most: u32,
    words: &'static str,
}

const FIELDS: [CronField; 5] = [
    CronField { name: "minute", least: 0, most: 59, words: "" },
    CronField { name: "hour", least: 0, most: 23, words: "" },
    CronField { name: "day", least: 1, most: 31, words: ", or `L` for the last" },
    CronField { name: "month", least: 1, most: 12, words: " or JAN to DEC" },
    CronField { name: "weekday", least: 0, most: 7, words: " or SUN to SAT" },
];

/// What is wrong with an expression that the parser refuses: the first field that it refuses alone.
fn wrong_field(text: &str, parser: &CronParser) -> String {
    if text.starts_with('@') {
        return format!("`{text}` is no cron expression; there is @yearly, @monthly, @weekly, @daily, @hourly");
    }
    let alone = |at: usize, part: &str| {
        let fields = (0..FIELDS.len()).map(|other| if other == at { part } else { "*" });
        fields.collect::<Vec<_>>().join(" ")
    };
    let parts = text.split_whitespace().zip(&FIELDS).enumerate();
    let wrong = parts.into_iter().find(|(at, (part, _))| parser.parse(&alone(*at, part)).is_err());
    match wrong {
        Some((_, (part, field))) => {
            let CronField { name, least, most, words } = field;
            let article = if *name == "hour" { "an" } else { "a" };
            format!(
                "`{part}` is no {name}: {article} {name} is {least} to {most}{words}; also `*`, `{least}-{}`, `{least},{}`, `*/2`",
                least + 1,
                least + 1
            )
        }
        None => format!("`{text}` is no cron expression"),
    }
}

/// Five fields instead of a nickname; anything else as it is.
pub fn in_full(expression: &str) -> &str {
    let text = expression.trim();
    match text.to_ascii_lowercase().as_str() {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        _ => text,
    }
}

/// Whether the hour of an expression is `*` or has a step: then it means "every so often" rather than a time on the wall.
pub fn follows_elapsed_time(expression: &str) -> bool {
    in_full(expression).split_whitespace().nth(1).is_some_and(|hour| hour.contains(['*', '/']))
}

/// Finds a time zone by its IANA name, in the data that is part of the program.
///
/// # Errors
/// The sentence to show, and the nearest name that exists.
pub fn time_zone(name: &str) -> Result<jiff::tz::TimeZone, (String, Option<String>)> {
    jiff::tz::TimeZone::get(name).map_err(|_| {
        let known: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
        let near = crate::diagnostic::nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
        (format!("unknown time zone `{name}`"), near)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_fields_and_nicknames_are_cron() {
        for good in ["45 19 * * *", "*/5 * * * MON-FRI", "@daily", "@Midnight", "@hourly", "0 0 29 2 *"] {
            assert!(parse(good).is_ok(), "{good}: {:?}", parse(good));
        }
    }

    #[test]
    fn what_is_not_says_why() {
        assert!(parse("").is_err_and(|error| error.contains("empty")));
        assert!(parse("0 45 19 * * *").is_err_and(|error| error.contains("this one has 6")));
        let hour = "`25` is no hour: an hour is 0 to 23; also `*`, `0-1`, `0,1`, `*/2`";
        assert_eq!(parse("0 25 * * *").unwrap_err(), hour);
        assert!(parse("61 * * * *").is_err_and(|error| error.starts_with("`61` is no minute")));
        assert!(parse("0 6 * * MON-FRY").is_err_and(|error| error.starts_with("`MON-FRY` is no weekday")));
        assert!(parse("*/0 * * * *").is_err_and(|error| error.starts_with("`*/0` is no minute")));
        assert!(parse("0 0 1 13 *").is_err_and(|error| error.starts_with("`13` is no month")));
        assert!(parse("@never").is_err_and(|error| error.contains("@daily")));
        assert!(parse("0 0 30 2 *").is_err_and(|error| error.contains("never fires")));
    }

    #[test]
    fn zones_are_known_by_name() {
        assert!(time_zone("GMT").is_ok() && time_zone("Europe/Berlin").is_ok());
        let (message, near) = time_zone("Europe/Berln").expect_err("there is no such place");
        assert_eq!((message.as_str(), near.as_deref()), ("unknown time zone `Europe/Berln`", Some("Europe/Berlin")));
    }
}
