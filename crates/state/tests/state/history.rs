use std::collections::HashSet;
use std::time::Duration;

use tidemill_core::event::TaskStatus;
use tidemill_core::ids::TaskName;
use tidemill_core::sched::How;
use tidemill_core::table::{RejectedRows, RowsIn};
use tidemill_core::task::{TaskFailure, TaskReport};
use tidemill_state::{AttemptRecord, Ledger, Made, RunStatus, State, StateError, TaskCounts, TaskRecord, counts_text};

use crate::{TestResult, at, end, parts, ran, start};

#[test]
fn a_run_is_remembered_as_it_was() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    let begun = start("p", 100);
    let run = state.begin_run(&begun)?;
    let counts = TaskCounts { ran: 2, failed: 1, ..TaskCounts::default() };
    state.end_run(&run, RunStatus::Failed, at(130), &counts)?;
    let back = state.run(run.as_str())?.ok_or("it is kept")?;
    assert_eq!((back.start, back.ended, back.counts), (begun, Some(at(130)), Some(counts)));
    assert_eq!(back.written, RunStatus::Failed);
    Ok(())
}

#[test]
fn a_run_tells_what_other_engines_have_computed() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    let run = state.begin_run(&start("p", 100))?;
    let on = |engine: Option<&str>, task: &str, how| {
        let mut record = TaskRecord { how, ..ran(task, parts(task, 1).digest(), 101) };
        record.report.place.engine = engine.map(str::to_owned);
        record
    };
    let records = [
        on(Some("spark"), "a", Some(How::Ran)),
        on(Some("spark"), "b", Some(How::Ran)),
        on(None, "c", Some(How::Ran)),
        on(Some("spark"), "d", Some(How::Cached)),
    ];
    for record in &records {
        state.record_task("p", &run, &Ledger { record, parts: None, made: None })?;
    }
    let elsewhere = state.computed_elsewhere(&run)?;
    assert_eq!(elsewhere, [("spark".to_owned(), 2)].into());
    let counts = TaskCounts { ran: 3, elsewhere, cached: 1, ..TaskCounts::default() };
    assert_eq!(counts_text(&counts), "3 ran (2 on spark), 1 cached");
    state.end_run(&run, RunStatus::Success, at(130), &counts)?;
    assert_eq!(state.run(run.as_str())?.and_then(|run| run.counts), Some(counts));
    Ok(())
}

#[test]
fn a_task_is_remembered_with_all_that_was_told_of_it() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    let run = state.begin_run(&start("p", 100))?;
    let failure = TaskFailure { exit_code: Some(3), tail: vec!["no".into()], ..TaskFailure::new("it broke") };
    let record = TaskRecord {
        status: TaskStatus::Failed,
        how: None,
        error: Some(failure.clone()),
        report: TaskReport {
            rows: Some(3),
            rows_in: vec![RowsIn { from: "orders".into(), rows: 9 }],
            rejected: vec![RejectedRows { reason: "bad".into(), rows: 2 }],
            warnings: vec!["odd".into()],
            ..TaskReport::default()
        },
        ..ran("a", parts("a", 1).digest(), 101)
    };
    let attempt =
        AttemptRecord { attempt: 1, started: at(101), duration: Duration::from_secs(1), error: Some(failure) };
    state.record_attempt(&run, &record.task, &attempt)?;
    state.record_task("p", &run, &Ledger { record: &record, parts: None, made: None })?;
    assert_eq!(state.tasks_of(&run)?, std::slice::from_ref(&record));
    assert_eq!(state.attempts_of(&run, &record.task)?, [attempt]);
    assert!(state.last_results("p")?.is_empty());
    Ok(())
}

#[test]
fn runs_of_one_second_have_ids_of_their_own() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    let ids: HashSet<_> = (0..20).map(|_| state.begin_run(&start("p", 100))).collect::<Result<_, _>>()?;
    assert_eq!(ids.len(), 20);
    Ok(())
}

#[test]
fn a_run_is_found_by_the_beginning_of_its_id_if_it_is_the_only_one() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    let first = state.begin_run(&start("p", 1_732_131_900))?;
    state.begin_run(&start("p", 1_732_218_300))?;
    assert_eq!(state.run("20241120")?.ok_or("one begins so")?.id, first);
    assert!(matches!(state.run("202411"), Err(StateError::Ambiguous { runs, .. }) if runs.len() == 2));
    assert_eq!(state.run("2025")?, None);
    assert_eq!(state.run("")?, None);
    assert_eq!(state.run("%")?, None);
    Ok(())
}

#[test]
fn the_expected_time_is_the_median_of_runs_that_did_something() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    for (no, (how, millis)) in
        [(How::Ran, 10), (How::Ran, 30), (How::Ran, 1000), (How::Cached, 0)].into_iter().enumerate()
    {
        let second = 100 + no as i64;
        let run = state.begin_run(&start("p", second))?;
        let record = TaskRecord {
            how: Some(how),
            duration: Duration::from_millis(millis),
            ..ran("a", parts("a", 1).digest(), second)
        };
        state.record_task("p", &run, &Ledger { record: &record, parts: None, made: Some(&Made::default()) })?;
    }
    assert_eq!(state.durations("p")?[&TaskName::new("a")], Duration::from_millis(30));
    assert!(state.durations("q")?.is_empty());
    Ok(())
}

#[test]
fn old_runs_go_and_the_latest_results_stay() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    let mut runs = Vec::new();
    for version in 1..=4 {
        let second = 100 * i64::from(version);
        let run = state.begin_run(&start("p", second))?;
        // `gone` was in the pipeline only in the first run.
        for task in if version == 1 { &["a", "gone", "steady"][..] } else { &["a"] } {
            let parts = parts(task, version);
            let record = ran(task, parts.digest(), second);
            let made = crate::results::made(&format!("{task}{version}"));
            state.record_task("p", &run, &Ledger { record: &record, parts: Some(&parts), made: Some(&made) })?;
        }
        end(&mut state, &run, second + 1)?;
        runs.push(run);
    }
    let digest = |text: &str| crate::results::made(text).table.map(|table| table.object.digest);
    let has = |objects: &std::collections::HashMap<_, _>, text| {
        digest(text).is_some_and(|digest| objects.contains_key(&digest))
    };

    let tasks = HashSet::from([TaskName::new("a"), TaskName::new("steady")]);
    let left = state.retain("p", 4, &tasks)?;
    assert!(left.forgotten.is_empty() && left.objects.len() == 6);
    let left = state.retain("p", 2, &tasks)?;
    assert_eq!(left.forgotten.iter().collect::<HashSet<_>>(), runs[..2].iter().collect());
    let kept = ["a1", "a2", "a3", "a4", "gone1", "steady1"].map(|text| has(&left.objects, text));
    assert_eq!(kept, [false, false, true, true, false, true]);
    assert_eq!(state.run_ids("p")?, [runs[3].clone(), runs[2].clone()]);
    assert!(state.tasks_of(&runs[0])?.is_empty());
    assert!(state.fingerprint(&parts("a", 4).digest())?.is_some());
    assert!(state.fingerprint(&parts("a", 1).digest())?.is_none());
    assert_eq!(state.integrity()?, "ok");
    Ok(())
}
