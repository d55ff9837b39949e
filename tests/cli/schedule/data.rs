//! Data that do not fit the file when a fire comes: the failure of a task, of which handlers and history hear. By hand they are
//! too where a handler is to be told of failures.

use super::{count, hourly, seen_hours_ago, story};
use crate::project::Project;

/// Two loads of which one may fail, something behind each, and handlers that are told.
fn nightly(head: &str) -> Project {
    let text = format!(
        "version: 1
name: clock
{head}
tasks:
  orders: {{type: load, path: orders.csv}}
  totals: {{type: aggregate, from: orders, group_by: [shop], metrics: {{total: sum(amount)}}, output: totals.csv}}
  shops: {{type: load, path: shops.csv, output: copy.csv, depends_on: [orders], trigger_rule: all_done}}
on_failure:
  alert: {{type: command, run: 'echo ${{{{ tasks.orders.status }}}} ${{{{ tasks.totals.status }}}} > alert.txt; echo ${{{{ tasks.orders.error }}}} ${{{{ tasks.totals.error }}}} > why.txt'}}
finally:
  last: {{type: command, run: 'echo ${{{{ run.status }}}} > last.txt'}}
"
    );
    Project::new().file("pipeline.yaml", text).file("shops.csv", "shop\nParis\n")
}

fn scheduled() -> Project {
    nightly(&format!("schedule: {}", hourly()))
}

/// The run of one fire that fails, of which all is known afterwards.
#[track_caller]
fn fails(project: &Project, why: &str) {
    seen_hours_ago(project, 1);
    let outcome = project.run(["schedule", "--once"]).exits(1);
    assert!(outcome.stderr.contains(why), "{}", outcome.stderr);
    assert!(story(&outcome.stderr).ends_with("[fire] failed; `tidemill show` tells more\n"), "{}", outcome.stderr);
    assert_eq!(count(project, "SELECT count(*) FROM fires WHERE status = 'done'"), 1);
    assert_eq!(count(project, "SELECT count(*) FROM runs WHERE status = 'failed'"), 1);
    assert!(project.read("alert.txt").contains("failed"), "{}", project.read("alert.txt"));
    assert!(project.read("why.txt").contains(why), "{}", project.read("why.txt"));
    assert_eq!(project.read("last.txt"), "failed\n");
    let show = project.run(["show"]).exits(0).stdout;
    assert!(show.contains(why), "{show}");
}

#[test]
fn a_source_that_is_missing_is_a_failure_of_its_task() {
    let project = scheduled();
    fails(&project, "file `orders.csv` does not exist");
    assert_eq!(project.read("alert.txt"), "failed skipped\n");
    let project = project.file("orders.csv", "shop,amount\nParis,2\n");
    project.run(["schedule", "--once"]).exits(0);
    assert_eq!(count(&project, "SELECT count(*) FROM runs"), 1, "a fire is tried once");
    project.run(["retry"]).exits(0);
    assert_eq!(project.read("totals.csv"), "shop,total\nParis,2\n");
}

#[test]
fn what_goes_first_all_the_same_goes_on() {
    let project = scheduled();
    fails(&project, "file `orders.csv` does not exist");
    assert_eq!(project.read("copy.csv"), "shop\nParis\n");
}

#[test]
fn a_source_that_is_empty_is_a_failure_of_its_task() {
    fails(&scheduled().file("orders.csv", ""), "orders.csv");
}

#[test]
fn a_column_that_is_gone_is_a_failure_of_the_task_that_reads_it() {
    let project = scheduled().file("orders.csv", "shop,price\nParis,2\n");
    fails(&project, "amount");
    assert_eq!(project.read("alert.txt"), "success failed\n");
}

#[test]
fn a_pattern_without_a_file_is_a_failure_of_its_task() {
    let project = Project::new().file(
        "pipeline.yaml",
        format!(
            "version: 1\nname: clock\nschedule: {}\ntasks:\n  a: {{type: load, path: 'in/*.csv'}}\non_failure:\n  \
             alert: {{type: command, run: 'echo ${{{{ tasks.a.status }}}} > alert.txt'}}\n",
            hourly()
        ),
    );
    seen_hours_ago(&project, 1);
    let outcome = project.run(["schedule", "--once"]).exits(1);
    assert!(outcome.stderr.contains("no file matches `in/*.csv`"), "{}", outcome.stderr);
    assert_eq!(project.read("alert.txt"), "failed\n");
}

#[test]
fn a_file_that_is_wrong_still_begins_no_run() {
    let project = scheduled().file("orders.csv", "shop,amount\n");
    seen_hours_ago(&project, 1);
    project.run(["backfill", "--from", "2024-01-01", "--to", "2024-01-01", "--dry-run"]).exits(0);
    let text = project.read("pipeline.yaml").replace("group_by", "group_buy");
    let project = project.file("pipeline.yaml", text);
    project.run(["run", "--backfill", "2024-01-01T00:00:00Z"]).exits(2);
    assert_eq!(count(&project, "SELECT count(*) FROM runs"), 0);
    assert!(!project.has("alert.txt"));
}

#[test]
fn by_hand_a_handler_hears_of_data_but_not_of_a_misspelt_column() {
    let project = nightly("description: by hand").file("orders.csv", "shop,price\nParis,2\n");
    project.run(["run"]).exits(2);
    assert!(!project.has("alert.txt"), "whoever has edited the file sits before the screen");
    std::fs::remove_file(project.root().join("orders.csv")).expect("it is there");
    let outcome = project.run(["run"]).exits(1);
    assert!(outcome.stderr.contains("file `orders.csv` does not exist"), "{}", outcome.stderr);
    assert_eq!(project.read("alert.txt"), "failed skipped\n");
    assert_eq!(project.read("last.txt"), "failed\n");
    project.run(["check"]).exits(2);
    project.run(["plan"]).exits(2);
}
