//! Running on schedule: what it will do, doing it, and what is remembered of it.

mod ask;
mod backfill;
mod data;
mod mail;
mod once;
mod retail;
mod serve;
mod together;

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use regex::Regex;
use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};

use crate::project::Project;

/// A pipeline whose only task writes down which fire it runs for.
fn telling(schedule: &str) -> Project {
    let run = "echo ${{ run.logical_time }} ${{ run.date }} ${{ run.trigger }} >> told.txt";
    Project::new().file("pipeline.yaml", telling_text(schedule, run))
}

fn telling_text(schedule: &str, run: &str) -> String {
    format!("version: 1\nname: clock\nschedule: {schedule}\ntasks:\n  tell: {{type: command, run: \"{run}\"}}\n")
}

/// The fires that were told, in the order in which their runs told them.
fn told(project: &Project) -> Vec<String> {
    let text = if project.has("told.txt") { project.read("told.txt") } else { String::new() };
    text.lines().map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
}

pub(crate) fn start(project: &Project) -> Child {
    let mut command = project.command(["schedule"]);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
}

pub(crate) fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("it goes on");
}

/// Waits until something is so, but not for ever.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "in a minute it did not come to pass: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What schedulers tell, without times.
fn timeless(text: &str) -> String {
    let times = [
        (r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} \w+", "[fire]"),
        (r"in \d+ (s|min|h|days)", "in [time]"),
        (r"at minute \d+", "at minute [m]"),
    ];
    times.iter().fold(text.to_owned(), |text, (pattern, plain)| {
        Regex::new(pattern).expect("a regular expression").replace_all(&text, *plain).into_owned()
    })
}

/// What the scheduler itself told, in lines.
fn story(stderr: &str) -> String {
    let is_own = |line: &&str| ["schedule ", "warning "].iter().any(|word| line.starts_with(word));
    timeless(&stderr.lines().filter(is_own).map(|line| format!("{line}\n")).collect::<String>())
}

pub(crate) fn state(project: &Project) -> Connection {
    let state = Connection::open(project.root().join(".tidemill/state.db")).expect("a state");
    state.busy_timeout(Duration::from_secs(10)).expect("a timeout");
    state
}

pub(crate) fn count(project: &Project, query: &str) -> i64 {
    state(project).query_row(query, [], |row| row.get(0)).expect("an answer")
}

/// The cron expression of fires half an hour away from now, one in each hour.
pub(crate) fn hourly() -> String {
    let away = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(30);
    away.to_zoned(jiff::tz::TimeZone::UTC).strftime("'%M * * * *'").to_string()
}

/// Makes a scheduler of the past have seen all fires up to so many hours ago.
pub(crate) fn seen_hours_ago(project: &Project, hours: i64) {
    project.run(["schedule", "--once"]).exits(0);
    let change = format!("UPDATE schedules SET seen = seen - {hours} * 3600000000");
    state(project).execute_batch(&format!("DELETE FROM fires; DELETE FROM runs; {change}")).expect("a state");
    let _ = std::fs::remove_file(project.root().join("told.txt"));
}
