use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tidemill_core::ids::Digest;
use tidemill_state::{
    Effect, EffectClaim, EffectStatus, Holder, Lock, LockError, Process, Resend, Rule, RunStatus, State,
};

use crate::{TestResult, at, end, start};

/// Where the other process is to work; unset, `the_other_process` is an empty test.
const PROJECT: &str = "TIDEMILL_TEST_PROJECT";

/// What [`other`] starts: takes the lock, begins a run, sends half a mail, and waits to be killed.
#[test]
fn the_other_process() -> TestResult {
    let Some(project) = std::env::var_os(PROJECT) else { return Ok(()) };
    let project = Path::new(&project);
    let mut holder = Holder::current("tidemill run");
    let mut lock = Lock::try_acquire(project, "retail", &holder)?;
    let mut state = State::open(project)?;
    let run = state.begin_run(&start("retail", 100))?;
    holder.run = Some(run.to_string());
    lock.tell(&holder)?;
    let mail = Effect {
        pipeline: "retail".into(),
        task: "mail".into(),
        key: "run r".into(),
        content: Digest::of(b"mail"),
        status: EffectStatus::Sending,
        message: None,
        run,
        at: at(101),
    };
    assert_eq!(state.claim_effect(&mail, Rule::default())?, EffectClaim::Granted);
    println!("\nready");
    loop {
        std::thread::park();
    }
}

/// Another process that holds the lock and has begun a run.
fn other(project: &Path) -> Result<Child, Box<dyn std::error::Error>> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["--exact", "locking::the_other_process", "--nocapture"])
        .env(PROJECT, project)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()?;
    let out = child.stdout.take().ok_or("it is piped")?;
    for line in BufReader::new(out).lines() {
        if line? == "ready" {
            return Ok(child);
        }
    }
    Err("the other process ended".into())
}

#[test]
fn a_lock_dies_with_its_process_and_its_run_is_found_interrupted() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut child = other(dir.path())?;
    let holder = Holder::current("tidemill run --no-wait");
    let held = match Lock::try_acquire(dir.path(), "retail", &holder) {
        Err(LockError::Held(held)) => held,
        other => return Err(format!("{other:?}").into()),
    };
    let known = held.holder.clone().ok_or("it says who it is")?;
    assert_eq!(known.pid, child.id());
    let text = held.to_string();
    assert!(
        text.starts_with(&format!(
            "`retail` is being run by another process: `tidemill run`, pid {}, run ",
            child.id()
        )),
        "{text}"
    );

    let state = State::open_read_only(dir.path())?.ok_or("it was made")?;
    assert_eq!(state.last_run("retail")?.ok_or("it was begun")?.status(), RunStatus::Running);

    child.kill()?;
    child.wait()?;
    // A reader sees it as it is, before anybody has written so.
    assert_eq!(state.last_run("retail")?.ok_or("it was begun")?.status(), RunStatus::Interrupted);
    drop(state);

    let lock = Lock::try_acquire(dir.path(), "retail", &holder)?;
    let mut state = State::open(dir.path())?;
    let dead = state.mark_dead_runs_interrupted(&lock, at(200))?;
    assert_eq!(dead.iter().map(ToString::to_string).collect::<Vec<_>>(), [known.run.ok_or("it said so")?]);
    let run = state.last_run("retail")?.ok_or("it was begun")?;
    assert_eq!((run.written, run.ended), (RunStatus::Interrupted, Some(at(200))));
    assert!(state.mark_dead_runs_interrupted(&lock, at(300))?.is_empty());

    // What it was sending may have been sent, and is not sent again by itself.
    let unknown = state.unknown_effects("retail")?;
    assert_eq!(unknown.len(), 1);
    let again = Effect { at: at(300), ..unknown[0].clone() };
    assert!(matches!(state.claim_effect(&again, Rule::default())?, EffectClaim::Refused(_)));
    assert_eq!(state.claim_effect(&again, Rule { resend: Resend::Unknown, ..Rule::default() })?, EffectClaim::Granted);
    assert_eq!(state.integrity()?, "ok");
    Ok(())
}

#[test]
fn whoever_waits_is_told_and_gets_the_lock_when_it_is_free() -> TestResult {
    let dir = tempfile::tempdir()?;
    let mut child = other(dir.path())?;
    let mut told = 0;
    let lock = Lock::acquire_waiting(dir.path(), "retail", &Holder::current("tidemill run"), |held| {
        told += 1;
        assert!(held.holder.is_some());
        child.kill().and_then(|()| child.wait()).expect("it can be killed");
        ControlFlow::Continue(())
    })?;
    assert!(told >= 1);
    let refused = Lock::acquire_waiting(dir.path(), "retail", &Holder::current("x"), |_| ControlFlow::Break(()));
    assert!(matches!(refused, Err(LockError::Held(_))));
    drop(lock);
    Lock::try_acquire(dir.path(), "retail", &Holder::current("x"))?;
    Ok(())
}

#[test]
fn each_pipeline_of_a_folder_has_its_own_lock_whatever_its_name() -> TestResult {
    let dir = tempfile::tempdir()?;
    let holder = Holder::current("x");
    let names = ["a", "b", "A b", "../a", "a/b", "Größe", ".", ""];
    let locks = names.map(|name| Lock::try_acquire(dir.path(), name, &holder));
    for (lock, name) in locks.into_iter().zip(names) {
        assert_eq!(lock?.pipeline(), name);
    }
    assert_eq!(std::fs::read_dir(dir.path())?.count(), 1);
    Ok(())
}

#[test]
fn runs_of_other_pipelines_and_ended_runs_are_left_alone() -> TestResult {
    let dir = tempfile::tempdir()?;
    let lock = Lock::try_acquire(dir.path(), "p", &Holder::current("x"))?;
    let mut state = State::open(dir.path())?;
    let ended = state.begin_run(&start("p", 100))?;
    end(&mut state, &ended, 110)?;
    let elsewhere = state.begin_run(&start("q", 100))?;
    let gone = Process { boot: "another".into(), ..Process::current() };
    let dead = state.begin_run(&tidemill_state::RunStart { process: gone, ..start("p", 120) })?;
    assert_eq!(state.mark_dead_runs_interrupted(&lock, at(200))?, [dead]);
    assert_eq!(state.run(ended.as_str())?.ok_or("it is kept")?.status(), RunStatus::Success);
    assert_eq!(state.run(elsewhere.as_str())?.ok_or("it is kept")?.status(), RunStatus::Running);
    assert!(state.unknown_effects("p")?.is_empty());
    Ok(())
}
