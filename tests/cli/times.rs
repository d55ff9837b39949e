//! Dates and times: offsets, and formats that fit nothing or several things.

use crate::project::Project;

const OFFSETS: &str = "id,at\n1,2020-01-01T12:34:00+05:00\n2,2020-01-01T12:34:00+06:00\n3,2020-01-01T23:34:00-08:00\n4,2020-01-01T12:34:00Z\n";

const UTC: &str = "id,at\n1,2020-01-01T07:34:00\n2,2020-01-01T06:34:00\n3,2020-01-02T07:34:00\n4,2020-01-01T12:34:00\n";

#[test]
fn what_has_an_offset_is_one_instant_in_utc() {
    let project = Project::new().file("a.csv", OFFSETS).pipeline(
        "
        version: 1
        tasks:
          raw: {type: load, path: a.csv}
          iso: {type: normalize, from: raw, columns: {at: datetime}, output: iso.csv}
          format:
            type: normalize
            from: raw
            columns: {at: {type: datetime, format: '%Y-%m-%dT%H:%M:%S%:z'}}
            output: format.csv
          contract: {type: load, path: a.csv, columns: {at: datetime}, output: contract.csv}
          cast: {type: sql, sql: 'select id, cast(at as timestamp) as at from raw', output: cast.csv}
          day: {type: sql, sql: 'select id, cast(at as date) as at from raw', output: day.csv}
          read_day:
            type: normalize
            from: raw
            columns: {at: {type: date, format: '%Y-%m-%dT%H:%M:%S%:z'}}
            output: read_day.csv
        ",
    );
    project.run(["run"]).exits(0);
    for file in ["iso.csv", "format.csv", "contract.csv", "cast.csv"] {
        assert_eq!(project.read(file), UTC, "{file}");
    }
    for file in ["day.csv", "read_day.csv"] {
        assert_eq!(project.read(file), "id,at\n1,2020-01-01\n2,2020-01-01\n3,2020-01-02\n4,2020-01-01\n", "{file}");
    }
}

#[test]
fn json_contracts_and_times_of_day_know_offsets_too() {
    let lines = OFFSETS.lines().skip(1).map(|line| line.split_once(',').unwrap());
    let objects: Vec<String> = lines.map(|(id, at)| format!("{{\"id\": {id}, \"at\": \"{at}\"}}\n")).collect();
    let project =
        Project::new().file("a.ndjson", objects.concat()).file("t.csv", "t\n01:30+02:00\n08:15:00Z\n").pipeline(
            "
        version: 1
        tasks:
          a: {type: load, path: a.ndjson, columns: {at: datetime}, output: a.csv}
          t: {type: load, path: t.csv, columns: {t: time}, output: t2.csv}
          u: {type: load, path: t.csv}
          n: {type: normalize, from: u, columns: {t: time}, output: t3.csv}
        ",
        );
    project.run(["run"]).exits(0);
    assert_eq!(project.read("a.csv"), UTC);
    assert_eq!(project.read("t2.csv"), "t\n23:30:00\n08:15:00\n");
    assert_eq!(project.read("t3.csv"), project.read("t2.csv"));
}

#[test]
fn a_zone_without_an_offset_is_no_instant() {
    let project = Project::new().file("a.csv", "at\n2020-01-01T12:34:00[Europe/Berlin]\n").pipeline(
        "
        version: 1
        tasks:
          raw: {type: load, path: a.csv}
          iso: {type: normalize, from: raw, columns: {at: datetime}}
        ",
    );
    let stderr = project.run(["run"]).exits(1).stderr;
    assert!(stderr.contains("\"2020-01-01T12:34:00[Europe/Berlin]\" is not a datetime"), "{stderr}");
}

#[test]
fn formats_that_can_give_nothing_are_refused_where_they_stand() {
    let project = Project::new().file("a.csv", "a,b,c,d\nx,y,z,w\n").pipeline(
        "
        version: 1
        tasks:
          raw: {type: load, path: a.csv}
          typed:
            type: normalize
            from: raw
            columns:
              a: {type: date, format: [\"%Y-%m-%d\", \"%Y-%m\"]}
              b: {type: date, format: \"%H\"}
              c: {type: datetime, format: \"%Y-%m-%d %I:%M\"}
              d: {type: time, format: \"%M:%S\"}
          own: {type: normalize, from: raw, columns: {d: {format: \"%Y-%m-%d\"}}}
        ",
    );
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r#"
    error: no date can be read by the format `%Y-%m`
     --> pipeline.yaml:8:44
      |
    8 |       a: {type: date, format: ["%Y-%m-%d", "%Y-%m"]}
      |                                            ^^^^^^^ it does not say the year and the day
      |
      = help: a date is `%d.%m.%Y` for 31.12.2024

    error: no date can be read by the format `%H`
     --> pipeline.yaml:9:31
      |
    9 |       b: {type: date, format: "%H"}
      |                               ^^^^ it does not say the year and the day
      |
      = help: a date is `%d.%m.%Y` for 31.12.2024

    error: no datetime can be read by the format `%Y-%m-%d %I:%M`
      --> pipeline.yaml:10:35
       |
    10 |       c: {type: datetime, format: "%Y-%m-%d %I:%M"}
       |                                   ^^^^^^^^^^^^^^^^ its hours are those of half a day: `%I` needs `%p`
       |
       = help: a datetime is `%d.%m.%Y %H:%M` for 31.12.2024 23:59, `%Y-%m-%dT%H:%M:%S%:z` for 2024-12-31T23:59:00+01:00

    error: no time can be read by the format `%M:%S`
      --> pipeline.yaml:11:31
       |
    11 |       d: {type: time, format: "%M:%S"}
       |                               ^^^^^^^ it does not say the hour
       |
       = help: a time is `%H:%M` for 23:59

    error: `format` has no meaning for string
      --> pipeline.yaml:12:59
       |
    12 |   own: {type: normalize, from: raw, columns: {d: {format: "%Y-%m-%d"}}}
       |                                                           ^^^^^^^^^^ column `d`
       |
       = help: only dates, datetimes and times are read by a format

    5 errors
    "#);
}

#[test]
fn a_value_that_two_formats_read_differently_is_counted_and_shown() {
    let day_or_month = |formats: &str| {
        let project = Project::new()
            .file("a.csv", "day\n29.01.1945\n02.03.1945\n12/31/2024\n03/04/2024\n13/04/2024\n05/05/2024\n03/04/2024\n")
            .pipeline(&format!(
                "
                version: 1
                tasks:
                  raw: {{type: load, path: a.csv}}
                  typed:
                    type: normalize
                    from: raw
                    columns: {{day: {{type: date, format: [{formats}]}}}}
                    output: typed.csv
                "
            ));
        project.run(["run"]).exits(0).warnings()
    };
    insta::assert_snapshot!(day_or_month("'%m/%d/%Y', '%d/%m/%Y', '%d.%m.%Y'"), @r#"warning typed: 2 values of day fit several formats with different results, and the first format was taken: "03/04/2024" is 2024-03-04 by %m/%d/%Y, and 2024-04-03 by %d/%m/%Y"#);
    insta::assert_snapshot!(day_or_month("'%d/%m/%Y', '%m/%d/%Y', '%d.%m.%Y'"), @r#"warning typed: 2 values of day fit several formats with different results, and the first format was taken: "03/04/2024" is 2024-04-03 by %d/%m/%Y, and 2024-03-04 by %m/%d/%Y"#);
}

#[test]
fn datetimes_and_times_are_told_too_and_a_map_decides() {
    let project = Project::new().file("a.csv", "at,t\n03/04/24 10:00,10.15\n2024-05-05 01:02,11:20\n").pipeline(
        "
        version: 1
        tasks:
          raw: {type: load, path: a.csv}
          typed:
            type: normalize
            from: raw
            columns:
              at: {type: datetime, format: ['%m/%d/%y %H:%M', '%d/%m/%y %H:%M', '%F %H:%M']}
              t: {type: time, format: ['%H.%M', '%M.%H', '%H:%M']}
            output: typed.csv
          mapped:
            type: normalize
            from: raw
            columns: {at: {type: datetime, format: ['%m/%d/%y %H:%M', '%d/%m/%y %H:%M', '%F %H:%M'], map: {03/04/24 10:00: '2024-04-03T10:00:00'}}}
            select: [at]
            output: mapped.csv
        ",
    );
    insta::assert_snapshot!(project.run(["run", "-j", "1"]).exits(0).warnings(), @r#"
    warning typed: 1 value of at fits several formats with different results, and the first format was taken: "03/04/24 10:00" is 2024-03-04T10:00:00 by %m/%d/%y %H:%M, and 2024-04-03T10:00:00 by %d/%m/%y %H:%M
    warning typed: 1 value of t fits several formats with different results, and the first format was taken: "10.15" is 10:15:00 by %H.%M, and 15:10:00 by %M.%H
    "#);
    assert_eq!(project.read("typed.csv"), "at,t\n2024-03-04T10:00:00,10:15:00\n2024-05-05T01:02:00,11:20:00\n");
    assert_eq!(project.read("mapped.csv"), "at\n2024-04-03T10:00:00\n2024-05-05T01:02:00\n");
}

#[test]
fn seconds_since_1970_are_read_by_a_format() {
    let project = Project::new().file("t.csv", "at\n1700000000\n-5\n1700000000.5\n1700000000123456\n").pipeline(
        "
        version: 1
        tasks:
          t: {type: load, path: t.csv, columns: {at: string}}
          n: {type: normalize, from: t, columns: {at: {type: datetime, format: '%s'}}, on_invalid: 'null', output: n.csv}
          d: {type: normalize, from: t, columns: {at: {type: date, format: '%s'}}, on_invalid: 'null', output: d.csv}
        ",
    );
    project.run(["run"]).exits(0);
    assert_eq!(project.read("n.csv"), "at\n2023-11-14T22:13:20\n1969-12-31T23:59:55\n\n\n");
    assert_eq!(project.read("d.csv"), "at\n2023-11-14\n1969-12-31\n\n\n");
}

#[test]
fn a_date_with_a_time_of_day_is_no_date_and_the_way_is_named() {
    let project = Project::new().file("t.csv", "at\n2024-01-02T03:04:05Z\n").pipeline(
        "
        version: 1
        tasks:
          t: {type: load, path: t.csv}
          n: {type: normalize, from: t, columns: {at: date}}
        ",
    );
    let story = project.run(["run"]).exits(1).stderr;
    assert!(story.contains("help: it has a time of day: make it a `datetime`"), "{story}");
}

#[test]
fn a_day_alone_is_no_time_of_day_and_no_clock_is_a_day_from_utc() {
    let rows = "v\n2024-01-01\n20240101\n2024-01-01T10:15:00\n2024-01-01T10:15:00+25:00\n2024-01-01T10:15:00-24:00\n2024-01-01T10:15:00+23:59\n";
    let project = Project::new().file("t.csv", rows).pipeline(
        "
        version: 1
        tasks:
          t: {type: load, path: t.csv, columns: {v: string}}
          time: {type: normalize, from: t, columns: {v: time}, on_invalid: 'null', output: time.csv}
          at: {type: normalize, from: t, columns: {v: datetime}, on_invalid: 'null', output: at.csv}
        ",
    );
    project.run(["run"]).exits(0);
    assert_eq!(project.read("time.csv"), "v\n\n\n10:15:00\n\n\n10:16:00\n");
    let day = "2024-01-01T00:00:00\n";
    assert_eq!(project.read("at.csv"), format!("v\n{day}{day}2024-01-01T10:15:00\n\n\n2023-12-31T10:16:00\n"));
}
