//! The page runs schedules too, and tells people of them.

use super::{LONG, Watch};
use crate::serve::browser::Server;

#[test]
fn people_hear_of_a_night_that_serve_has_run() {
    let watch = Watch::over("", "  a: {type: command, run: 'exit 3'}\n");
    watch.begins_hours_ago(1);
    let _server = Server::with(watch.command(["serve", "--listen", "127.0.0.1:0"]));
    let call = watch.hook.heard.recv_timeout(LONG).expect("somebody is told");
    let told: serde_json::Value = serde_json::from_str(&call.body).expect("JSON");
    assert_eq!((told["event"].as_str(), told["tasks"][0]["task"].as_str()), (Some("failed"), Some("a")));
}

#[test]
fn people_hear_of_a_file_that_serve_cannot_run() {
    let watch = Watch::over("", "  a: {type: command, run: 'true'}\n");
    watch.begins_hours_ago(0);
    let good = watch.project.read("pipeline.yaml");
    watch.project.file_later("pipeline.yaml", &good.replace("command", "comand"));
    watch.an_hour_passes();
    let _server = Server::with(watch.command(["serve", "--listen", "127.0.0.1:0"]));
    let call = watch.hook.heard.recv_timeout(LONG).expect("somebody is told");
    let told: serde_json::Value = serde_json::from_str(&call.body).expect("JSON");
    let summary = "The file has mistakes, and nothing runs on schedule until they are mended";
    assert_eq!((told["event"].as_str(), told["summary"].as_str()), (Some("failed"), Some(summary)));
}
