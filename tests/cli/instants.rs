//! Seconds since 1970, time zones and intervals of hours in SQL.

use crate::project::Project;

fn queried(query: &str) -> String {
    let project = Project::new().file(
        "a.csv",
        "id,s,ms,at\n1,1666683077,1666683077250,2024-03-31T00:30:00\n2,,,\n3,-0.5,0,2024-10-27T01:30:00\n",
    );
    let project = project.pipeline(&format!(
        "version: 1\ntasks:\n  r: {{type: load, path: a.csv}}\n  a: {{type: normalize, from: r, columns: {{at: datetime}}}}\n  q:\n    type: sql\n    output: q.csv\n    sql: |\n      {query}\n"
    ));
    project.run(["run"]).exits(0);
    project.read("q.csv")
}

fn refused(query: &str) -> String {
    let project = Project::new().file("a.csv", "id,s\n1,2\n").pipeline(&format!(
        "version: 1\ntasks:\n  a: {{type: load, path: a.csv}}\n  q:\n    type: sql\n    sql: |\n      {query}\n"
    ));
    project.run(["check"]).exits(2).stderr
}

#[test]
fn seconds_since_1970_are_datetimes() {
    assert_eq!(
        queried("select id, to_timestamp(s) as s, to_timestamp(ms / 1000) as ms from a"),
        "id,s,ms\n1,2022-10-25T07:31:17,2022-10-25T07:31:17.25\n2,,\n3,1969-12-31T23:59:59.5,1970-01-01T00:00:00\n"
    );
    assert_eq!(queried("select extract(epoch from to_timestamp(1666683077)) as s"), "s\n1666683077\n");
    let said = refused("select cast(id as timestamp) as at from a");
    assert!(said.contains("seconds since 1970 are converted by `to_timestamp(…)`"), "{said}");
}

#[test]
fn milliseconds_taken_for_seconds_fail_with_the_row() {
    let project = Project::new().file("a.csv", "ms\n1\n1666683077250\n").pipeline(
        "version: 1\ntasks:\n  a: {type: load, path: a.csv}\n  q: {type: sql, sql: select to_timestamp(ms) as at from a}\n",
    );
    let said = project.run(["run"]).exits(1).stderr;
    assert!(said.contains("the seconds in row 2 are beyond the year 9999"), "{said}");
    assert!(said.contains("`to_timestamp(x / 1000)`"), "{said}");
}

#[test]
fn clocks_of_a_zone_show_the_local_time() {
    assert_eq!(
        queried("select id, at at time zone 'Europe/Berlin' as berlin, at at time zone 'Asia/Kolkata' as india from a"),
        "id,berlin,india\n1,2024-03-31T01:30:00,2024-03-31T06:00:00\n2,,\n3,2024-10-27T02:30:00,2024-10-27T07:00:00\n"
    );
    // From one zone to another; the clocks of Berlin show 02:30 twice in that night, and the first is meant.
    assert_eq!(
        queried("select timestamp '2024-10-27 02:30:00' at time zone 'Europe/Berlin' at time zone 'UTC' as x"),
        "x\n2024-10-27T00:30:00\n"
    );
    let said = refused("select to_timestamp(s) at time zone 'Europe/Berln' as x from a");
    assert!(said.contains("there is no time zone `Europe/Berln`") && said.contains("`Europe/Berlin`?"), "{said}");
}

#[test]
fn intervals_have_hours_minutes_and_seconds() {
    assert_eq!(
        queried(
            "select id, at + interval '36' hour as h, at - interval '1.5 hours' as back, date '1970-01-01' + interval '1' second * id as s from a"
        ),
        "id,h,back,s\n1,2024-04-01T12:30:00,2024-03-30T23:00:00,1970-01-01T00:00:01\n2,,,1970-01-01T00:00:02\n3,2024-10-28T13:30:00,2024-10-27T00:00:00,1970-01-01T00:00:03\n"
    );
    assert_eq!(
        queried(
            "select timestamp '1970-01-01 00:00:00' + interval '1' second * s as at, date '2024-01-31' + id * interval '1 month' as m from a"
        ),
        "at,m\n2022-10-25T07:31:17,2024-02-29\n,2024-03-31\n1969-12-31T23:59:59.5,2024-04-30\n"
    );
    let said = refused("select date '2024-01-01' + interval '1' month * 1.5 as x from a");
    assert!(said.contains("months and days are multiplied with an int"), "{said}");
    let said = refused("select date '2024-01-01' + interval '1' fortnight as x from a");
    assert!(said.contains("interval"), "{said}");
}

#[test]
fn a_group_key_that_is_a_column_and_another_alias_is_told() {
    let checked = |query: &str| {
        let project = Project::new().file("t.csv", "c,n\naa,1\nab,2\n").pipeline(&format!(
            "version: 1\ntasks:\n  t: {{type: load, path: t.csv}}\n  q:\n    type: sql\n    output: q.csv\n    sql: |\n      {query}\n"
        ));
        let told = project.run(["check"]).exits(0).stderr;
        project.run(["run"]).exits(0);
        (told.contains("`c` is grouped by the column of that name, not by the alias"), project.read("q.csv"))
    };
    let by_column = checked("select substr(c, 1, 1) as c, count(*) as n from t group by c");
    assert_eq!(by_column, (true, "c,n\na,1\na,1\n".to_owned()));
    let in_cte = checked("with x as (select upper(c) as c, count(*) as n from t group by c) select * from x");
    assert!(in_cte.0);
    for query in [
        "select substr(c, 1, 1) as c, count(*) as n from t group by 1",
        "select substr(c, 1, 1) as k, count(*) as n from t group by k",
        "select c, count(*) as n from t group by c",
        "select t.c as c, sum(n) as n from t group by c",
        "select substr(c, 1, 1) as c, count(*) as n from t group by substr(c, 1, 1)",
    ] {
        assert!(!checked(query).0, "{query}");
    }
}

#[test]
fn a_comma_that_cuts_an_expression_is_told() {
    let checked = |tasks: &str| {
        let project = Project::new().file("a.csv", "a,b\n1,x\n");
        project
            .pipeline(&format!("version: 1\ntasks:\n  t: {{type: load, path: a.csv}}\n{tasks}\n"))
            .run(["check"])
            .exits(2)
            .stderr
    };
    for (tasks, value) in [
        ("  g: {type: aggregate, from: t, metrics: {n: string_agg(b, ', '), m: max(a)}}", "string_agg(b, ', ')"),
        ("  g: {type: load, path: a.csv, columns: {a: decimal(10,2)}}", "decimal(10,2)"),
        (
            "  g: {type: aggregate, from: t, metrics: {s: sum(cast(a as decimal(10,2)))}}",
            "sum(cast(a as decimal(10,2)))",
        ),
        ("  g: {type: normalize, from: t, derive: {z: round(a, 2)}}", "round(a, 2)"),
    ] {
        let said = checked(tasks);
        let help = format!("inside `{{…}}` a comma ends the value; put it in quotes: \"{value}\"");
        assert!(said.contains(&help), "{tasks}\n{said}");
    }
}
