//! `checks`: what must hold, and what is said when it does not.

use crate::project::Project;

fn checked(checks: &str) -> Project {
    Project::new()
        .file("t.csv", "id,country,n\n1,FR,5\n1,FR,-2\n2,XX,\n,de,120\n")
        .file("c.csv", "code\nFR\nDE\n")
        .pipeline(&format!(
            "version: 1\nname: checked\ntasks:\n  c: {{type: load, path: c.csv}}\n  t:\n    type: load\n    path: t.csv\n    output: out.csv\n    checks:\n{checks}"
        ))
}

const ALL: &str = "      - not_null: [id, country]
      - unique: [id, country]
      - accepted_values: {country: [FR, DE]}
      - range: {n: {min: 0, max: 100}}
      - matches: {country: '^[A-Z]{2}$'}
      - row_count: {min: 10}
      - relationship: {country: c.code}
      - {expr: n > 0, name: something was sold}
";

#[test]
fn a_broken_error_check_fails_the_task_before_it_publishes() {
    let project = checked(ALL);
    insta::assert_snapshot!(project.run(["run", "-j", "1"]).exits(1).stderr, @r#"
    done    c  2 rows  [time]
    failed  t  not_null: id: 1 row does not hold: id=NULL, country="de", n=120
      task  rows in  rows out  rejected  time
      c           2         2  [time]
      t                                  failed

    error task t (load): not_null: id: 1 row does not hold: id=NULL, country="de", n=120
    unique: id, country: 2 rows do not hold: id=1, country="FR"
    accepted_values: country: 2 rows do not hold: country="XX"; country="de"
    range: n >= 0: 1 row does not hold: n=-2
    range: n <= 100: 1 row does not hold: n=120
    matches: country ^[A-Z]{2}$: 1 row does not hold: country="de"
    row_count: expected at least 10 rows, found 4
    relationship: country in c.code: 2 rows do not hold: country="XX"; country="de"
    something was sold: 1 row does not hold: n=-2
      log: logs/[run]/t.log

    failed in [time]: 1 ran, 1 failed
    "#);
    assert!(!project.has("out.csv"));
}

#[test]
fn a_broken_warning_is_told_and_the_task_goes_on() {
    let warn: String = ALL
        .lines()
        .map(|line| match line.strip_suffix('}').filter(|_| line.contains("- {")) {
            Some(flow) => format!("{flow}, severity: warn}}\n"),
            None => format!("{line}\n        severity: warn\n"),
        })
        .collect();
    let project = checked(&warn);
    insta::assert_snapshot!(project.run(["run", "-j", "1"]).exits(0).stderr, @r#"
    done    c  2 rows  [time]
    done    t  4 rows  [time]
      task  rows in  rows out  rejected  time
      c           2         2  [time]
      t           4         4  [time]

    warning t: check `not_null: id`: 1 row does not pass, such as id=NULL, country="de", n=120
    warning t: check `unique: id, country`: 2 rows do not pass, such as id=1, country="FR"
    warning t: check `accepted_values: country`: 2 rows do not pass, such as country="XX"; country="de"
    warning t: check `range: n >= 0`: 1 row does not pass, such as n=-2
    warning t: check `range: n <= 100`: 1 row does not pass, such as n=120
    warning t: check `matches: country ^[A-Z]{2}$`: 1 row does not pass, such as country="de"
    warning t: check `row_count`: expected at least 10 rows, found 4
    warning t: check `relationship: country in c.code`: 2 rows do not pass, such as country="XX"; country="de"
    warning t: check `something was sold`: 1 row does not pass, such as n=-2

    Results
      ./  out.csv

    done in [time]: 2 ran
    "#);
    assert!(project.has("out.csv"));
}

#[test]
fn what_holds_is_not_mentioned() {
    let project =
        checked("      - not_null: country\n      - row_count: {min: 1, max: 4}\n      - range: {n: {max: 120}}\n");
    let outcome = project.run(["run", "-j", "1"]).exits(0);
    assert!(!outcome.stderr.contains("check"), "{}", outcome.stderr);
}
