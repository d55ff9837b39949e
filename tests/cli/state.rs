//! What is remembered, where clocks are wrong or somebody meddles with it.

use std::collections::HashSet;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;

use crate::project::Project;

/// The runs of a pipeline as `history` has them, the latest first.
fn runs(project: &Project) -> Vec<serde_json::Value> {
    let history = project.command(["history", "--json"]).output().expect("the binary starts").stdout;
    String::from_utf8(history).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn mails(project: &Project) -> usize {
    project.files("outputs/outbox").len()
}

#[test]
fn runs_that_begin_in_one_second_have_ids_of_their_own() {
    const PIPELINES: usize = 40;
    let pipeline = |at: usize| format!("version: 1\nname: p{at}\ntasks: {{t: {{type: command, run: 'true'}}}}\n");
    let project = (0..PIPELINES).fold(Project::new(), |project, at| project.file(&format!("p{at}.yaml"), pipeline(at)));
    let start = |at: usize| {
        project.command(["-f", &format!("p{at}.yaml"), "run"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()
    };
    let children: Vec<_> = (0..PIPELINES).map(|at| start(at).expect("the binary starts")).collect();
    children.into_iter().for_each(|child| drop(project.wait(child).exits(0)));
    let logs = std::fs::read_dir(project.root().join("logs")).unwrap().flatten();
    let ids: HashSet<String> = logs.map(|run| run.file_name().into_string().unwrap()).collect();
    assert_eq!(ids.len(), PIPELINES, "{ids:?}");
}

#[test]
fn a_clock_that_was_ahead_once_is_forgotten_with_the_next_run() {
    let with = |body: &str| {
        format!(
            "version: 1\nname: p\ntasks:\n  mail: {{type: email, to: a@example.com, subject: s, body: {body}}}\n  say: {{type: command, run: echo {body}}}\n"
        )
    };
    let project = Project::new().file("pipeline.yaml", with("one"));
    project.run(["run"]).exits(0);
    let state = rusqlite::Connection::open(project.root().join(".tidemill/state.db")).unwrap();
    let year = 365 * 24 * 3_600_000_000_i64;
    state.execute("UPDATE runs SET started = started + ?1, ended = ended + ?1", [year]).unwrap();
    state.execute("UPDATE effects SET at = at + ?1", [year]).unwrap();
    drop(state);
    let project = project.file("pipeline.yaml", with("two"));
    project.run(["run"]).exits(0);
    assert_eq!(mails(&project), 2);
    // The latest run is the one that was written down last, and what was sent last is its mail.
    assert!(project.run(["logs", "say"]).exits(0).stdout.contains("two"));
    assert!(project.run(["show"]).exits(0).stdout.contains("[run]"));
    let (last, first) = (runs(&project)[0].clone(), runs(&project)[1].clone());
    assert!(last["started"].as_str() < first["started"].as_str(), "{last} {first}");
    let project = project.file("pipeline.yaml", with("one"));
    project.run(["run"]).exits(0);
    assert_eq!(mails(&project), 3);
    assert!(project.run(["run", "mail"]).exits(0).stderr.contains("nothing to do"));
    assert_eq!(mails(&project), 3);
}

const REMOVING: &str = "
    version: 1
    name: p
    tasks:
      before: {type: email, to: a@example.com, subject: before, body: b}
      remove: {type: command, run: 'REMOVE', depends_on: [before]}
      table: {type: load, path: a.csv, output: a_out.csv, depends_on: [remove]}
      after: {type: email, to: a@example.com, subject: after, body: b, depends_on: [table]}
    ";

#[test]
fn a_state_that_is_removed_in_mid_run_is_written_again_and_nothing_is_sent_twice() {
    let project = Project::new().file("a.csv", "n\n1\n").pipeline(&REMOVING.replace("REMOVE", "rm -rf .tidemill"));
    let told = "warning the folder .tidemill was removed while the run went on";
    let outcome = project.run(["run"]).exits(0);
    assert!(outcome.stderr.contains(told), "{}", outcome.stderr);
    assert_eq!((mails(&project), runs(&project).len()), (2, 1));
    // The next one removes it too, before anything else could be lost.
    project.run(["run"]).exits(0);
    assert_eq!((mails(&project), runs(&project).len()), (2, 2));
    assert!(project.run(["doctor"]).exits(0).stdout.contains("of all that was sent it is known"));
}

#[test]
fn a_state_that_another_has_replaced_stops_the_run_before_anything_is_sent() {
    let replace = "rm -rf .tidemill && mkdir .tidemill && touch .tidemill/state.db";
    let project = Project::new().file("a.csv", "n\n1\n").pipeline(&REMOVING.replace("REMOVE", replace));
    let told = project.run(["run"]).exits(1).stderr;
    assert!(told.contains(".tidemill/state.db was replaced while this run was going on"), "{told}");
    assert_eq!(mails(&project), 1);
}

/// The superuser may write everything, so there the binary runs as somebody else.
fn as_nobody(project: &Project, arguments: [&str; 1]) -> Option<crate::project::Outcome> {
    const NOBODY: u32 = 65_534;
    let mut command = project.command(arguments);
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    // Nobody may not even start the binary where it lies.
    child.ok().map(|child| project.wait(child))
}

fn rights(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(path, Some(65_534), Some(65_534)).unwrap();
    }
}

#[test]
fn a_state_that_may_not_be_written_for_one_run_fails_no_later_one() {
    let project = Project::new().pipeline("version: 1\nname: p\ntasks: {t: {type: command, run: 'true'}}\n");
    rights(project.root().parent().unwrap(), 0o755);
    rights(&project.root(), 0o755);
    let Some(first) = as_nobody(&project, ["run"]) else { return };
    first.exits(0);
    let state = project.root().join(".tidemill/state.db");
    rights(&state, 0o444);
    let told = as_nobody(&project, ["run"]).unwrap().exits(1).stderr;
    assert!(told.contains("cannot write [folder]/project/.tidemill/state.db: permission denied"), "{told}");
    for reading in ["status", "plan", "history"] {
        as_nobody(&project, [reading]).unwrap().exits(0);
    }
    let told = as_nobody(&project, ["doctor"]).unwrap().exits(1).stdout;
    assert!(told.contains(".tidemill/state.db may not be written"), "{told}");
    assert_eq!(project.files(".tidemill").keys().filter(|name| name.starts_with("state.db")).count(), 1);
    rights(&state, 0o600);
    // Files that SQLite has made with the rights of then.
    for beside in ["state.db-wal", "state.db-shm"] {
        let file = project.root().join(".tidemill").join(beside);
        std::fs::write(&file, [0; 32_768]).unwrap();
        rights(&file, 0o444);
    }
    assert!(as_nobody(&project, ["doctor"]).unwrap().exits(0).stdout.contains("may not be written: the next run"));
    as_nobody(&project, ["run"]).unwrap().exits(0);
    assert_eq!(runs(&project).len(), 2);
}
