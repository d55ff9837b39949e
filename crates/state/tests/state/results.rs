use std::collections::HashMap;
use std::path::PathBuf;

use proptest::prelude::*;
use tidemill_core::cache::Object;
use tidemill_core::fingerprint::{Stat, StatRecord, explain};
use tidemill_core::ids::{Digest, TaskName};
use tidemill_core::sched::How;
use tidemill_core::table::{DataType, Schema};
use tidemill_core::task::{TaskFacts, TaskReport};
use tidemill_state::{Ledger, Made, MadeTable, Output, State, TaskRecord};

use crate::{TestResult, at, parts, ran, start};

/// What a task made whose table has the digest of `content`.
pub fn made(content: &str) -> Made {
    let object = Object { digest: Digest::of(content.as_bytes()), size: content.len() as u64 };
    let schema: Schema = [("total", DataType::MONEY), ("country", DataType::String)].into_iter().collect();
    Made {
        table: Some(MadeTable { object, stored: true, rows: 3, schema }),
        outputs: Vec::new(),
        facts: TaskFacts {
            status: "success".into(),
            report: TaskReport { rows: Some(3), ..TaskReport::default() },
            ..TaskFacts::default()
        },
    }
}

#[test]
fn what_was_made_is_found_under_its_fingerprint_and_as_the_latest() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    let run = state.begin_run(&start("p", 100))?;
    let fingerprint = parts("a", 1);
    let output = Output {
        path: "outputs/a.csv".into(),
        object: Object { digest: Digest::of(b"csv"), size: 3 },
        rewritten: false,
        path_values: Default::default(),
    };
    let made = Made { outputs: vec![output.clone()], ..made("table") };
    let record = ran("a", fingerprint.digest(), 101);
    state.record_task("p", &run, &Ledger { record: &record, parts: Some(&fingerprint), made: Some(&made) })?;

    let last = state.last_results("p")?.remove("a").ok_or("it succeeded")?;
    assert_eq!((&last.run, last.made, last.fingerprint), (&run, at(101), fingerprint.digest()));
    assert_eq!(last.outputs()?, [output]);
    assert_eq!(last.facts()?, made.facts);
    let (table, expected) = (last.table.as_ref().ok_or("it has one")?, made.table.ok_or("it has one")?);
    assert_eq!((table.object, table.rows, table.stored, table.schema()?), (expected.object, 3, true, expected.schema));
    assert_eq!(state.look_up("p", &record.task, &fingerprint.digest())?, Some(last.clone()));
    assert_eq!(state.result_in(&run, &record.task)?, Some(last));
    assert_eq!(state.fingerprint(&fingerprint.digest())?, Some(fingerprint));
    assert!(state.last_results("q")?.is_empty());
    assert_eq!(state.look_up("q", &record.task, &record.fingerprint.ok_or("it has one")?)?, None);
    Ok(())
}

#[test]
fn going_back_to_an_old_parameter_finds_the_old_result() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    let task = TaskName::new("a");
    let mut runs = Vec::new();
    for version in [1, 2] {
        let run = state.begin_run(&start("p", 100 * i64::from(version)))?;
        let parts = parts("a", version);
        let record = ran("a", parts.digest(), 100 * i64::from(version));
        let made = made(&format!("table {version}"));
        state.record_task("p", &run, &Ledger { record: &record, parts: Some(&parts), made: Some(&made) })?;
        runs.push(run);
    }
    let old = state.look_up("p", &task, &parts("a", 1).digest())?.ok_or("it was made")?;
    let run = state.begin_run(&start("p", 300))?;
    let record = TaskRecord { how: Some(How::Cached), ..ran("a", old.fingerprint, 300) };
    state.record_task("p", &run, &Ledger { record: &record, parts: None, made: None })?;
    let last = &state.last_results("p")?[&task];
    assert_eq!(last, &old);
    assert_eq!(last.run, runs[0]);
    // The other one is still there, and the reason can be told.
    let other = state.look_up("p", &task, &parts("a", 2).digest())?.ok_or("it was made")?;
    let (from, to) = (state.fingerprint(&other.fingerprint)?, state.fingerprint(&last.fingerprint)?);
    let reasons = explain(&from.ok_or("it is kept")?, &to.ok_or("it is kept")?);
    assert_eq!(reasons.iter().map(ToString::to_string).collect::<Vec<_>>(), ["code of sql v2 → v1"]);
    Ok(())
}

#[test]
fn a_renamed_task_takes_over_the_result_of_the_same_parts() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    let run = state.begin_run(&start("p", 100))?;
    let fingerprint = parts("x", 1).digest();
    let record = ran("old", fingerprint, 100);
    state.record_task("p", &run, &Ledger { record: &record, parts: None, made: Some(&made("table")) })?;
    let new = TaskName::new("new");
    assert_eq!(state.look_up("p", &new, &fingerprint)?.ok_or("it was made")?.task.as_str(), "old");
    let record = TaskRecord { how: Some(How::Cached), ..ran("new", fingerprint, 200) };
    state.record_task("p", &run, &Ledger { record: &record, parts: None, made: None })?;
    let last = state.last_results("p")?;
    assert_eq!(last[&new].table, last["old"].table);
    Ok(())
}

#[test]
fn a_cached_task_without_a_known_result_keeps_its_latest() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    let run = state.begin_run(&start("p", 100))?;
    let record = ran("a", parts("a", 1).digest(), 100);
    state.record_task("p", &run, &Ledger { record: &record, parts: None, made: Some(&made("table")) })?;
    let record = TaskRecord { how: Some(How::Cached), ..ran("a", parts("a", 2).digest(), 200) };
    state.record_task("p", &run, &Ledger { record: &record, parts: None, made: None })?;
    assert_eq!(state.last_results("p")?["a"].fingerprint, parts("a", 1).digest());
    state.forget_result("p", &parts("a", 1).digest())?;
    assert!(state.last_results("p")?.is_empty());
    Ok(())
}

#[test]
fn ten_thousand_results_are_loaded_in_one_query() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut state = State::open(dir.path())?;
    let run = state.begin_run(&start("p", 100))?;
    let made: Vec<Made> = (0..10_000).map(|no| made(&format!("table {no}"))).collect();
    let records: Vec<TaskRecord> =
        (0..10_000).map(|no| ran(&format!("task_{no}"), Digest::of(format!("parts {no}").as_bytes()), 101)).collect();
    let ledgers: Vec<Ledger<'_>> =
        records.iter().zip(&made).map(|(record, made)| Ledger { record, parts: None, made: Some(made) }).collect();
    let clock = std::time::Instant::now();
    state.record_tasks("p", &run, &ledgers)?;
    let written = clock.elapsed();
    drop(state);
    let clock = std::time::Instant::now();
    let state = State::open(dir.path())?;
    let opened = clock.elapsed();
    let last = state.last_results("p")?;
    println!("10,000 results: written {written:?}, opened {opened:?}, loaded {:?}", clock.elapsed() - opened);
    assert_eq!(last.len(), 10_000);
    assert_eq!(last["task_77"].table.as_ref().map(|table| table.object.digest), Some(Digest::of(b"table 77")));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn records_of_files_come_back_as_they_were(
        files in prop::collection::hash_map("[a-zé/]{1,20}", (0..=i64::MAX as u64, any::<i64>(), any::<i64>(), any::<u64>(), any::<[u8; 32]>()), 0..20)
    ) {
        let dir = tempfile::tempdir().expect("a folder can be made");
        let mut state = State::open(dir.path()).expect("it opens");
        let files: HashMap<PathBuf, StatRecord> = files
            .into_iter()
            .map(|(path, (len, mtime, ctime, inode, digest))| {
                (path.into(), StatRecord { stat: Stat { len, mtime, ctime, inode }, digest: Digest(digest) })
            })
            .collect();
        state.save_files(&files).expect("they are written");
        prop_assert_eq!(state.files().expect("they are read"), files);
    }
}
