//! Commands: real processes, what enters them and what comes out.

mod arguments;
mod inputs;
mod logs;
mod outputs;
mod retries;
mod strict;
#[cfg(target_os = "linux")]
mod trees;

use std::process::Command;

use crate::project::{Outcome, Project};

/// The binary with a PATH, as a user has one.
fn with_path<const N: usize>(project: &Project, arguments: [&str; N]) -> Command {
    let mut command = project.command(arguments);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// Runs it to its end.
fn run<const N: usize>(project: &Project, arguments: [&str; N]) -> Outcome {
    let child = with_path(project, arguments)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the binary starts");
    project.wait(child)
}

/// What a task's command wrote, without time stamps.
fn wrote(project: &Project, task: &str) -> String {
    let log = project.log(task);
    log.lines().filter_map(|line| line.split_once(" OUT   ")).map(|(_, text)| format!("{text}\n")).collect()
}
