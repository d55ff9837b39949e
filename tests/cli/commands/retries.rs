//! What is tried again, what is stopped, what waits for its turn.

use super::{run, wrote};
use crate::project::Project;

/// A command that fails with 75 twice, then with 1.
fn failing(retries: &str) -> Project {
    Project::new().pipeline(&format!(
        "
        version: 1
        name: failing
        tasks:
          t:
            type: command
            run: 'echo x >> tries; n=$(wc -l < tries); test $n -gt 3 && exit 0; test $n = 3 && exit 1; exit 75'
            retries: {retries}
        "
    ))
}

fn tries(project: &Project) -> usize {
    project.read("tries").lines().count()
}

#[test]
fn a_command_is_tried_again_as_often_and_for_such_codes_as_it_says() {
    let all = "{max: 3, delay: 1ms, backoff: 2, max_delay: 3ms, jitter: 0.5}";
    let project = failing(all);
    let story = run(&project, ["run"]).exits(0).stderr;
    assert_eq!(tries(&project), 4);
    assert!(story.contains("retry   t  attempt 3 failed:") && story.contains("ended with exit code 1"), "{story}");
    for (retries, expected) in [
        ("0", 1),
        ("1", 2),
        ("{max: 5, delay: 1ms, on_exit: [75]}", 3),
        ("{max: 5, delay: 1ms, on_exit: [1]}", 1),
        ("{max: 1, delay: 1ms, on_exit: [75, 1]}", 2),
    ] {
        let project = failing(retries);
        run(&project, ["run"]).exits(1);
        assert_eq!(tries(&project), expected, "{retries}");
    }
}

#[test]
fn every_attempt_has_a_folder_of_its_own_and_leaves_nothing_to_the_next() {
    let project = Project::new().pipeline(
        "
        version: 1
        tasks:
          t:
            type: command
            run: 'ls $TIDEMILL_TMP | wc -l; touch $TIDEMILL_TMP/left ${{ outputs.o }}; test -e again || { touch again; exit 1; }'
            outputs: {o: o.txt}
            retries: {max: 1, delay: 1ms}
        ",
    );
    run(&project, ["run"]).exits(0);
    let counts = wrote(&project, "t");
    assert_eq!(counts.split_whitespace().collect::<Vec<_>>(), ["0", "0"]);
    assert!(project.has("o.txt") && project.files(".tidemill/scratch").is_empty());
}

#[test]
fn a_table_that_takes_too_long_is_never_published() {
    let rows: String = (0..3000).map(|n| format!("{n}\n")).collect();
    let project = Project::new().file("t.csv", format!("n\n{rows}")).pipeline(
        "
        version: 1
        name: slow
        tasks:
          t: {type: load, path: t.csv}
          slow: {type: sql, sql: 'select sum(a.n * b.n) as s from t a cross join t b', output: slow.csv, timeout: 1ms, retries: {max: 1, delay: 1ms}}
          after: {type: normalize, from: slow, output: after.csv}
        ",
    );
    let story = run(&project, ["run", "-j", "2"]).exits(1).stderr;
    assert!(
        story.contains("retry   slow  attempt 1 failed: ") && story.contains("took longer than its timeout of 1ms"),
        "{story}"
    );
    assert!(story.contains("skipped after  `slow` failed"), "{story}");
    assert!(!project.has("slow.csv") && !project.has("after.csv"));
    assert!(run(&project, ["plan"]).exits(0).stdout.contains("run      slow"));
}

#[test]
fn a_pool_is_never_used_by_more_than_it_holds() {
    let project = Project::new().pipeline(
        "
        version: 1
        pools: {one: 1}
        tasks:
          t: {type: command, foreach: [a, b, c, d, e, f], pool: one, run: 'mkdir busy && sleep 0.01 && rmdir busy'}
        ",
    );
    run(&project, ["run", "-j", "6"]).exits(0);
}
