//! The expressions, zones and years that the timetable is tried on.

/// Minute and hour.
const TIMES: [&str; 24] = [
    "0 0",
    "30 2",
    "0 3",
    "59 1",
    "15 2",
    "0,30 2",
    "0,30 2,3",
    "*/15 2",
    "* 2",
    "0 1-4",
    "5 */2",
    "0 */6",
    "*/7 *",
    "* *",
    "30 *",
    "45 19",
    "10-20/5 23",
    "1-59/2 1",
    "0 2-3",
    "*/20 0-6",
    "0 4-22/3",
    "17 12",
    "59 23",
    "0,15,30,45 1,2,3",
];

/// Day, month and weekday.
const DAYS: [&str; 16] = [
    "* * *",
    "* * MON-FRI",
    "* * 0",
    "1 * *",
    "L * *",
    "29 2 *",
    "1,15 * 5",
    "*/2 * *",
    "30,31 * *",
    "* 3,10 sun",
    "* MAR-APR *",
    "* * 0L",
    "* * 1#2",
    "28-31 3,10 *",
    "30 12 *",
    "? * sat,7",
];

const NICKNAMES: [&str; 7] = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// Zones with a year in which their clocks change, or one in which nothing happens.
pub const YEARS: [(&str, i16); 13] = [
    ("Europe/Paris", 2024),
    ("Europe/Paris", 2011),
    ("America/New_York", 2024),
    ("America/New_York", 2011),
    ("Australia/Lord_Howe", 2024),
    ("Australia/Lord_Howe", 2011),
    // The day 2011-12-30 was left out.
    ("Pacific/Apia", 2011),
    ("Pacific/Apia", 2012),
    ("Asia/Kathmandu", 2024),
    // A quarter of an hour was left out.
    ("Asia/Kathmandu", 1986),
    ("UTC", 2024),
    ("UTC", 2011),
    ("Africa/Casablanca", 2024),
];

/// All expressions.
pub fn expressions() -> Vec<String> {
    let product = TIMES.iter().flat_map(|time| DAYS.iter().map(move |days| format!("{time} {days}")));
    product.chain(NICKNAMES.map(str::to_owned)).collect()
}
