//! The timetable, against looking at every minute and at places that are known.

use std::time::{Duration, Instant};

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::corpus::{YEARS, expressions};
use super::oracle::Minutes;
use super::{at, instant, schedule, timetable, zone};
use crate::schedule::{Timetable, Wall};
use crate::spec::Rhythm;

fn year(zone: &TimeZone, year: i16) -> (Timestamp, Timestamp) {
    let start = |year| date(year, 1, 1).to_zoned(zone.clone()).expect("in range").timestamp();
    // Up to the second day of the next year: a change may lie at its very beginning.
    (start(year), start(year + 1) + SignedDuration::from_hours(24))
}

/// Compares the fires between two instants; how many there are.
fn compare(expression: &str, name: &str, minutes: &Minutes, from: Timestamp, to: Timestamp) -> usize {
    let timetable = timetable(expression, name);
    let before = from - SignedDuration::from_nanos(1);
    let found: Vec<Timestamp> = timetable.after(before).take_while(|fire| *fire < to).collect();
    let expected = minutes.fires(expression);
    if found != expected {
        let differ = found.iter().zip(&expected).find(|(found, expected)| found != expected);
        panic!("`{expression}` in {name} from {from}: {} fires, expected {}: {differ:?}", found.len(), expected.len());
    }
    found.len()
}

/// Every expression around every change of the clocks, and some through whole years. `TIDEMILL_CALENDAR=all` takes all of them
/// through whole years.
#[test]
fn fires_are_those_found_by_looking_at_every_minute() {
    let all = std::env::var_os("TIDEMILL_CALENDAR").is_some_and(|value| value == "all");
    let expressions = expressions();
    assert!(expressions.len() >= 300, "{}", expressions.len());
    let (mut fires, mut compared, began) = (0, 0, Instant::now());
    for (at, (name, of)) in YEARS.into_iter().enumerate() {
        let zone = zone(name);
        let (from, to) = year(&zone, of);
        let minutes = Minutes::between(&zone, from, to);
        for expression in
            expressions.iter().enumerate().filter(|(nth, _)| all || nth % 131 == at * 10).map(|(_, one)| one)
        {
            fires += compare(expression, name, &minutes, from, to);
            compared += 1;
        }
        let changes = zone.following(from - SignedDuration::from_hours(24)).map(|change| change.timestamp());
        for change in changes.take_while(|change| *change < to).filter(|_| !all) {
            let (from, to) = (change - SignedDuration::from_hours(26), change + SignedDuration::from_hours(26));
            let minutes = Minutes::between(&zone, from, to);
            for expression in &expressions {
                fires += compare(expression, name, &minutes, from, to);
                compared += 1;
            }
        }
    }
    println!("{} expressions, {compared} comparisons, {fires} fires in {:?}", expressions.len(), began.elapsed());
}

#[test]
fn a_time_that_does_not_exist_fires_at_the_end_of_the_gap() {
    let paris = timetable("30 2 * * *", "Europe/Paris");
    let fires: Vec<Timestamp> = paris.after(instant("2024-03-30T00:00:00Z")).take(3).collect();
    assert_eq!(fires, ["2024-03-30T01:30:00Z", "2024-03-31T01:00:00Z", "2024-04-01T00:30:00Z"].map(instant));
    assert_eq!(fires.iter().map(|fire| paris.wall(*fire)).collect::<Vec<_>>(), [Wall::Plain, Wall::Gap, Wall::Plain]);
    assert_eq!(paris.shifts(fires[1])[0].by, SignedDuration::from_hours(1));
    let apia = timetable("45 19 * * *", "Pacific/Apia");
    let fires: Vec<String> = apia
        .after(instant("2011-12-29T12:00:00Z"))
        .take(3)
        .map(|fire| fire.to_zoned(zone("Pacific/Apia")).strftime("%d %H:%M").to_string())
        .collect();
    assert_eq!(fires, ["29 19:45", "31 00:00", "31 19:45"]);
}

#[test]
fn a_time_that_exists_twice_fires_at_the_first() {
    let york = timetable("30 1 * * *", "America/New_York");
    let fires: Vec<Timestamp> = york.after(instant("2024-11-03T00:00:00Z")).take(2).collect();
    assert_eq!(fires, ["2024-11-03T05:30:00Z", "2024-11-04T06:30:00Z"].map(instant));
    assert_eq!(york.wall(fires[0]), Wall::First);
    let hourly = timetable("30 * * * *", "America/New_York");
    let fires: Vec<Timestamp> = hourly.after(instant("2024-11-03T04:45:00Z")).take(3).collect();
    assert_eq!(fires, ["2024-11-03T05:30:00Z", "2024-11-03T06:30:00Z", "2024-11-03T07:30:00Z"].map(instant));
    assert_eq!(
        fires.iter().map(|fire| hourly.wall(*fire)).collect::<Vec<_>>(),
        [Wall::First, Wall::Second, Wall::Plain]
    );
}

fn every(length: Duration) -> Timetable {
    Timetable::new(&schedule(Rhythm::Every(at(length)), "Europe/Paris")).expect("a good schedule")
}

#[test]
fn intervals_follow_elapsed_time() {
    let quarter = every(Duration::from_secs(900));
    let fires: Vec<Timestamp> = quarter.after(instant("2024-03-31T00:50:00Z")).take(3).collect();
    assert_eq!(fires, ["2024-03-31T01:00:00Z", "2024-03-31T01:15:00Z", "2024-03-31T01:30:00Z"].map(instant));
    assert_eq!(quarter.wall(fires[0]), Wall::Plain);
    assert_eq!(quarter.next(instant("1969-12-31T23:59:59.5Z")), Some(Timestamp::UNIX_EPOCH));
    assert_eq!(quarter.next(Timestamp::MAX), None);
}

#[test]
fn the_latest_of_many_are_found_without_looking_at_all() {
    let (from, to) = (instant("1970-01-01T00:00:00Z"), instant("2024-11-20T19:45:30Z"));
    for timetable in [timetable("* * * * *", "Europe/Paris"), every(Duration::from_secs(60))] {
        let (latest, left_out) = timetable.latest(from, to, 3);
        assert_eq!(latest, ["2024-11-20T19:43:00Z", "2024-11-20T19:44:00Z", "2024-11-20T19:45:00Z"].map(instant));
        assert!(left_out);
    }
    let yearly = timetable("@yearly", "UTC");
    assert_eq!(yearly.latest(from, to, 1), ([instant("2024-01-01T00:00:00Z")].into(), true));
    assert!(!yearly.latest(instant("2022-01-01T00:00:00Z"), to, 3).1);
    assert_eq!(yearly.latest(to, to, 2), ([].into(), false));
}
