//! What runs, what does not, and what happens after a failure.

use crate::project::Project;

/// `good` works, `bad` fails, `after_bad` needs it, `apart` depends on neither.
fn failing(keys: &str) -> Project {
    Project::new().file("t.csv", "n\n1\nx\n").pipeline(&format!(
        "version: 1\nname: failing\ntasks:\n  good: {{type: load, path: t.csv}}\n  bad:\n    type: normalize\n    from: good\n    columns: {{n: int}}\n{keys}  after_bad: {{type: aggregate, from: bad, metrics: {{n: sum(n)}}, output: after.csv}}\n  apart: {{type: aggregate, from: good, metrics: {{rows: count(*)}}, output: apart.csv}}\n"
    ))
}

#[test]
fn a_failure_stops_what_has_not_started() {
    let project = failing("");
    insta::assert_snapshot!(project.run(["run", "-j", "1"]).exits(1).stderr, @r#"
    done    good  2 rows  [time]
    failed  bad  t.csv:3, column n: "x" is not an int
    skipped after_bad  `bad` failed
      task       rows in  rows out  rejected  time
      good             2         2  [time]
      bad                                          failed
      after_bad                                   skipped
      apart                                   not reached

    error task bad (normalize): t.csv:3, column n: "x" is not an int
      help: correct the source, or say `on_invalid: reject` or `on_invalid: "null"`
      log: logs/[run]/bad.log

    failed in [time]: 1 ran, 1 failed, 1 skipped, 1 not reached
    "#);
    assert!(!project.has("apart.csv"));
}

#[test]
fn keep_going_does_all_that_does_not_depend_on_it() {
    let project = failing("");
    insta::assert_snapshot!(project.run(["run", "-j", "1", "--keep-going"]).exits(1).stderr, @r#"
    done    good  2 rows  [time]
    failed  bad  t.csv:3, column n: "x" is not an int
    skipped after_bad  `bad` failed
    done    apart  1 row  [time]
      task       rows in  rows out  rejected  time
      good             2         2  [time]
      bad                                      failed
      after_bad                               skipped
      apart            2         1  [time]

    error task bad (normalize): t.csv:3, column n: "x" is not an int
      help: correct the source, or say `on_invalid: reject` or `on_invalid: "null"`
      log: logs/[run]/bad.log

    Results
      ./  apart.csv

    failed in [time]: 2 ran, 1 failed, 1 skipped
    "#);
    assert!(project.has("apart.csv") && !project.has("after.csv"));
}

#[test]
fn a_failed_task_is_tried_again_as_often_as_it_may() {
    let project = Project::new()
        .file("t.csv", "n\n1\n")
        .pipeline(
            "
        version: 1
        tasks:
          t: {type: load, path: t.csv, output: blocked/t.csv, retries: {max: 2, delay: 1ms}}
        ",
        )
        .file("blocked", "a file where a folder is needed");
    let outcome = project.run(["run", "-j", "1"]).exits(1);
    assert_eq!(project.log("t").matches("starts").count(), 3, "{}", project.log("t"));
    insta::assert_snapshot!(outcome.stderr, @r"
    retry   t  attempt 1 failed: cannot write blocked/t.csv: Not a directory (os error 20)
    retry   t  attempt 2 failed: cannot write blocked/t.csv: Not a directory (os error 20)
    failed  t  cannot write blocked/t.csv: Not a directory (os error 20)
      task  rows in  rows out  rejected  time
      t                                  failed

    error task t (load): cannot write blocked/t.csv: Not a directory (os error 20)
      log: logs/[run]/t.log

    failed in [time]: 1 failed
    ");
}

#[test]
fn what_cannot_get_better_is_not_tried_again() {
    let rows: String = (0..1_200).map(|n| format!("{n}\n")).collect();
    let project = Project::new().file("n.csv", format!("n\n{rows}many\n")).pipeline(
        "
        version: 1
        tasks:
          n: {type: load, path: n.csv}
          total: {type: aggregate, from: n, metrics: {n: sum(n)}, retries: 5}
        ",
    );
    project.run(["run", "-j", "1"]).exits(1);
    assert_eq!(project.log("total").matches("starts").count(), 1, "{}", project.log("total"));
}

#[test]
fn values_and_checks_that_fail_would_fail_again() {
    let project = Project::new().file("t.csv", "n\n1\nx\n").pipeline(
        "
        version: 1
        defaults: {retries: {max: 5, delay: 1ms}}
        tasks:
          t: {type: load, path: t.csv}
          value: {type: normalize, from: t, columns: {n: int}}
          check: {type: load, path: t.csv, checks: [{row_count: {min: 3}}]}
        ",
    );
    let outcome = project.run(["run", "-j", "1", "--keep-going"]).exits(1);
    assert!(!outcome.stderr.contains("retry"), "{}", outcome.stderr);
    for task in ["value", "check"] {
        assert_eq!(project.log(task).matches("starts").count(), 1, "{}", project.log(task));
    }
}

#[test]
fn conditions_and_trigger_rules() {
    let project = Project::new().file("t.csv", "n\n1\nx\n").pipeline(
        "
        version: 1
        name: rules
        params: {wanted: false}
        tasks:
          t: {type: load, path: t.csv, output: t1.csv}
          many: {type: load, path: t.csv, output: many.csv, depends_on: [t], when: '${{ tasks.t.rows > 1 }}'}
          few: {type: load, path: t.csv, output: few.csv, depends_on: [t], when: '${{ tasks.t.rows < 2 }}'}
          after_few: {type: load, path: t.csv, output: after_few.csv, depends_on: [few]}
          anyway: {type: load, path: t.csv, output: anyway.csv, depends_on: [few], trigger_rule: none_failed}
          unwanted: {type: load, path: t.csv, output: unwanted.csv, when: '${{ params.wanted }}'}
        ",
    );
    insta::assert_snapshot!(project.run(["run", "-j", "1"]).exits(0).stderr, @r"
    skipped unwanted  `when: ${{ params.wanted }}` is false
    done    t  2 rows  [time]
    skipped few  `when: ${{ tasks.t.rows < 2 }}` is false
    skipped after_few  `few` was skipped
    done    many  2 rows  [time]
    done    anyway  2 rows  [time]
      task       rows in  rows out  rejected  time
      t                2         2  [time]
      many             2         2  [time]
      few                                     skipped
      after_few                               skipped
      anyway           2         2  [time]
      unwanted                                skipped

    Results
      ./  t1.csv  many.csv  anyway.csv

    done in [time]: 3 ran, 3 skipped
    ");
    let there =
        ["t1", "many", "few", "after_few", "anyway", "unwanted"].map(|name| project.has(&format!("{name}.csv")));
    assert_eq!(there, [true, true, false, false, true, false]);
}

#[test]
fn rules_after_a_failure() {
    let project = Project::new().file("t.csv", "n\n1\nx\n").pipeline(
        "
        version: 1
        name: rules
        tasks:
          t: {type: load, path: t.csv}
          bad: {type: normalize, from: t, columns: {n: int}}
          done: {type: load, path: t.csv, output: done.csv, depends_on: [bad], trigger_rule: all_done}
          alarm: {type: load, path: t.csv, output: alarm.csv, depends_on: [bad, t], trigger_rule: one_failed}
          fine: {type: load, path: t.csv, output: fine.csv, depends_on: [bad], trigger_rule: none_failed}
        ",
    );
    project.run(["run", "-j", "1"]).exits(1);
    assert_eq!(["done", "alarm", "fine"].map(|name| project.has(&format!("{name}.csv"))), [true, true, false]);
}

#[test]
fn handlers_run_after_the_end() {
    let handlers = "on_success:\n  ok: {type: load, path: t.csv, output: ok.csv}\non_failure:\n  ko: {type: report, template: ko.md, output: ko.md.txt}\nfinally:\n  last: {type: load, path: t.csv, output: last.csv}\n";
    let text = format!(
        "version: 1\nname: handled\nparams: {{kind: int}}\n{handlers}tasks:\n  t: {{type: load, path: t.csv}}\n  u: {{type: normalize, from: t, columns: {{n: '${{{{ params.kind }}}}'}}}}\n"
    );
    let project = || {
        Project::new()
            .file("t.csv", "n\n1\nx\n")
            .file("ko.md", "${{ run.status }}: ${{ tasks.u.error }}\n")
            .pipeline(&text)
    };
    let there = |project: &Project| ["ok.csv", "ko.md.txt", "last.csv"].map(|name| project.has(name));
    let failed = project();
    failed.run(["run", "-j", "1"]).exits(1);
    assert_eq!(there(&failed), [false, true, true]);
    insta::assert_snapshot!(failed.read("ko.md.txt"), @r#"failed: t.csv:3, column n: "x" is not an int"#);
    let fine = project();
    fine.run(["run", "-j", "1", "-p", "kind=string"]).exits(0);
    assert_eq!(there(&fine), [true, false, true]);
}

#[test]
fn only_what_is_selected_and_what_it_needs_runs() {
    let project = Project::new().file("t.csv", "n\n1\n").pipeline(
        "
        version: 1
        tasks:
          a: {type: load, path: t.csv, output: a.csv}
          b: {type: normalize, from: a, output: b.csv, tags: [daily]}
          c: {type: normalize, from: b, output: c.csv}
          d: {type: load, path: t.csv, output: d.csv}
        ",
    );
    project.run(["run", "b"]).exits(0);
    let there = || ["a", "b", "c", "d"].map(|name| project.has(&format!("{name}.csv")));
    assert_eq!(there(), [true, true, false, false]);
    project.run(["run", "--exclude", "d"]).exits(0);
    assert_eq!(there(), [true, true, true, false]);
    let planned = |selector| {
        let text = project.run(["plan", "--json", selector]).exits(0).stdout;
        text.lines().filter_map(|line| line.split('"').nth(3).map(str::to_owned)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(planned("tag:daily"), "a b");
    assert_eq!(planned("b+"), "a b c");
    assert_eq!(planned("type:load"), "a d");
}

#[test]
fn what_is_excluded_does_not_run_and_what_needs_it_is_told() {
    let project = || {
        Project::new().file("t.csv", "n\n1\n").pipeline(
            "
            version: 1
            tasks:
              a: {type: load, path: t.csv, output: a.csv}
              b: {type: normalize, from: a, output: b.csv}
              c: {type: normalize, from: b, output: c.csv}
              d: {type: sql, sql: select * from a, output: d.csv, depends_on: [c]}
              e: {type: load, path: t.csv, output: e.csv}
            ",
        )
    };
    let there = |project: &Project| ["a", "b", "c", "d", "e"].map(|name| project.has(&format!("{name}.csv")));
    let all = project();
    let story = all.run(["run", "--exclude", "b"]).exits(0).stderr;
    assert!(story.contains("left out, since they need what is excluded: c, d\n"), "{story}");
    assert_eq!(there(&all), [true, false, false, false, true]);
    // What nobody asked for is no news, nor what was excluded itself.
    for (selector, excluded) in [("a", "b"), ("a+", "b c d")] {
        let some = project();
        let story = some.run(["run", selector, "--exclude", excluded]).exits(0).stderr;
        assert!(!story.contains("left out"), "{story}");
        assert_eq!(there(&some), [true, false, false, false, false]);
    }
    let story = project().run(["run", "d", "--exclude", "type:normalize"]).exits(2).stderr;
    assert!(story.contains("error: nothing is left: every task is excluded, or needs one that is"), "{story}");
}
