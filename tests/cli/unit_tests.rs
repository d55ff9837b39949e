//! `tidemill test`.

use serde_json::Value;

use crate::project::Project;

const TASKS: &str = "
version: 1
name: shop
params: {factor: 2}
tasks:
  raw: {type: load, path: raw.csv, columns: {id: int, name: string, day: date, price: 'decimal(10,2)', weight: float, sold: bool}}
  clean:
    type: normalize
    from: raw
    reject: [{where: id < 0, reason: below zero}]
    checks: [{not_null: [id]}]
  priced: {type: sql, sql: 'select id, name, day, price * ${{ params.factor }} as price, weight from clean order by id', output: out/priced.csv}
  listed: {type: command, run: 'echo n > list.csv', outputs: {list: list.csv}, table: list}
  both: {type: sql, sql: 'select * from listed'}
  mail: {type: email, to: a@example.com, subject: x, body: '${{ tasks.priced.rows }}', depends_on: [priced]}
";

/// The pipeline with these tests, without its source.
fn with(tests: &str) -> Project {
    Project::new().pipeline(&format!("{TASKS}tests:\n{tests}"))
}

/// What `test` says of a single test.
fn told(test: &str, code: i32) -> String {
    let ran = with(test).run(["test"]).exits(code);
    format!("{}{}", ran.stdout, ran.stderr)
}

#[test]
fn what_lies_between_is_computed_and_nothing_else_happens() {
    let project = with(
        "
  all of it:
    given: {raw: [{id: 2, name: b, day: 2024-02-29, price: 1.5}, {id: -1}, {id: 1, weight: 0.1}]}
    expect:
      priced: [{id: 1, name: null, price: null, weight: 0.1}, {id: 2, name: b, day: 2024-02-29, price: 3.00}]
      rejects: {clean: [{_row: 2, id: -1, _reason: below zero}]}
  with another factor:
    params: {factor: 10}
    given: {raw: [{id: 2, price: 1.5}]}
    expect: {priced: [{price: 15}]}
  behind a command:
    given: {listed: [{n: 7, m: 1.5, d: 2024-01-01, s: x, z: null}]}
    expect: {both: [{n: 7, m: 1.5, d: 2024-01-01, s: x, z: null}]}
",
    );
    let before = project.files(".");
    let ran = project.run(["test"]).exits(0);
    assert_eq!(ran.stdout.matches("ok  ").count(), 3, "{}", ran.stdout);
    assert!(ran.stderr.contains("3 tests passed"), "{}", ran.stderr);
    assert_eq!(project.files("."), before);
}

#[test]
fn a_difference_shows_the_cell() {
    let difference = "
  wrong:
    given: {raw: [{id: 1, name: a, price: 1}, {id: 2, name: '', price: 2}, {id: 4}]}
    expect: {priced: [{id: 1, name: a, price: 2}, {id: 2, name: null, price: 5}, {id: 3, name: c, price: 1}, {id: 4, name: null, price: null}]}
";
    let ran = with(difference).run(["test"]).exits(1);
    let shown: Vec<&str> = ran.stdout.lines().skip(1).collect();
    assert_eq!(
        shown.join("\n"),
        "        pipeline.yaml:17
        priced: 2 rows differ; 4 rows expected, 3 found
          row  id  name       price
          2    2   NULL → ''  5 → 4.00
          3    3   c          1         missing"
    );
    let object: Value = serde_json::from_str(&with(difference).run(["test", "--json"]).exits(1).stdout).expect("JSON");
    assert_eq!(object["status"], "failed");
    assert_eq!(object["differences"][0]["rows"][0]["found"], serde_json::json!(["2", "", "4.00"]));
    assert_eq!(object["differences"][0]["rows"][1]["found"], Value::Null);
}

#[test]
fn less_than_all_rows_can_be_expected() {
    let given = "given: {raw: [{id: 3}, {id: 1}, {id: 1}]}";
    for (expected, code, words) in [
        ("{rows: 3}", 0, "ok"),
        ("{rows: 2}", 1, "2 rows expected, 3 rows found"),
        ("{contains: [{id: 3}, {id: 1}]}", 0, "ok"),
        ("{contains: [{id: 3}, {id: 3}]}", 1, "1 row is not among those found"),
        ("{columns: [id], rows: [{id: 1}, {id: 1}, {id: 3}]}", 0, "ok"),
        ("[{id: 3}, {id: 1}, {id: 1}]", 1, "the same rows in another order"),
        ("[]", 1, "0 rows expected, 3 rows found"),
    ] {
        let told = told(&format!("  t:\n    {given}\n    expect: {{priced: {expected}}}\n"), code);
        assert!(told.contains(words), "{expected}: {told}");
    }
}

#[test]
fn files_stand_for_tables() {
    let tests = "  t:\n    given: {raw: {file: given.csv}}\n    expect: {priced: {file: expected.csv}}\n";
    let project = with(tests).file("given.csv", "id,price\n5,1.5\n").file("expected.csv", "id,price\n5,3\n");
    project.run(["test"]).exits(0);
    let project = project.file("expected.csv", "id,price\n5,3.5\n");
    let told = project.run(["test"]).exits(1).stdout;
    assert!(told.contains("3.50 → 3.00"), "{told}");
    let project = project.file("given.csv", "id,prize\n5,1.5\n");
    let told = project.run(["test"]).exits(1).stdout;
    assert!(told.contains("`raw` has no column `prize`") && told.contains("did you mean `price`?"), "{told}");
}

#[test]
fn mistakes_are_told_where_they_stand_before_anything_is_computed() {
    let source = ("raw.csv", "id,name,day,price,weight,sold\n1,a,2024-01-01,1.00,0.5,true\n");
    for (test, words, place) in [
        ("given: {rav: []}\n    expect: {priced: []}", "there is no task `rav`", "17:13"),
        ("given: {raw: [{nam: x}]}\n    expect: {priced: []}", "`raw` has no column `nam`", "17:20"),
        ("given: {raw: [{day: 2024-13-01}]}\n    expect: {priced: []}", "`day` is date in `raw`", "17:25"),
        ("expect: {priced: [{prize: 1}]}", "`priced` has no column `prize`", "17:24"),
        ("expect: {both: []}", "`listed` runs a command", "17:14"),
        ("expect: {mail: []}", "`mail` makes no table", "17:14"),
        ("expect: {}", "the test `t` expects nothing", "16:3"),
        ("params: {factr: 1}\n    expect: {priced: []}", "there is no parameter `factr`", "17:14"),
        ("expect: {priced: {rowz: 1}}", "unknown key `rowz`", "17:23"),
        ("exspect: {priced: []}", "unknown key `exspect`", "17:5"),
    ] {
        let said = with(&format!("  t:\n    {test}\n")).file(source.0, source.1).run(["check"]).exits(2).stderr;
        assert!(said.contains(words) && said.contains(&format!("pipeline.yaml:{place}")), "{test}: {said}");
    }
    let project = with("  t: {expect: {priced: [{id: 1}]}}\n").file(source.0, source.1);
    assert!(project.run(["check"]).exits(0).stderr.contains("6 tasks, 1 test, no mistakes"));
    project.run(["test"]).exits(0);
}

#[test]
fn a_task_that_fails_ends_its_test_with_the_message() {
    let said = told("  t: {given: {raw: [{id: null}]}, tasks: [clean], expect: {clean: {rows: 1}}}\n", 1);
    assert!(said.contains("error   t") && said.contains("`clean` failed: not_null: id: 1 row"), "{said}");
}

#[test]
fn names_choose_tests_and_junit_is_xml() {
    let tests = "
  'one & <only>': {given: {raw: []}, expect: {priced: []}}
  another one: {given: {raw: []}, expect: {priced: {rows: 1}}}
  a third: {given: {raw: [{id: null}]}, expect: {clean: []}}
";
    let project = with(tests);
    assert!(project.run(["test", "third"]).exits(1).stderr.contains("1 of 1 test"));
    let broken = with("  t: {given: {raw: [{idd: 1}]}, expect: {priced: {rowz: 1}}}\n").run(["test"]).exits(2).stderr;
    assert!(broken.contains("rowz") && !broken.contains("raw.csv"), "a source that is missing is no matter: {broken}");
    let said = project.run(["test", "thrd"]).exits(2).stderr;
    assert!(said.contains("there is no test `thrd`"), "{said}");
    project.run(["test", "--junit", "results.xml"]).exits(1);
    let text = project.read("results.xml");
    assert!(text.contains(r#"tests="3" failures="1" errors="1""#), "{text}");
    assert!(
        text.contains(r#"<testcase name="one &amp; &lt;only&gt;" classname="shop" file="pipeline.yaml""#),
        "{text}"
    );
}

#[test]
fn tests_of_included_files_and_at_a_time_of_their_own() {
    let project = Project::new()
        .pipeline(
            "
            version: 1
            include: more.yaml
            tasks:
              raw: {type: load, path: raw.csv, columns: {day: date}}
              today: {type: sql, sql: 'select day, ${{ run.date }} as today from raw where day = cast(${{ run.date }} as date)'}
            ",
        )
        .file("more.yaml", "tests:\n  t:\n    at: 2024-03-01T10:00\n    given: {raw: [{day: '${{ run.date }}'}, {day: 2024-03-02}]}\n    expect: {today: [{today: 2024-03-01}]}\n");
    let told = project.run(["test"]).exits(0).stdout;
    assert!(told.contains("ok"), "{told}");
    let project = project.file("more.yaml", "tests:\n  t: {at: soon, expect: {today: []}}\n");
    let said = project.run(["test"]).exits(2).stderr;
    assert!(said.contains("not a time") && said.contains("more.yaml:2:11"), "{said}");
}
