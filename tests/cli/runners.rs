//! Several runners on one project.

use std::process::{Child, Stdio};

use rusqlite::Connection;

use crate::project::Project;

const RUNNERS: usize = 4;

/// How often; `TIDEMILL_RUNNERS=50` is the long form.
fn times() -> usize {
    std::env::var("TIDEMILL_RUNNERS").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

fn shop() -> Project {
    Project::new().file("data/orders.csv", "country,amount\nFR,1.50\nDE,2.50\n").pipeline(
        "
        version: 1
        name: shop
        params: {least: 0}
        tasks:
          orders: {type: load, path: data/orders.csv}
          typed: {type: normalize, from: orders, columns: {amount: money}}
          totals:
            type: aggregate
            from: typed
            where: amount >= ${{ params.least }}
            group_by: [country]
            metrics: {total: sum(amount)}
            output: outputs/totals.csv
          best: {type: sql, sql: select max(total) as best from totals, output: outputs/best.csv}
        ",
    )
}

fn start(project: &Project, arguments: &[&str]) -> Child {
    let mut command = project.command(["run"]);
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
}

#[test]
fn four_at_once_do_everything_once() {
    let mut waited = 0;
    for time in 0..times() {
        let project = shop();
        let runners: Vec<Child> = (0..RUNNERS).map(|_| start(&project, &[])).collect();
        for runner in runners {
            let outcome = project.wait(runner).exits(0);
            if outcome.stderr.contains("waiting for it to end") {
                assert!(outcome.stderr.contains("tidemill run"), "it names the other: {}", outcome.stderr);
                waited += 1;
            }
        }
        let state = Connection::open(project.root().join(".tidemill/state.db")).expect("a state");
        let text = |query: &str| state.query_row(query, [], |row| row.get::<_, String>(0)).expect("an answer");
        let count = |query: &str| state.query_row(query, [], |row| row.get::<_, i64>(0)).expect("an answer") as usize;
        assert_eq!(text("pragma integrity_check"), "ok");
        assert_eq!(count("select count(*) from runs where status = 'success'"), RUNNERS, "time {time}");
        assert_eq!(
            count("select count(*) from attempts"),
            4,
            "time {time}: a task was executed twice for one fingerprint"
        );
        assert_eq!(count("select count(distinct fingerprint) from task_results where how = 'ran'"), 4);
        assert_eq!(count("select count(*) from task_results where how = 'cached'"), 4 * (RUNNERS - 1));
        assert_eq!(project.read("outputs/best.csv"), "best\n2.50\n");
    }
    assert!(waited > 0, "the runners never met");
}

/// The lock is held by the test, as if the runner whose words are in its file went on: whoever starts meets it for sure.
#[test]
fn without_waiting_the_second_says_who_holds_the_project() {
    let project = shop();
    project.run(["run", "best"]).exits(0);
    let path = project.root().join(".tidemill/shop.run.lock");
    let file = std::fs::File::options().write(true).open(path).expect("a lock file");
    file.lock().expect("nobody holds it");
    let outcome = project.run(["run", "--no-wait"]).exits(3);
    let told = "error: `shop` is being run by another process: `tidemill run best`, pid ";
    assert!(outcome.stderr.starts_with(told), "{}", outcome.stderr);
    drop(file);
    project.run(["run", "--no-wait"]).exits(0);
}
