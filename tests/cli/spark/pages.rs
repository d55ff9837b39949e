//! The link to Spark's own page of a run.

use std::io::{Read, Write};
use std::net::TcpStream;

use tidemill_test_servers::SparkServer;

use super::both::engine;
use crate::project::Project;

fn project(engine: &str) -> Project {
    let text = "version: 1\nname: t\ntasks:\n  t: {type: load, path: t.csv}\n  q: {type: sql, sql: 'select n + 1 as n from t'}\n";
    Project::new().file("t.csv", "n\n1\n2\n").file("pipeline.yaml", format!("{text}{engine}"))
}

/// The link of the task `q` in the last run.
fn link(project: &Project) -> String {
    let shown = project.run(["show", "--json"]).exits(0).stdout;
    let lines = shown.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let lines: Vec<_> = lines.collect();
    let page = |line: &serde_json::Value| Some(line.get("engine_page")?.as_str()?.to_owned());
    assert_eq!(lines.iter().filter_map(page).count(), 1, "{shown}");
    lines.iter().find_map(page).expect("a link")
}

fn get(link: &str) -> String {
    let (host, path) = link.trim_start_matches("http://").split_once('/').expect("a path");
    let mut stream = TcpStream::connect(host).expect("Spark's pages");
    stream.write_all(format!("GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n").as_bytes()).expect("a question");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn a_task_leads_to_its_statements_on_the_page_of_spark() {
    let Some(server) = SparkServer::shared() else { return };
    let project = project(&engine(&server));
    project.run(["--engine", "spark", "run"]).exits(0);
    let link = link(&project);
    let answer = get(&link);
    assert!(answer.starts_with("HTTP/1.1 200"), "{link}: {answer}");
    assert!(answer.contains("tidemill-20") && answer.contains("write_operation"), "{link}: {answer}");
    let shown = project.run(["show"]).exits(0);
    assert!(shown.stdout.contains(&link), "{}", shown.stdout);
}

#[test]
fn the_page_is_where_the_pipeline_says() {
    let Some(server) = SparkServer::shared() else { return };
    let at = |ui: &str| {
        let (url, warehouse) = (server.url(), server.warehouse());
        format!("engine: {{type: spark, url: \"{url}\", warehouse: \"{warehouse}\", ui: \"{ui}\"}}\n")
    };
    let project = project(&at("https://history.example/history/{app}/"));
    project.run(["run"]).exits(0);
    let link = link(&project);
    assert!(link.starts_with("https://history.example/history/local-"), "{link}");
    assert!(link.contains("/connect/session/?id=") && link.ends_with("&userId=dGlkZW1pbGw"), "{link}");
    let project = project.file(
        "pipeline.yaml",
        format!("{}{}", "version: 1\nname: t\ntasks: {t: {type: load, path: t.csv}}\n", at("spark:4040")),
    );
    let refused = project.run(["check"]).exits(2);
    assert!(refused.stderr.contains("`ui` is where Spark's pages are"), "{}", refused.stderr);
}
