//! A state with two runs, for tests: one that went well, one that did not.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tidemill_core::cache::Object;
use tidemill_core::event::TaskStatus;
use tidemill_core::ids::{Digest, RunId, TaskName};
use tidemill_core::sched::How;
use tidemill_core::table::{DataType, RejectedRows, RowsIn, Schema};
use tidemill_core::task::{TaskFacts, TaskFailure, TaskReport};
use tidemill_state::{Ledger, Made, MadeTable, Output, Process, RunStart, RunStatus, State, TaskCounts, TaskRecord};

/// The state and its folder.
pub struct HistoryFixture {
    /// Removed with this.
    pub _folder: TempDir,
    /// What is remembered.
    pub state: State,
    /// The run that succeeded.
    pub good: RunId,
    /// The run that failed, a minute later.
    pub bad: RunId,
}

type Written<T> = Result<T, Box<dyn std::error::Error>>;

/// So many milliseconds after 2024-11-20 19:45:00.
pub fn at(millis: i64) -> Timestamp {
    let start: Timestamp = "2024-11-20T19:45:00Z".parse().unwrap();
    start + SignedDuration::from_millis(millis)
}

/// Writes both runs.
pub fn write() -> Written<HistoryFixture> {
    let folder = tempfile::tempdir()?;
    let mut state = State::open(folder.path())?;
    let good = state.begin_run(&start(0))?;
    let mut raw = task("raw_campaigns", "load", 0, 120, 100);
    raw.reasons = vec!["never ran before".into()];
    let mut clean = task("campaigns", "normalize", 130, 400, 88);
    clean.report = TaskReport {
        rows_in: vec![RowsIn { from: "raw_campaigns".into(), rows: 100 }],
        rejected: vec![RejectedRows { reason: "ends before it starts".into(), rows: 12 }],
        warnings: vec!["two currencies in `budget`".into()],
        ..clean.report
    };
    let mut sales = task("campaign_sales", "aggregate", 540, 860, 7);
    sales.report.rows_in = vec![RowsIn { from: "campaigns".into(), rows: 88 }];
    for record in [&raw, &clean, &sales] {
        state.record_task("retail", &good, &Ledger { record, parts: None, made: Some(&made(record)) })?;
    }
    state.end_run(&good, RunStatus::Success, at(1420), &TaskCounts { ran: 3, ..TaskCounts::default() })?;

    let bad = state.begin_run(&RunStart { trigger: "schedule".into(), ..start(60_000) })?;
    let cached = TaskRecord {
        how: Some(How::Cached),
        duration: Duration::ZERO,
        attempts: 0,
        ..task("raw_campaigns", "load", 60_010, 0, 100)
    };
    let mut failed = task("campaigns", "normalize", 60_020, 200, 0);
    (failed.status, failed.how, failed.report.rows, failed.attempts) = (TaskStatus::Failed, None, None, 2);
    failed.error = Some(TaskFailure {
        message: "row 17, column start_date: `31/02/2024` is no date".into(),
        help: vec!["`on_invalid: reject` sets such rows aside".into()],
        tail: vec!["reading".into(), "31/02/2024".into()],
        ..TaskFailure::default()
    });
    let mut left = task("campaign_sales", "aggregate", 60_220, 0, 0);
    (left.status, left.how, left.report.rows, left.attempts) = (TaskStatus::Cancelled, None, None, 0);
    for record in [&cached, &failed, &left] {
        state.record_task("retail", &bad, &Ledger { record, parts: None, made: None })?;
    }
    let counts = TaskCounts { cached: 1, failed: 1, cancelled: 1, ..TaskCounts::default() };
    state.end_run(&bad, RunStatus::Failed, at(60_250), &counts)?;
    Ok(HistoryFixture { _folder: folder, state, good, bad })
}

fn start(millis: i64) -> RunStart {
    RunStart {
        pipeline: "retail".into(),
        started: at(millis),
        trigger: "manual".into(),
        logical_time: at(millis).to_string(),
        params: serde_json::json!({"data_dir": "data", "top_n": 15}),
        selection: Vec::new(),
        process: Process::current(),
    }
}

/// A task that ran once and succeeded.
pub fn task(name: &str, kind: &str, started: i64, millis: u64, rows: u64) -> TaskRecord {
    TaskRecord {
        task: TaskName::new(name),
        kind: kind.into(),
        status: TaskStatus::Success,
        how: Some(How::Ran),
        started: at(started),
        duration: Duration::from_millis(millis),
        attempts: 1,
        fingerprint: Some(Digest::of(name.as_bytes())),
        reasons: Vec::new(),
        report: TaskReport { rows: Some(rows), ..TaskReport::default() },
        error: None,
    }
}

fn made(record: &TaskRecord) -> Made {
    let object = Object { digest: Digest::of(record.task.as_str().as_bytes()), size: 4 };
    Made {
        table: Some(MadeTable {
            object,
            stored: true,
            rows: record.report.rows.unwrap_or(0),
            schema: Schema::from_iter([("name", DataType::String)]),
        }),
        outputs: match record.task.as_str() {
            "campaign_sales" => vec![Output {
                path: "data/campaign_sales.csv".into(),
                object,
                rewritten: false,
                path_values: Default::default(),
            }],
            _ => Vec::new(),
        },
        facts: TaskFacts::default(),
    }
}
