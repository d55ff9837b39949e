//! A run that has nothing to do notes what it looked at, so that the next one need not read the pipeline. Whatever changes then
//! is seen all the same.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::changes::small::Small;
use crate::project::Project;

/// What is changed, how, which tasks may run for it, and the reason that must be told.
type Change = (&'static str, fn(&Small), &'static [&'static str], &'static str);

const CHANGES: [Change; 11] = [
    ("nothing", |_| {}, &[], ""),
    ("a source", |small| small.edit("data/orders.csv", "gift", "sale"), &[], "ran orders, ran raw_orders"),
    ("a database", |small| small.sqlite("insert into other values (1)"), &[], "ran raw_products"),
    ("a template", |small| small.edit("tasks/report.md", "{# What", "{# Wath"), &[], "ran report"),
    ("an SQL file", |small| small.edit("tasks/by_day.sql", "-- Sales", "-- sales"), &[], "ran by_day"),
    ("the pipeline", |small| small.edit("pipeline.yaml", "limit: 10", "limit: 20"), &[], "ran by_country"),
    ("an output deleted", |small| small.delete("outputs/by_day.csv"), &[], "restored by_day"),
    ("an output edited", |small| small.write("outputs/by_day.csv", "by hand"), &[], "restored by_day"),
    (
        "a stored table deleted",
        |small| std::fs::remove_file(small.object("sold")).expect("it was there"),
        &[],
        "ran sold",
    ),
    ("a param", |_| {}, &["-p", "least=2"], "ran tally, ran visits_by_day"),
    ("another run between", |small| drop(small.run(&["-p", "least=2"])), &[], ""),
];

/// What the last run did, and whether it read the pipeline: only then it tells of each task.
fn last_run(small: &Small) -> (String, bool) {
    let state = Connection::open(small.path(".tidemill/state.db")).expect("a state");
    let query = "select how, task from task_results where run = (select id from runs order by started desc limit 1)";
    let mut query = state.prepare(query).expect("well-formed SQL");
    let rows = query.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).expect("rows");
    let rows: Vec<(String, String)> = rows.map(|row| row.expect("texts")).collect();
    let did: BTreeSet<String> =
        rows.iter().filter(|(how, _)| how != "cached").map(|(how, task)| format!("{how} {task}")).collect();
    (did.into_iter().collect::<Vec<_>>().join(", "), !rows.is_empty())
}

/// Starts it as another terminal would: with these variables.
fn run_among(project: &Project, variables: &[(&str, &str)]) {
    let output = project.command(["run"]).envs(variables.iter().copied()).output().expect("the binary starts");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Whether the last run read the pipeline.
fn has_read(project: &Project) -> bool {
    let state = Connection::open(project.root().join(".tidemill/state.db")).expect("a state");
    let query = "select count(*) from task_results where run = (select id from runs order by started desc limit 1)";
    state.query_row(query, [], |row| row.get::<_, u32>(0)).expect("a number") > 0
}

/// Runs until a note is there: what was written less than two seconds ago is not trusted yet.
fn until_at_rest(small: &Small) {
    let patience = Instant::now() + Duration::from_secs(120);
    while !small.path(".tidemill/at_rest").is_dir() {
        assert!(Instant::now() < patience, "no run found that it had nothing to do");
        small.run_plainly(&[]);
    }
}

fn try_out((what, change, arguments, did): (&str, fn(&Small), &[&str], &str)) {
    let small = Small::after_a_run();
    until_at_rest(&small);
    small.run_plainly(&[]);
    assert_eq!(last_run(&small), (String::new(), false), "{what}: before");
    change(&small);
    small.run_plainly(arguments);
    assert_eq!(last_run(&small), (did.to_owned(), what != "nothing"), "{what}");
}

#[test]
fn a_project_at_rest_sees_every_change() {
    // Side by side: each of them waits for its files to be two seconds old.
    std::thread::scope(|scope| CHANGES.iter().for_each(|change| drop(scope.spawn(|| try_out(*change)))));
}

/// What a shell or a terminal sets for itself is no reason to read the pipeline again; what the pipeline names is.
#[test]
fn only_variables_that_the_pipeline_names_count() {
    let project = Project::new().pipeline(
        "
        version: 1
        name: greeting
        secrets: [TOKEN]
        tasks:
          said:
            type: command
            run: 'echo ${{ env.WHO }} > ${{ outputs.text }}'
            outputs: {text: out.txt}
        ",
    );
    let ann: [(&str, &str); 1] = [("WHO", "Ann")];
    run_among(&project, &ann);
    let patience = Instant::now() + Duration::from_secs(120);
    while !project.has(".tidemill/at_rest") {
        assert!(Instant::now() < patience, "no run found that it had nothing to do");
        run_among(&project, &ann);
    }
    run_among(&project, &[("WHO", "Ann"), ("WINDOWID", "7"), ("SHLVL", "3")]);
    assert!(!has_read(&project), "another terminal");
    run_among(&project, &[("WHO", "Ann"), ("TOKEN", "secret")]);
    assert!(has_read(&project), "a secret that was not set");
    run_among(&project, &[("WHO", "Bob")]);
    assert!(has_read(&project), "a variable that is named");
    assert_eq!(project.read("out.txt"), "Bob\n");
}
