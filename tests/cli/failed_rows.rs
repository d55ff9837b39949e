//! `preview --failed`: the rows that do not pass the checks of a task.

use crate::project::Project;

/// A table of orders with these checks.
fn orders(checks: &str) -> Project {
    Project::new()
        .file("orders.csv", "id,amount,country\n1,10,FR\n2,-5,DE\n2,7,XX\n3,,FR\n,4,XX\n")
        .file("countries.csv", "code\nFR\nDE\n")
        .pipeline(&format!(
            "
            version: 1
            tasks:
              raw: {{type: load, path: orders.csv}}
              countries: {{type: load, path: countries.csv}}
              orders: {{type: sql, sql: 'select id, amount, country from raw', checks: {checks}}}
            "
        ))
}

#[test]
fn rows_of_every_kind_of_check_are_shown_after_it_failed() {
    let project = orders(
        "[{not_null: [amount]}, {unique: [id]}, {range: {amount: {min: 0}}}, {relationship: {country: countries.code}}, {row_count: {min: 9}}]",
    );
    project.run(["run"]).exits(1);
    insta::assert_snapshot!(project.run(["preview", "orders", "--failed"]).exits(0).stdout);
    let csv = project.run(["preview", "orders", "--failed", "--csv", "-n", "1"]).exits(0).stdout;
    assert!(csv.contains("_check,id,amount,country\nnot_null: amount,3,,FR\n"), "{csv}");
    let json = project.run(["preview", "orders", "--failed", "--json"]).exits(0).stdout;
    assert!(
        json.starts_with("{\"_check\":\"not_null: amount\",\"id\":3,\"amount\":null,\"country\":\"FR\"}\n"),
        "{json}"
    );
}

#[test]
fn what_only_warns_and_what_passes() {
    let project = orders("[{range: {amount: {min: 0}}, severity: warn}]");
    project.run(["run"]).exits(0);
    let shown = project.run(["preview", "orders", "--failed"]).exits(0).stdout;
    assert!(shown.contains("1 row\n") && shown.contains("-5"), "{shown}");
    let passing = orders("[{range: {amount: {min: -9}}}]");
    passing.run(["run"]).exits(0);
    let outcome = passing.run(["preview", "orders", "--failed"]).exits(0);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.trim()), ("", "every row of `orders` passes its checks"));
}

#[test]
fn a_task_without_checks_or_tables_before_it_is_told() {
    let project = orders("[{not_null: [amount]}]");
    let early = project.run(["preview", "orders", "--failed"]).exits(2).stderr;
    assert!(early.contains("`raw` has no result yet; `tidemill run raw` makes it"), "{early}");
    let none = project.run(["preview", "raw", "--failed"]).exits(2).stderr;
    assert!(none.contains("`raw` has no checks"), "{none}");
}
