//! What never ends: views, pipes, devices, files of half a terabyte. Each is refused, or ends when it is told to.

use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::pipe;
use crate::project::Project;

/// A database with a view that never gives a row and one whose rows never end.
fn endless() -> Project {
    let numbers = "with recursive c(x) as (select 1 union all select x + 1 from c) select";
    let views = format!(
        "create table t (x integer); insert into t values (1);
         create view total as {numbers} sum(x) as x from c; create view numbers as {numbers} x from c"
    );
    Project::new().sqlite("e.db", &views)
}

fn load(keys: &str) -> String {
    format!(
        "version: 1\nname: endless\ntasks:\n  t: {{type: load, path: e.db, {keys}}}\n  other: {{type: load, path: e.db, table: t, output: other.csv}}\n"
    )
}

/// The binary in the background, what it says caught.
fn start(mut command: Command) -> std::process::Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
}

#[test]
fn a_view_that_never_answers_is_given_up_by_whatever_checks() {
    let project = endless()
        .file("pipeline.yaml", load("table: total"))
        .file("query.yaml", load("query: 'select x from total'"))
        .file("contract.yaml", load("table: total, columns: {x: int}, timeout: 1s"))
        .file("mistyped.yaml", load("table: numbers, columns: {x: date}, timeout: 1s"));
    let commands = ["check", "plan", "doctor", "run"].map(|name| start(project.command([name])));
    let query = start(project.command(["-f", "query.yaml", "check"]));
    let contract = start(project.command(["-f", "contract.yaml", "check"]));
    let mistyped = start(project.command(["-f", "mistyped.yaml", "check"]));
    for (at, child) in commands.into_iter().enumerate() {
        let outcome = project.wait(child);
        let said = format!("{}{}", outcome.stdout, outcome.stderr);
        assert!(said.contains("`total` of `e.db` gave no first rows within 5 s"), "{at}: {said}");
        if at == 0 {
            insta::assert_snapshot!(outcome.exits(2).stderr);
        }
    }
    let said = project.wait(query).exits(2).stderr;
    assert!(said.contains("the query of `e.db` gave no first rows within 5 s"), "{said}");
    let said = project.wait(contract).exits(0).warnings();
    assert!(said.contains("whether its contract holds is seen only in the run"), "{said}");
    let said = project.wait(mistyped).exits(2).stderr;
    assert!(said.contains("column `x` of `e.db` is int, not date"), "{said}");
}

#[test]
fn a_timeout_ends_rows_without_end_and_other_tasks_go_on() {
    let project = endless().file("pipeline.yaml", load("table: numbers, timeout: 1s"));
    project.run(["check"]).exits(0);
    let said = project.run(["run", "--keep-going"]).exits(1).stderr;
    assert!(said.contains("t (load): took longer than its timeout of 1s"), "{said}");
    assert_eq!(project.read("other.csv"), "x\n1\n");
}

#[test]
fn term_ends_what_has_no_timeout() {
    let project = endless().file("pipeline.yaml", load("table: numbers")).file(
        "sparse.yaml",
        "version: 1\nname: sparse\ntasks: {big: {type: command, run: 'truncate -s 500G big; : > begun', outputs: {big: big}, cache: {store: false}}}\n",
    );
    for (file, begun) in [("pipeline.yaml", "other.csv"), ("sparse.yaml", "begun")] {
        let run = start(project.command(["-f", file, "run"]));
        let is_under_way = || project.has(begun);
        while !is_under_way() {
            std::thread::yield_now();
        }
        kill_process(Pid::from_child(&run), Signal::TERM).expect("it runs");
        project.wait(run).exits(130);
    }
    assert!(!project.has("big"), "what was stopped is not published");
}

#[test]
fn a_file_of_half_a_terabyte_is_not_hashed_beyond_the_timeout() {
    let project = Project::new().pipeline(
        "
        version: 1
        tasks:
          big: {type: command, run: 'truncate -s 500G big', outputs: {big: big}, cache: {store: false}, timeout: 1s}
        ",
    );
    let said = project.run(["run"]).exits(1).stderr;
    assert!(said.contains("took longer than its timeout of 1s"), "{said}");
}

#[test]
fn a_pipe_is_not_waited_for_wherever_it_stands() {
    let project = Project::new()
        .file("rows.csv", "a\n1\n")
        .file("picture.txt", "${{ 'pipe.png' | image }}")
        .file("late.txt", "${{ env.NAME | image }}")
        .pipeline(
            "
            version: 1
            tasks:
              rows: {type: load, path: rows.csv, output: pipe.csv}
              report: {type: report, template: pipe.txt, output: a.txt}
              picture: {type: report, template: picture.txt, output: b.txt}
              query: {type: sql, file: pipe.sql}
              given: {type: command, inputs: {a: pipe.in}, run: 'true'}
            ",
        )
        .file("included.yaml", "version: 1\ninclude: pipe.yaml\ntasks: {c: {type: command, run: 'true'}}\n")
        .file("secret.yaml", "version: 1\ndotenv: pipe.env\nsecrets: [A]\ntasks: {c: {type: command, run: 'true'}}\n")
        .file(
            "made.yaml",
            "version: 1\nname: made\ntasks: {c: {type: command, run: 'mkfifo out', outputs: {out: out}}}\n",
        )
        .file(
            "asked.yaml",
            "version: 1\nname: asked\ntasks: {c: {type: command, run: 'mkfifo \"$TIDEMILL_OUTPUT_two\"', outputs: {two: two}}}\n",
        )
        .file("late.yaml", "version: 1\nname: late\nenv: {NAME: pipe.png}\ntasks: {l: {type: report, template: late.txt, output: l.txt}}\n");
    for name in ["pipe.csv", "pipe.txt", "pipe.png", "pipe.sql", "pipe.in", "pipe.yaml", "pipe.env"] {
        pipe(&project, name);
    }
    let said = project.run(["check"]).exits(2).stderr;
    for told in ["`rows` would replace what is no file", "`pipe.txt`", "`pipe.png`", "`pipe.sql`", "`pipe.in`"] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert!(said.matches("it is a pipe, not a regular file").count() >= 5, "{said}");
    for (file, command, code) in [
        ("included.yaml", "check", 2),
        ("pipe.yaml", "check", 2),
        ("secret.yaml", "check", 2),
        ("made.yaml", "run", 1),
        ("asked.yaml", "run", 1),
        ("late.yaml", "run", 1),
    ] {
        let said = project.run(["-f", file, command]).exits(code).stderr;
        assert!(said.contains("it is a pipe, not a regular file"), "{file}: {said}");
    }
    project.run(["doctor"]);
}
