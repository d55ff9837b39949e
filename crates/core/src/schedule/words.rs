//! A schedule in words.

use std::time::Duration;

use crate::cron;
use crate::spec::{HumanDuration, Rhythm, Schedule};

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// `every day at 19:45 GMT`.
pub fn in_words(schedule: &Schedule) -> String {
    match &schedule.rhythm {
        Rhythm::Every(every) => format!("every {}", length(every.value)),
        Rhythm::Cron(expression) => match of_cron(cron::in_full(expression)) {
            Some((words, has_time)) if has_time => format!("{words} {}", schedule.timezone.value),
            Some((words, _)) => words,
            None => format!("{}, {}", described(expression), schedule.timezone.value),
        },
    }
}

/// A duration as it stands in a pipeline file: `1h 30m`.
pub fn length(duration: Duration) -> String {
    HumanDuration(duration).to_string()
}

/// The common forms; whether they name a time of the day.
fn of_cron(expression: &str) -> Option<(String, bool)> {
    let fields: Vec<&str> = expression.split_whitespace().collect();
    let &[minute, hour, day, month, weekday] = fields.as_slice() else { return None };
    if month != "*" {
        return None;
    }
    let days = match (day, weekday) {
        ("*", "*") => None,
        ("*", weekday) => Some(weekdays(weekday)?),
        ("L", "*") => Some("on the last day of every month".to_owned()),
        (day, "*") => Some(format!("on day {} of every month", list(&numbers(day)?))),
        _ => return None,
    };
    if let (Ok(minute), Some(hours)) = (minute.parse::<u8>(), numbers(hour)) {
        let times: Vec<String> = hours.iter().map(|hour| format!("{hour:02}:{minute:02}")).collect();
        return Some((format!("{} at {}", days.as_deref().unwrap_or("every day"), list(&times)), true));
    }
    if days.is_some() {
        return None;
    }
    let every =
        |step: u8, what: &str| if step == 1 { format!("every {what}") } else { format!("every {step} {what}s") };
    match (minute, hour) {
        (minute, "*") if minute.starts_with('*') => Some((every(step(minute, 60)?, "minute"), false)),
        ("0", hour) => Some((every(step(hour, 24)?, "hour"), false)),
        (minute, hour) => {
            let minute: u8 = minute.parse().ok()?;
            Some((format!("{} at minute {minute}", every(step(hour, 24)?, "hour")), false))
        }
    }
}

/// The n of `*/n`, 1 of `*`, where steps of that length fill the whole.
fn step(field: &str, whole: u8) -> Option<u8> {
    match field {
        "*" => Some(1),
        _ => field.strip_prefix("*/")?.parse().ok().filter(|step| *step > 0 && whole.is_multiple_of(*step)),
    }
}

/// A list of at most four numbers.
fn numbers(field: &str) -> Option<Vec<u8>> {
    let mut numbers: Vec<u8> = field.split(',').map(|one| one.parse().ok()).collect::<Option<_>>()?;
    numbers.sort_unstable();
    numbers.dedup();
    (numbers.len() <= 4).then_some(numbers)
}

fn weekdays(field: &str) -> Option<String> {
    let day = |text: &str| {
        let number = text.parse::<usize>().ok().map(|number| number % 7);
        let named = || DAYS.iter().position(|day| day[..3].eq_ignore_ascii_case(text));
        number.or_else(named).map(|number| DAYS[number])
    };
    if let Some((first, last)) = field.split_once('-') {
        return Some(format!("{} to {}", day(first)?, day(last)?));
    }
    let days: Vec<&str> = field.split(',').map(day).collect::<Option<_>>()?;
    Some(format!("every {}", list(&days)))
}

/// `a, b and c`.
fn list<T: ToString>(items: &[T]) -> String {
    let texts: Vec<String> = items.iter().map(T::to_string).collect();
    match texts.as_slice() {
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        _ => texts.concat(),
    }
}

/// What the cron library says of an expression of another form, as the rest of a sentence.
fn described(expression: &str) -> String {
    let text = cron::parse(expression).map(|cron| cron.describe()).unwrap_or_default();
    let text = text.trim_end_matches('.');
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
