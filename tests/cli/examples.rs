//! The pipelines in `examples/`, run as a reader would.

use std::process::{Command, Stdio};

use crate::project::{Outcome, Project};

/// Runs an example twice: the second time, only commands without outputs have anything to do.
fn example(name: &str) -> (Project, Outcome) {
    let folder = format!("examples/pipelines/{name}");
    let project = Project::new().copy(&[&folder]);
    let run = || {
        let mut command = project.command(["-C"]);
        command.arg(&folder).arg("run").env("PATH", std::env::var_os("PATH").unwrap_or_default());
        project.wait(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")).exits(0)
    };
    let first = run();
    let second = run().stderr;
    assert!(second.contains("nothing to do"), "{second}");
    (project, first)
}

#[test]
fn python_in_the_middle() {
    if !Command::new("python3").arg("--version").output().is_ok_and(|found| found.status.success()) {
        eprintln!("python3 is not there: its example is not run");
        return;
    }
    let (project, _) = example("python_in_the_middle");
    insta::assert_snapshot!(project.read("examples/pipelines/python_in_the_middle/outputs/stores.csv"));
}

#[test]
fn a_report_for_each_country() {
    let (project, _) = example("report_per_country");
    let reports = "examples/pipelines/report_per_country/outputs/reports";
    insta::assert_snapshot!(project.read(&format!("{reports}/FR.md")));
    insta::assert_snapshot!(project.read(&format!("{reports}/index.txt")));
    assert_eq!(project.files(reports).len(), 4);
}

#[test]
fn shell_commands_alone() {
    let (project, _) = example("shell_only");
    insta::assert_snapshot!(project.read("examples/pipelines/shell_only/outputs/summary.txt"));
}
