//! Whole trees of processes: ended with the command, whoever ends it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::{run, with_path};
use crate::project::{Outcome, Project};

/// Starts processes that try to stay: in the background, without a terminal, in a session of their own, as an orphan. All of
/// them hold the FIFO open; each says on it when it is there.
const STAYING: &str = "
exec 9> alive.fifo
hold='echo here >&9; while :; do sleep 1000; done'
sh -c \"$hold\" &
nohup sh -c \"$hold\" > /dev/null 2>&1 &
setsid sh -c \"$hold\" &
(setsid sh -c \"$hold\" &) &
";
/// The same, deaf to all that can be ignored: it stays for the whole grace period.
const DEAF: &str = "sh -c \"trap '' TERM HUP INT; $hold\" &\n";

/// A project whose command starts them and then does this, and how many they are.
fn staying(deaf: bool, then: &str, keys: &str) -> (Project, usize) {
    let script = format!("{STAYING}{}{then}\n", if deaf { DEAF } else { "" });
    let project = Project::new().file("script.sh", script).pipeline(&format!(
        "version: 1\nname: staying\ntasks:\n  t: {{type: command, run: [sh, script.sh]{keys}}}\nfinally:\n  last: {{type: command, run: 'echo ${{{{ run.status }}}} > last.txt'}}\n"
    ));
    for fifo in ["alive.fifo", "go.fifo"] {
        assert!(Command::new("mkfifo").arg(project.root().join(fifo)).status().expect("mkfifo").success());
    }
    (project, if deaf { 5 } else { 4 })
}

/// The run, once all processes are there; what is read further from the FIFO ends with the last of them.
fn started((project, holders): &(Project, usize)) -> (Child, BufReader<File>) {
    let child =
        with_path(project, ["run"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    let mut alive = BufReader::new(File::open(project.root().join("alive.fifo")).expect("the FIFO"));
    for _ in 0..*holders {
        let mut line = String::new();
        alive.read_line(&mut line).expect("a word");
        assert_eq!(line, "here\n");
    }
    (child, alive)
}

/// Waits until none of them is left.
fn all_gone(mut alive: impl Read) {
    let mut rest = String::new();
    alive.read_to_string(&mut rest).expect("the end");
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("it runs");
}

fn story(project: &Project, child: Child, code: i32) -> Outcome {
    project.wait(child).exits(code)
}

#[test]
fn a_timeout_ends_them() {
    let staying = staying(true, "echo waiting; sleep 1000", ", timeout: 2s");
    let project = &staying.0;
    let (child, alive) = started(&staying);
    all_gone(alive);
    let told = story(project, child, 1).stderr;
    assert!(
        told.contains("error task t (command): took longer than its timeout of 2s")
            && told.contains("\u{2502} waiting"),
        "{told}"
    );
    assert_eq!(project.read("last.txt"), "failed\n");
}

#[test]
fn ctrl_c_ends_them_and_finally_runs() {
    let staying = staying(false, "sleep 1000", "");
    let project = &staying.0;
    let (child, alive) = started(&staying);
    signal(&child, Signal::INT);
    all_gone(alive);
    let told = story(project, child, 130).stderr;
    assert!(told.contains("interrupted in [time]"), "{told}");
    // What the history says, the handler is told.
    assert_eq!(project.read("last.txt"), "cancelled\n");
    assert!(run(project, ["history"]).exits(0).stdout.contains("cancelled"));
}

#[test]
fn a_second_ctrl_c_kills_them_at_once() {
    // It hears the first and goes on, as does a deaf one beside it.
    let staying = staying(true, "trap 'echo heard >&9' TERM; while :; do sleep 0.05; done", "");
    let project = &staying.0;
    let (child, mut alive) = started(&staying);
    signal(&child, Signal::INT);
    let mut line = String::new();
    alive.read_line(&mut line).expect("a word");
    assert_eq!(line, "heard\n");
    signal(&child, Signal::INT);
    all_gone(alive);
    story(project, child, 130);
}

#[test]
fn the_runners_own_death_ends_them() {
    let staying = staying(true, "sleep 1000", "");
    let project = &staying.0;
    let (mut child, alive) = started(&staying);
    child.kill().and_then(|()| child.wait()).expect("it is killed");
    all_gone(alive);
    let (again, alive) = started(&staying);
    assert!(run(project, ["history", "--json"]).exits(0).stdout.contains("interrupted"));
    // Asked twice, it waits for nobody.
    signal(&again, Signal::TERM);
    signal(&again, Signal::TERM);
    all_gone(alive);
    story(project, again, 130);
}

#[test]
fn what_a_command_leaves_behind_is_ended_and_told() {
    let staying = staying(false, "read go < go.fifo", "");
    let project = &staying.0;
    let (child, alive) = started(&staying);
    std::fs::write(project.root().join("go.fifo"), "go\n").expect("it waits for this");
    all_gone(alive);
    let told = story(project, child, 0).stderr;
    assert!(told.contains("had left behind had to be ended"), "{told}");
}
