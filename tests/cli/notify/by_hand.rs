//! Runs that cron starts: `run --notify`.

use super::Watch;

const LOADS: &str = "  orders: {type: load, path: orders.csv, output: copy.csv}\n  sums: {type: aggregate, from: orders, group_by: [id]}\n";

#[test]
fn a_run_that_fails_and_the_one_that_succeeds_again_are_told_once() {
    let watch = Watch::over("", "  a: {type: command, run: 'test -e good'}\n");
    watch.run(["run"]).exits(1);
    assert_eq!(watch.mails().len(), 0, "who sits before the screen is told there");
    for _ in 0..2 {
        watch.run(["run", "--notify"]).exits(1);
    }
    let (subject, text) = watch.mails().remove(0);
    assert_eq!(subject, "night failed: a");
    insta::assert_snapshot!(text, @r"
    The run of [when] failed in 1 task.

    a: `test -e good` ended with exit code 1
      log: logs/[run]/a.log

    pipeline: night
    run:      [run]
    at:       [when]

    To see more, and to go on:

      tidemill -C [folder] show [run]
      tidemill -C [folder] retry [run]
    ");
    assert_eq!(watch.calls().iter().map(|call| call["failures"].as_i64()).collect::<Vec<_>>(), [Some(1), Some(2)]);
    watch.project.file_later("good", "");
    for _ in 0..2 {
        watch.run(["run", "--notify"]).exits(0);
    }
    assert_eq!(watch.subjects(), ["night failed: a", "night failed: a", "night has recovered"]);
    insta::assert_snapshot!(watch.mails()[2].1.lines().next().unwrap_or_default(), @r"The run of [when] succeeded, after 2 that failed.");
}

#[test]
fn a_run_that_never_begins_is_told_once_for_each_mistake() {
    let watch = Watch::over("", LOADS);
    watch.project.file_later("orders.csv", "id\n1\n");
    watch.run(["run", "--notify"]).exits(0);
    let good = watch.project.read("pipeline.yaml");
    watch.project.file_later("pipeline.yaml", &good.replace("notify:", "notfy:").replace("aggregate", "agregate"));
    for _ in 0..2 {
        watch.run(["run", "--notify"]).exits(2);
    }
    watch.project.file_later("pipeline.yaml", &good);
    watch.project.gone("orders.csv");
    for _ in 0..2 {
        watch.run(["run", "--notify"]).exits(2);
    }
    let mails = watch.mails();
    assert_eq!(mails.len(), 2, "{mails:#?}");
    insta::assert_snapshot!(mails[1].1, @r"
    The run could not begin.

    error: file `orders.csv` does not exist
     --> pipeline.yaml:9:30
      |
    9 |   orders: {type: load, path: orders.csv, output: copy.csv}
      |                              ^^^^^^^^^^ task `orders` reads it
      |
      = help: paths start at the folder of the pipeline file

    1 error

    pipeline: night
    at:       [when]

    To see more, and to go on:

      tidemill -C [folder] check
    ");
    watch.project.file_later("orders.csv", "id\n1\n");
    watch.run(["run", "--notify"]).exits(0);
    assert_eq!(watch.subjects().last().map(String::as_str), Some("night has recovered"));
    // The same mistake is another one after a run that succeeded.
    watch.project.gone("orders.csv");
    for _ in 0..2 {
        watch.run(["run", "--notify"]).exits(2);
    }
    assert_eq!(watch.mails().len(), 4, "{:#?}", watch.subjects());
}
