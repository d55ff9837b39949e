//! What a command writes.

use super::{run, wrote};
use crate::project::Project;

fn writing(script: &str) -> Project {
    Project::new()
        .file("script.sh", script)
        .pipeline("version: 1\nname: writing\ntasks: {t: {type: command, run: [sh, script.sh]}}\n")
}

#[test]
fn both_streams_are_in_the_log_in_order_with_their_times() {
    let project = writing("for n in 1 2 3; do echo out $n; echo err $n >&2; done\n");
    run(&project, ["run"]).exits(0);
    insta::assert_snapshot!(project.log("t"));
}

#[test]
fn bytes_of_any_kind_and_lines_of_any_length_are_kept() {
    let project = writing(
        "printf 'a\\377b\\n'; printf 'gr\\303\\274n\\r\\n'; head -c 3000000 /dev/zero | tr '\\0' x; echo; printf end\n",
    );
    run(&project, ["run"]).exits(0);
    let text = wrote(&project, "t");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines[1], lines[2].len(), lines[3]), ("a\u{fffd}b", "gr\u{fc}n", 3_000_000, "end"));
}

#[test]
fn the_end_of_it_is_shown_when_the_command_fails() {
    let project = writing("seq 1 100; echo it is broken >&2; exit 7\n");
    insta::assert_snapshot!(run(&project, ["run"]).exits(1).stderr);
    let project = writing("echo before; kill -SEGV $$\n");
    insta::assert_snapshot!(run(&project, ["run"]).exits(1).stderr);
    let project = writing("no-such-program\n");
    let story = run(&project, ["run"]).exits(1).stderr;
    assert!(story.contains("not found") && story.contains("ended with exit code 127"), "{story}");
    let project = Project::new()
        .pipeline("version: 1\nname: x\ntasks: {t: {type: command, run: [no-such-program, x], retries: 2}}\n");
    insta::assert_snapshot!(run(&project, ["run"]).exits(1).stderr);
}

#[test]
fn a_command_that_says_nothing_has_no_log_and_one_that_goes_on_has() {
    let project = Project::new().pipeline(
        "
        version: 1
        name: silent
        tasks:
          quick: {type: command, run: 'true'}
          slow: {type: command, run: 'until [ -e go ]; do sleep 0.01; done'}
        ",
    );
    let child = super::with_path(&project, ["run", "-j2"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let log_of = |task: &str| {
        let ending = format!("/{task}.log");
        project.files("logs").into_iter().find(|(path, _)| path.ends_with(&ending)).map(|(_, text)| text)
    };
    while log_of("slow").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::fs::write(project.root().join("go"), "").expect("a file");
    project.wait(child).exits(0);
    let slow = project.log("slow");
    assert!(slow.contains("attempt 1 starts") && slow.contains("done"), "{slow}");
    let shown = project.run(["show", "--json"]).exits(0).stdout;
    let tasks = shown.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let quick = tasks.into_iter().find(|task| task["task"] == "quick").expect("it ran");
    // On a busy machine even `true` may go on for as long as a command that has a log.
    if quick["seconds"].as_f64().is_some_and(|seconds| seconds < 0.05) {
        assert!(log_of("quick").is_none());
        let told = project.run(["logs", "quick"]).exits(0);
        assert!(told.stdout.is_empty() && told.stderr.starts_with("quick wrote nothing in run "), "{}", told.stderr);
    }
}

#[test]
fn the_log_can_be_read_while_the_command_runs() {
    let project = writing("echo begun; while [ ! -e go ]; do sleep 0.01; done\n");
    let child =
        super::with_path(&project, ["run"]).stderr(std::process::Stdio::piped()).spawn().expect("the binary starts");
    // Only what it has written lets it end.
    let is_begun = || {
        let logs = project.files("logs");
        logs.iter()
            .any(|(path, text)| path.ends_with("/t.log") && String::from_utf8_lossy(text).contains("OUT   begun"))
    };
    while !is_begun() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::fs::write(project.root().join("go"), "").expect("a file");
    project.wait(child).exits(0);
}
