use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;
use tidemill_state::{FOLDER, State, StateError};

use crate::{TestResult, start};

/// Every file below a folder and its bytes.
fn tree(folder: &Path) -> std::io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.insert(path.display().to_string(), Vec::new());
            files.extend(tree(&path)?);
        } else {
            files.insert(path.display().to_string(), std::fs::read(&path)?);
        }
    }
    Ok(files)
}

#[test]
fn a_state_is_made_once_and_found_again() -> TestResult {
    let dir = tempfile::tempdir()?;
    let run = State::open(dir.path())?.begin_run(&start("p", 100))?;
    let state = State::open(dir.path())?;
    assert_eq!(state.last_run("p")?.ok_or("it was begun")?.id, run);
    assert_eq!(state.integrity()?, "ok");
    Ok(())
}

#[test]
fn reading_changes_nothing_on_the_disk() -> TestResult {
    let dir = tempfile::tempdir()?;
    assert!(State::open_read_only(dir.path())?.is_none());
    assert!(tree(dir.path())?.is_empty());

    State::open(dir.path())?.begin_run(&start("p", 100))?;
    let before = tree(dir.path())?;
    let mut state = State::open_read_only(dir.path())?.ok_or("there is one")?;
    assert_eq!(state.history("p", 9)?.len(), 1);
    assert!(state.begin_run(&start("p", 200)).is_err());
    drop(state);
    assert_eq!(tree(dir.path())?, before);
    Ok(())
}

#[test]
fn a_reader_sees_what_a_writer_that_is_still_there_has_written() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut writer = State::open(dir.path())?;
    writer.begin_run(&start("p", 100))?;
    let reader = State::open_read_only(dir.path())?.ok_or("there is one")?;
    assert_eq!(reader.history("p", 9)?.len(), 1);
    writer.begin_run(&start("p", 200))?;
    assert_eq!(reader.history("p", 9)?.len(), 2);
    Ok(())
}

#[test]
fn an_empty_file_is_no_state_yet() -> TestResult {
    let dir = tempfile::tempdir()?;
    std::fs::create_dir(dir.path().join(FOLDER))?;
    std::fs::write(dir.path().join(FOLDER).join("state.db"), "")?;
    assert!(State::open_read_only(dir.path())?.is_none());
    State::open(dir.path())?.begin_run(&start("p", 100))?;
    Ok(())
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join(FOLDER).join("state.db");
    State::open(dir.path())?;
    Connection::open(&path)?.pragma_update(None, "user_version", 99)?;
    let before = tree(dir.path())?;
    for opened in [State::open(dir.path()).map(Some), State::open_read_only(dir.path())] {
        assert!(matches!(opened, Err(StateError::Newer { found: 99, known: 6, .. })));
    }
    assert_eq!(tree(dir.path())?, before);

    // The same while the newer version is only in the log, as after a crash.
    let other = tempfile::tempdir()?;
    let other_path = other.path().join(FOLDER).join("state.db");
    State::open(other.path())?;
    let newer = Connection::open(&other_path)?;
    newer.pragma_update(None, "user_version", 99)?;
    let main = std::fs::read(&other_path)?;
    for opened in [State::open(other.path()).map(Some), State::open_read_only(other.path())] {
        assert!(matches!(opened, Err(StateError::Newer { found: 99, known: 6, .. })));
    }
    assert_eq!(std::fs::read(&other_path)?, main);
    Ok(())
}

#[test]
fn a_file_that_is_no_state_is_named_and_left_alone() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join(FOLDER).join("state.db");
    std::fs::create_dir(dir.path().join(FOLDER))?;
    std::fs::write(&path, "a letter to grandmother")?;
    assert!(matches!(State::open(dir.path()), Err(StateError::Damaged { .. })));
    assert_eq!(std::fs::read_to_string(&path)?, "a letter to grandmother");
    std::fs::remove_file(&path)?;
    Connection::open(&path)?.execute_batch("PRAGMA application_id = 7; CREATE TABLE t (a)")?;
    assert!(matches!(State::open(dir.path()), Err(StateError::Damaged { .. })));
    Ok(())
}

#[test]
fn a_damaged_state_is_an_error_and_no_panic() -> TestResult {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join(FOLDER).join("state.db");
    State::open(dir.path())?.begin_run(&start("p", 100))?;
    let mut bytes = std::fs::read(&path)?;
    bytes[100..].fill(0xee);
    std::fs::write(&path, &bytes)?;
    let used = State::open(dir.path()).and_then(|mut state| state.begin_run(&start("p", 200)));
    assert!(used.is_err());
    Ok(())
}

#[test]
fn many_open_it_at_once_and_all_runs_are_kept() -> TestResult {
    let dir = tempfile::tempdir()?;
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let project = dir.path();
            scope.spawn(move || {
                for second in 0..5 {
                    let mut state = State::open(project).expect("it opens");
                    state.begin_run(&start("p", 1000 * thread + second)).expect("it is written");
                }
            });
        }
    });
    let state = State::open(dir.path())?;
    assert_eq!(state.history("p", 100)?.len(), 40);
    assert_eq!(state.integrity()?, "ok");
    Ok(())
}
