//! Readers that stop reading, as `head` does.

use std::process::{Command, Stdio};

use crate::project::Project;

fn shop() -> Project {
    Project::new().file("t.csv", "n\n1\n2\n").pipeline(
        "
        version: 1
        name: shop
        params: {top: {type: int, default: 3, help: So many}}
        tasks:
          t: {type: load, path: t.csv}
          sum: {type: aggregate, from: t, metrics: {n: sum(n)}, output: sum.csv}
          say: {type: command, run: 'yes | head -1'}
        ",
    )
}

/// A pipe that nobody reads.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

/// The exit code and what is said on stderr when nobody reads the data.
fn unread(mut command: Command) -> (Option<i32>, String) {
    let output = command.stdout(closed()).stderr(Stdio::piped()).output().expect("the binary starts");
    (output.status.code(), String::from_utf8(output.stderr).expect("a text"))
}

#[test]
fn data_that_nobody_reads_is_no_failure() {
    let project = shop();
    let quiet = |arguments: &[&str]| {
        let mut command = project.command([]);
        command.args(arguments);
        assert_eq!(unread(command), (Some(0), String::new()), "{arguments:?}");
    };
    quiet(&["plan"]);
    quiet(&["plan", "--json"]);
    quiet(&["run", "--dry-run"]);
    quiet(&["run", "--dry-run", "--json"]);
    for format in ["ascii", "dot", "mermaid", "svg", "html", "json"] {
        quiet(&["graph", "--format", format]);
    }
    quiet(&["schema"]);
    quiet(&["man"]);
    quiet(&["completions", "bash"]);
    quiet(&["run", "--help"]);
    project.run(["run"]).exits(0);
    for command in
        [&["history"][..], &["show"], &["show", "--json"], &["status"], &["preview", "t"], &["cache", "stats"]]
    {
        quiet(command);
    }
    let (code, story) = unread(project.command(["run", "--json", "--force"]));
    assert!(code == Some(0) && !story.contains("panicked") && !story.contains("stdout"), "{story}");
}

#[test]
fn a_run_goes_on_though_nobody_reads_its_story() {
    let project = shop();
    let mut command = project.command(["run", "-j", "1"]);
    let status = command.stdout(Stdio::null()).stderr(closed()).status().expect("the binary starts");
    assert_eq!(status.code(), Some(0));
    assert_eq!(project.read("sum.csv"), "n\n3\n");
    // A command's own pipes break quietly, as they do in a shell.
    assert!(
        project.log("say").contains(" OUT   y\n") && !project.log("say").contains("roken"),
        "{}",
        project.log("say")
    );
}

#[test]
fn mistakes_that_nobody_reads_still_have_their_exit_code() {
    let project = shop();
    for (arguments, code) in [(&["run", "nothing"][..], 2), (&["show", "x"], 2), (&["check", "-f", "none.yaml"], 2)] {
        let status = project.command([]).args(arguments).stdout(Stdio::null()).stderr(closed()).status();
        assert_eq!(status.expect("the binary starts").code(), Some(code), "{arguments:?}");
    }
}
