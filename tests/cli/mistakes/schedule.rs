//! Schedules and durations that cannot be.

use super::check;

fn scheduled(schedule: &str) -> String {
    check(&format!("version: 1\nschedule: {schedule}\ntasks:\n  orders: {{type: load, path: data/orders.csv}}\n"))
}

#[test]
fn bad_cron() {
    insta::assert_snapshot!(scheduled("61 * * * *"), @r"
    error: `61` is no minute: a minute is 0 to 59; also `*`, `0-1`, `0,1`, `*/2`
     --> pipeline.yaml:2:11
      |
    2 | schedule: 61 * * * *
      |           ^^^^^^^^^^

    1 error
    ");
    insta::assert_snapshot!(scheduled("{cron: every evening}"), @r"
    error: a cron expression has five fields (minute hour day month weekday), this one has 2
     --> pipeline.yaml:2:18
      |
    2 | schedule: {cron: every evening}
      |                  ^^^^^^^^^^^^^

    1 error
    ");
}

#[test]
fn an_impossible_date() {
    insta::assert_snapshot!(scheduled("{cron: 0 0 31 2 *}"), @r"
    error: this cron expression never fires: its days do not exist
     --> pipeline.yaml:2:18
      |
    2 | schedule: {cron: 0 0 31 2 *}
      |                  ^^^^^^^^^^

    1 error
    ");
}

#[test]
fn an_unknown_time_zone() {
    insta::assert_snapshot!(scheduled("{cron: 0 5 * * *, timezone: Europe/Pariss}"), @r"
    error: unknown time zone `Europe/Pariss`
     --> pipeline.yaml:2:39
      |
    2 | schedule: {cron: 0 5 * * *, timezone: Europe/Pariss}
      |                                       ^^^^^^^^^^^^^
      |
      = help: did you mean `Europe/Paris`?

    1 error
    ");
}

#[test]
fn a_bad_interval_and_words() {
    insta::assert_snapshot!(scheduled("{every: 15 minuts, catchup: some, overlap: never}"), @r"
    error: `15 minuts` is no duration: write it as `90s`, `10m`, `1h30m` or `7d`
     --> pipeline.yaml:2:19
      |
    2 | schedule: {every: 15 minuts, catchup: some, overlap: never}
      |                   ^^^^^^^^^

    error: `some` is not known here: expected `none`, `latest` or `all`
     --> pipeline.yaml:2:39
      |
    2 | schedule: {every: 15 minuts, catchup: some, overlap: never}
      |                                       ^^^^

    error: `never` is not known here: expected `skip`, `queue` or `cancel`
     --> pipeline.yaml:2:54
      |
    2 | schedule: {every: 15 minuts, catchup: some, overlap: never}
      |                                                      ^^^^^

    3 errors
    ");
}

#[test]
fn bad_durations() {
    insta::assert_snapshot!(check(
        "
        version: 1
        defaults: {timeout: 10}
        tasks:
          orders:
            type: load
            path: data/orders.csv
            timeout: 5 parsecs
            retries: {max: 2, delay: soon, jitter: 2}
            cache: {ttl: -1h}
        "
    ), @r"
    error: expected a duration such as `90s` or `1h30m`, found the number 10
     --> pipeline.yaml:2:21
      |
    2 | defaults: {timeout: 10}
      |                     ^^

    error: `5 parsecs` is no duration: write it as `90s`, `10m`, `1h30m` or `7d`
     --> pipeline.yaml:7:14
      |
    7 |     timeout: 5 parsecs
      |              ^^^^^^^^^

    error: `soon` is no duration: write it as `90s`, `10m`, `1h30m` or `7d`
     --> pipeline.yaml:8:30
      |
    8 |     retries: {max: 2, delay: soon, jitter: 2}
      |                              ^^^^

    error: 2 is too large: the most is 1
     --> pipeline.yaml:8:44
      |
    8 |     retries: {max: 2, delay: soon, jitter: 2}
      |                                            ^

    error: a duration cannot be negative
     --> pipeline.yaml:9:18
      |
    9 |     cache: {ttl: -1h}
      |                  ^^^

    5 errors
    ");
}
