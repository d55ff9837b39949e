//! Schedules in words.

use std::time::Duration;

use super::{at, schedule};
use crate::schedule::in_words;
use crate::spec::Rhythm;

#[test]
fn a_schedule_reads_as_a_sentence() {
    let expressions = [
        "45 19 * * *",
        "0 6,12,18 * * *",
        "0 5 * * MON-FRI",
        "30 7 * * 6,0",
        "0 0 1 * *",
        "0 0 1,15 * *",
        "59 23 L * *",
        "*/15 * * * *",
        "* * * * *",
        "@hourly",
        "20 */6 * * *",
        "@daily",
        "@weekly",
        "0 4-8 * 3 *",
        "*/7 2 * * *",
        "0 0 29 2 1",
    ];
    let words: Vec<String> = expressions
        .iter()
        .map(|expression| {
            let rhythm = Rhythm::Cron(at((*expression).to_owned()));
            format!("{expression:16} {}", in_words(&schedule(rhythm, "GMT")))
        })
        .collect();
    insta::assert_snapshot!(words.join("\n"), @r"
    45 19 * * *      every day at 19:45 GMT
    0 6,12,18 * * *  every day at 06:00, 12:00 and 18:00 GMT
    0 5 * * MON-FRI  Monday to Friday at 05:00 GMT
    30 7 * * 6,0     every Saturday and Sunday at 07:30 GMT
    0 0 1 * *        on day 1 of every month at 00:00 GMT
    0 0 1,15 * *     on day 1 and 15 of every month at 00:00 GMT
    59 23 L * *      on the last day of every month at 23:59 GMT
    */15 * * * *     every 15 minutes
    * * * * *        every minute
    @hourly          every hour
    20 */6 * * *     every 6 hours at minute 20
    @daily           every day at 00:00 GMT
    @weekly          every Sunday at 00:00 GMT
    0 4-8 * 3 *      at minute 0, of hour 4-8, in March, GMT
    */7 2 * * *      at every 7 minutes, of hour 2, GMT
    0 0 29 2 1       at 00:00, on day 29 or Monday, in February, GMT
    ");
    assert_eq!(in_words(&schedule(Rhythm::Every(at(Duration::from_secs(5400))), "GMT")), "every 1h 30m");
}
