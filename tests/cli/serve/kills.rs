//! `serve` is killed at any moment, during runs that it has started and during fires of its schedule.
//!
//! `TIDEMILL_SERVE_KILLS=50` is the long form; its figures are in `docs/reliability.md`.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::browser::Server;
use crate::project::Project;

fn kills() -> u64 {
    std::env::var("TIDEMILL_SERVE_KILLS").ok().and_then(|number| number.parse().ok()).unwrap_or(6)
}

/// A project that is run by its schedule in `clock/` and from the page in `hand/`, and writes down what ran.
fn two() -> Project {
    let pipeline = |name: &str, schedule: &str, run: &str| {
        format!("version: 1\nname: {name}\n{schedule}tasks:\n  tell: {{type: command, run: \"{run}\"}}\n")
    };
    let schedule = "schedule: {every: 1s, overlap: queue, catchup: all}\n";
    Project::new()
        .file("clock/pipeline.yaml", pipeline("clock", schedule, "echo ${{ run.logical_time }} >> told.txt"))
        .file(
            "hand/pipeline.yaml",
            pipeline("hand", "", "echo ${{ run.id }} >> told.txt; sleep 0.2; echo end >> ended.txt"),
        )
}

fn serve(project: &Project, folders: &[&str]) -> Server {
    let mut command = project.command(["serve", "--listen", "127.0.0.1:0"]);
    command.args(folders).stdout(Stdio::null());
    Server::with(with_path(command))
}

fn with_path(mut command: Command) -> Command {
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

fn lines(project: &Project, path: &str) -> Vec<String> {
    if project.has(path) { project.read(path).lines().map(str::to_owned).collect() } else { Vec::new() }
}

fn state(project: &Project, folder: &str) -> Connection {
    let state = Connection::open(project.root().join(folder).join(".tidemill/state.db")).expect("a state");
    state.busy_timeout(Duration::from_secs(10)).expect("a timeout");
    state
}

fn count(project: &Project, folder: &str, query: &str) -> i64 {
    state(project, folder).query_row(query, [], |row| row.get(0)).expect("an answer")
}

/// Waits until something is so, but not for ever.
#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "in a minute it did not come to pass: {what}");
        std::thread::yield_now();
    }
}

#[test]
fn no_fire_is_lost_or_runs_twice_and_no_run_is_left_half_told() {
    let project = two();
    let mut asked = 0;
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for kill in 0..kills() {
        let server = serve(&project, &["clock", "hand"]);
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Some are killed after the page was asked for a run, before it has answered; some wait for a fire first.
        if !(random >> 33).is_multiple_of(4) {
            let seen = lines(&project, "clock/told.txt").len();
            until("a fire runs", || lines(&project, "clock/told.txt").len() > seen);
        }
        let (cookie, origin) = (server.cookie(), format!("http://{}", server.host));
        let own = [("Cookie", cookie.as_str()), ("Origin", origin.as_str())];
        let path = "/api/v1/projects/hand/runs";
        asked += 1;
        let mut stream = server.connect();
        if kill % 2 == 0 {
            // In the middle of the run, or of another one that goes on still.
            let answer = server.ask("POST", path, &own, "{}");
            assert!([202, 409].contains(&answer.status), "{}", answer.body);
        } else {
            stream.write_all(server.request("POST", path, &own, "{}").as_bytes()).expect("it listens");
            std::thread::sleep(Duration::from_millis((random >> 40) % 400));
        }
        // Dropping it is SIGKILL.
        drop(server);
    }
    // Whoever comes afterwards takes up what was left.
    let server = serve(&project, &["clock", "hand"]);
    let seen = lines(&project, "clock/told.txt").len();
    until("further fires run", || lines(&project, "clock/told.txt").len() >= seen + 2);
    drop(server);
    for folder in ["clock", "hand"] {
        until("runs that outlive their server end", || {
            count(&project, folder, "SELECT count(*) FROM runs WHERE status = 'running'") == 0
        });
        let sound: String =
            state(&project, folder).query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("an answer");
        assert_eq!(sound, "ok");
    }
    let fires = lines(&project, "clock/told.txt");
    assert_eq!(fires.iter().collect::<BTreeSet<_>>().len(), fires.len(), "a fire ran twice: {fires:?}");
    let gaps = "SELECT (max(instant) - min(instant)) / 1000000 + 1 - count(*) FROM fires";
    assert_eq!(count(&project, "clock", gaps), 0, "a fire was lost");
    let untold = "SELECT count(*) FROM fires WHERE status = 'skipped' AND reason IS NULL";
    assert_eq!(count(&project, "clock", untold), 0, "a fire was skipped without a reason");
    // Each run that was begun went on to its end without the server; none was begun twice.
    let runs = lines(&project, "hand/told.txt");
    assert_eq!(runs.iter().collect::<BTreeSet<_>>().len(), runs.len(), "a run ran twice: {runs:?}");
    assert!(runs.len() <= asked, "{} runs of {asked} that were asked for", runs.len());
    assert_eq!(lines(&project, "hand/ended.txt").len(), runs.len());
    let good = count(&project, "hand", "SELECT count(*) FROM runs WHERE status = 'success'");
    assert_eq!(good as usize, runs.len());
    println!("{} kills: {} fires ran, {} of {asked} runs were begun", kills(), fires.len(), runs.len());
}

/// A pipeline whose task waits until a file is there.
fn waiting(schedule: &str) -> Project {
    let run = "echo ${{ run.logical_time }} >> told.txt; until [ -e go ]; do sleep 0.01; done";
    Project::new().file(
        "pipeline.yaml",
        format!("version: 1\nname: slow\n{schedule}tasks:\n  wait: {{type: command, run: \"{run}\"}}\n"),
    )
}

#[test]
fn the_run_of_a_fire_outlives_the_server_and_the_next_one_knows_it() {
    let project = waiting("schedule: {every: 7d}\n");
    project.run(["schedule", "--once"]).exits(0);
    // The last fire is a week ago, and was never seen.
    let week = 7 * 24 * 3600 * 1_000_000_i64;
    state(&project, ".").execute("UPDATE schedules SET seen = seen - ?", [week]).expect("a state");
    let server = serve(&project, &[]);
    until("the fire runs", || project.has("told.txt"));
    drop(server);
    let server = serve(&project, &[]);
    let runs = server.get("/api/v1/projects/slow/runs").json();
    assert_eq!(runs["runs"][0]["status"], "running", "{runs}");
    let run = runs["runs"][0]["run"].as_str().expect("a run").to_owned();
    std::fs::write(project.root().join("go"), "").expect("a file");
    assert_eq!(server.ended("slow", &run)["status"], "success");
    assert_eq!(lines(&project, "told.txt").len(), 1, "the fire ran once");
    until("the fire is done", || count(&project, ".", "SELECT count(*) FROM fires WHERE status = 'done'") == 1);
}

#[test]
fn a_run_that_dies_with_the_server_is_told_as_interrupted_and_a_retry_goes_on() {
    let project = waiting("");
    let server = serve(&project, &[]);
    let started = server.post("/api/v1/projects/slow/runs", "{}");
    let run = started.json()["run"].as_str().expect("a run").to_owned();
    let pid = count(&project, ".", "SELECT pid FROM runs");
    drop(server);
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).expect("a pid")).expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it goes on");
    let server = serve(&project, &[]);
    assert_eq!(server.ended("slow", &run)["status"], "interrupted");
    std::fs::write(project.root().join("go"), "").expect("a file");
    let again = server.post(&format!("/api/v1/projects/slow/runs/{run}/retry"), "");
    assert_eq!(again.status, 202, "{}", again.body);
    let again = again.json()["run"].as_str().expect("a run").to_owned();
    assert_eq!(server.ended("slow", &again)["status"], "success");
}
