//! Runs that are started from the page.

use super::browser::Server;
use super::pages::shop;
use crate::project::Project;

/// A command that waits until a file is there.
fn waiting() -> Project {
    Project::new().pipeline(
        r#"
        version: 1
        name: slow
        tasks:
          wait: {type: command, run: "until [ -e go ]; do sleep 0.01; done"}
        "#,
    )
}

fn server_with_path(project: &Project) -> Server {
    let mut command = project.command(["serve", "--listen", "127.0.0.1:0"]);
    command.env("PATH", std::env::var("PATH").unwrap_or_default());
    Server::with(command)
}

#[test]
fn a_run_is_started_and_ends_and_its_events_tell_so() {
    let project = shop();
    let server = Server::of(&project);
    let answer = server.post("/api/v1/projects/shop/runs", r#"{"select": ["+large"], "params": {"least": 3}}"#);
    assert_eq!(answer.status, 202, "{}", answer.body);
    let run = answer.json()["run"].as_str().expect("a run").to_owned();
    // The answer ends when the run has.
    let events = server.get(&format!("/api/v1/projects/shop/runs/{run}/events"));
    assert!(events.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream")));
    assert_eq!(events.body.matches("event: task").count(), 2, "{}", events.body);
    assert!(events.body.contains("event: end"), "{}", events.body);
    let ended = server.ended("shop", &run);
    assert_eq!((&ended["status"], &ended["params"]["least"]), (&"success".into(), &3.into()), "{ended}");
    assert_eq!(project.read("out/large.csv").lines().count(), 3);
    // The form of the page.
    let answer = server.post("/p/shop/runs", "select=&param.least=4");
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = answer.header("location").expect("a page").to_owned();
    let run = page.rsplit('/').next().expect("a run");
    assert_eq!(server.ended("shop", run)["params"]["least"], 4);
}

#[test]
fn what_cannot_be_started_says_why() {
    let project = shop();
    let server = Server::of(&project);
    let post = |body: &str| server.post("/api/v1/projects/shop/runs", body);
    let refused = post(r#"{"select": ["larg"]}"#);
    assert_eq!(refused.status, 422);
    assert!(refused.json()["error"].as_str().is_some_and(|text| text.contains("larg")), "{}", refused.body);
    assert_eq!(post(r#"{"params": {"least": -1}}"#).status, 422);
    assert_eq!(post(r#"{"select": ["--force"]}"#).status, 400);
    assert_eq!(post(r#"{"select": 1}"#).status, 400);
    assert_eq!(post("{").status, 400);
    assert_eq!(server.post("/api/v1/projects/none/runs", "{}").status, 404);
    assert_eq!(server.get("/api/v1/projects/shop/runs/none").status, 404);
}

#[test]
fn a_run_is_stopped_and_meanwhile_no_other_begins() {
    let project = waiting();
    let server = server_with_path(&project);
    let started = server.post("/api/v1/projects/slow/runs", "{}");
    assert_eq!(started.status, 202, "{}", started.body);
    let run = started.json()["run"].as_str().expect("a run").to_owned();
    assert_eq!(server.post("/api/v1/projects/slow/runs", "{}").status, 409);
    assert_eq!(server.post(&format!("/p/slow/runs/{run}/stop"), "").status, 303);
    assert_eq!(server.ended("slow", &run)["status"], "cancelled");
    assert_eq!(server.post(&format!("/p/slow/runs/{run}/stop"), "").status, 409);
}

#[test]
fn a_run_outlives_the_server_that_started_it() {
    let project = waiting();
    let server = server_with_path(&project);
    let started = server.post("/api/v1/projects/slow/runs", "{}");
    let run = started.json()["run"].as_str().expect("a run").to_owned();
    drop(server);
    let server = server_with_path(&project);
    assert_eq!(server.get(&format!("/api/v1/projects/slow/runs/{run}")).json()["status"], "running");
    std::fs::write(project.root().join("go"), "").expect("a file");
    assert_eq!(server.ended("slow", &run)["status"], "success");
}
