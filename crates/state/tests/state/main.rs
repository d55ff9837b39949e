//! The state and the lock as the binary uses them: on a real disk, by several threads and processes.

mod history;
mod ledger;
mod locking;
mod opening;
mod results;
mod schedulers;

use jiff::Timestamp;
use serde_json::json;
use tidemill_core::event::TaskStatus;
use tidemill_core::fingerprint::Fingerprint;
use tidemill_core::ids::{Digest, TaskName};
use tidemill_core::sched::How;
use tidemill_core::task::TaskReport;
use tidemill_state::{Process, RunStart, RunStatus, TaskCounts, TaskRecord};

type TestResult = Result<(), Box<dyn std::error::Error>>;

/// That many seconds after 1970-01-01 begins a second.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("tests use times in range")
}

fn start(pipeline: &str, second: i64) -> RunStart {
    RunStart {
        pipeline: pipeline.into(),
        started: at(second),
        trigger: "manual".into(),
        logical_time: "2024-11-20T19:45:00+00:00".into(),
        params: json!({"top_n": 15}),
        selection: vec!["tag:x".into()],
        process: Process::current(),
    }
}

fn parts(task: &str, version: u32) -> Fingerprint {
    Fingerprint::builder("sql", version).key("sql", json!(task), vec![]).build()
}

fn ran(task: &str, fingerprint: Digest, second: i64) -> TaskRecord {
    TaskRecord {
        task: TaskName::new(task),
        kind: "sql".into(),
        status: TaskStatus::Success,
        how: Some(How::Ran),
        started: at(second),
        duration: std::time::Duration::from_millis(20),
        attempts: 1,
        fingerprint: Some(fingerprint),
        reasons: vec!["never ran".into()],
        report: TaskReport { rows: Some(3), ..TaskReport::default() },
        error: None,
    }
}

fn end(state: &mut tidemill_state::State, run: &tidemill_core::ids::RunId, second: i64) -> TestResult {
    Ok(state.end_run(run, RunStatus::Success, at(second), &TaskCounts::default())?)
}
