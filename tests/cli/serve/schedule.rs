//! Schedules as the page shows them, and what it does about them.

use std::time::{Duration, Instant};

use super::browser::Server;
use crate::project::Project;

const TASKS: &str = "tasks:\n  orders: {type: load, path: orders.csv}\n";

fn project(schedule: &str) -> Project {
    let text = format!("version: 1\nname: shop\n{schedule}{TASKS}");
    Project::new().pipeline(&text).file("orders.csv", "country\nFR\n")
}

fn without_schedules(project: &Project) -> Server {
    Server::with(project.command(["serve", "--listen", "127.0.0.1:0", "--no-schedule"]))
}

#[test]
fn the_calendar_tells_what_ran_and_what_was_skipped_and_why() {
    let project = project("schedule: '0 12 * * *'\n");
    let server = without_schedules(&project);
    let page = server.get("/p/shop/schedule?month=2099-02").text();
    assert!(page.contains("February 2099") && page.contains("12:00 coming"), "{page}");
    assert!(page.contains("every day at 12:00"), "{page}");
    assert_eq!(server.post("/p/shop/pause", "").status, 303);
    assert!(server.get("/p/shop/schedule").text().contains("none: paused since"));
    assert_eq!(server.post("/p/shop/resume", "back=projects").header("location"), Some("/"));
    for wrong in ["month=2099-13", "month=x", "day=2099-02-30"] {
        assert_eq!(server.get(&format!("/p/shop/schedule?{wrong}")).status, 400, "{wrong}");
    }
    let api = server.get("/api/v1/projects/shop/schedule?month=2099-02&day=2099-02-03").json();
    assert_eq!(api["month"]["day"]["fires"][0]["fire"], "2099-02-03T12:00:00Z", "{api}");
}

#[test]
fn the_simulator_tells_the_same_as_the_command_line() {
    let project = project("schedule: {cron: '30 2 * * *', timezone: Europe/Berlin}\n");
    let server = without_schedules(&project);
    let page =
        server.get("/p/shop/schedule/simulation?from=2024-03-30&to=2024-04-01&down=2024-04-01T00:00..2024-04-01T09:00");
    let told = project.run([
        "schedule",
        "simulate",
        "--from",
        "2024-03-30",
        "--to",
        "2024-04-01",
        "--down",
        "2024-04-01T00:00..2024-04-01T09:00",
    ]);
    for part in ["caught up at 2024-04-01T09:00:00+02:00", "clocks go forward 1h, to 03:00"] {
        assert!(told.stdout.contains(part), "{}", told.stdout);
        assert!(page.text().contains(part), "{}", page.text());
    }
    let wrong = server.get("/p/shop/schedule/simulation?from=yesterday&to=2024-04-01").text();
    assert!(wrong.contains("`from` is not a time: write it as `2024-11-20`"), "{wrong}");
    let many = server.get("/api/v1/projects/shop/simulation?from=2000-01-01&to=2024-04-01");
    assert_eq!(many.status, 422, "{}", many.body);
}

#[test]
fn a_backfill_shows_its_runs_and_then_starts_them() {
    let project = project("schedule: '0 12 * * *'\n");
    let server = without_schedules(&project);
    let page = server.get("/p/shop/schedule/backfill?from=2024-11-01&to=2024-11-03&missing_only=true").text();
    assert!(page.contains("3 runs would start") && page.contains("2024-11-02 12:00:00 UTC"), "{page}");
    assert!(!project.has(".tidemill"), "nothing ran");
    let started = server.post("/p/shop/backfills", "from=2024-11-01&to=2024-11-03&missing_only=true");
    assert_eq!(started.status, 303, "{}", started.body);
    until(|| {
        let runs = server.get("/api/v1/projects/shop/runs").json();
        let runs = runs["runs"].as_array().cloned().unwrap_or_default();
        runs.len() == 3 && runs.iter().all(|run| run["status"] == "success" && run["trigger"] == "backfill")
    });
    let calendar = server.get("/p/shop/schedule?month=2024-11").text();
    assert_eq!(calendar.matches("12:00 success").count(), 3, "{calendar}");
    let asked = r#"{"from": "2024-11-01", "to": "2024-11-03", "missing_only": true}"#;
    let nothing = server.post("/api/v1/projects/shop/backfills", asked);
    assert_eq!((nothing.status, &nothing.json()["run"]), (200, &serde_json::Value::Null), "{}", nothing.body);
    let left = server.get("/api/v1/projects/shop/backfills?from=2024-11-01&to=2024-11-04&missing_only=true").json();
    assert_eq!(left["fires"].as_array().map(Vec::len), Some(1), "{left}");
    for wrong in [r#"{"from": "--help", "to": "2024-11-03"}"#, "{}", r#"{"from": 1, "to": 2}"#] {
        assert_eq!(server.post("/api/v1/projects/shop/backfills", wrong).status, 422, "{wrong}");
    }
}

#[test]
fn a_schedule_that_is_written_while_the_page_is_served_runs() {
    let project = project("");
    let server = Server::of(&project);
    assert!(server.get("/p/shop/schedule").text().contains("The pipeline has no schedule"));
    std::fs::write(
        project.root().join("pipeline.yaml"),
        format!("version: 1\nname: shop\nschedule: {{every: 1s}}\n{TASKS}"),
    )
    .expect("a file");
    until(|| server.get("/api/v1/projects/shop/runs").json()["runs"][0]["trigger"] == "schedule");
    assert!(server.get("/p/shop/schedule").text().contains("every 1s"));
}

#[test]
fn what_is_out_of_date_stands_on_the_first_page() {
    let project = project("");
    let server = without_schedules(&project);
    let card = |holds: &str| until(|| server.get("/").text().contains(holds));
    card("1 task : orders first run");
    project.run(["run"]).exits(0);
    card("out of date nothing");
}

/// Waits until it holds.
fn until(holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it never came about");
        std::thread::yield_now();
    }
}
