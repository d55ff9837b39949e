//! What programs read: events, logs; and signals.

use std::process::Stdio;

use crate::project::Project;

fn two() -> Project {
    Project::new().file("t.csv", "n\n1\n2\n").pipeline(
        "
        version: 1
        name: two
        tasks:
          t: {type: load, path: t.csv}
          sum: {type: aggregate, from: t, metrics: {n: sum(n)}, output: sum.csv}
        ",
    )
}

#[test]
fn events_are_an_object_a_line() {
    let outcome = two().run(["run", "-j", "1", "--json"]).exits(0);
    let events: Vec<serde_json::Value> =
        outcome.stdout.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    let told: Vec<String> = events
        .iter()
        .filter(|event| event["event"] != "progress")
        .map(|event| {
            format!("{} {}", event["event"].as_str().unwrap_or_default(), event["task"].as_str().unwrap_or_default())
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    run_started 
    task_looked_up t
    attempt_started t
    attempt_ended t
    task_ended t
    task_looked_up sum
    attempt_started sum
    attempt_ended sum
    task_ended sum
    run_ended
    ");
    assert!(events.iter().all(|event| event["version"] == 1 && event["run"] == events[0]["run"]));
    assert_eq!(events.last().map(|event| &event["status"]), Some(&"success".into()));
}

#[test]
fn each_task_has_a_log_and_so_has_the_run() {
    let project = two();
    project.run(["run", "-j", "1"]).exits(0);
    insta::assert_snapshot!(project.log("sum"), @r"
    [instant] INFO  attempt 1 starts
    [instant] INFO  2 rows from t; 1 rows out; published sum.csv
    ");
    assert!(project.log("run").contains("run starts"), "{}", project.log("run"));
}

#[test]
fn logs_are_json_lines_if_wanted() {
    let project = two();
    project.run(["run", "-j", "1", "--log-format", "json"]).exits(0);
    for line in project.log("sum").lines().chain(project.log("run").lines()) {
        let _: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

/// Texts of four million pairs take far longer than a signal; no clock is needed.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_run_with_130() {
    let rows: String = (0..2_000).map(|n| format!("{n}\n")).collect();
    let project = Project::new().file("t.csv", format!("n\n{rows}")).pipeline(
        "
        version: 1
        name: long
        tasks:
          t: {type: load, path: t.csv}
          long:
            type: sql
            sql: \"select sum(length(cast(a.n as varchar) || ' ' || cast(b.n as varchar))) as n from t a cross join t b\"
            output: long.csv
        finally:
          last: {type: load, path: t.csv, output: last.csv}
        ",
    );
    let mut command = project.command(["run", "-v"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let mut story = std::io::BufReader::new(child.stderr.take().expect("it is piped"));
    let mut line = String::new();
    while !line.contains("long") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut story, &mut line).expect("a line") > 0, "it ended early");
    }
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).expect("it runs");
    std::io::copy(&mut story, &mut std::io::sink()).expect("the rest");
    project.wait(child).exits(130);
    assert!(!project.has("long.csv"));
    assert!(project.has("last.csv"), "`finally` runs all the same");
}
