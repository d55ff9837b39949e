//! Real processes: what commands start is found and ended, whoever dies first.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tidemill_process::{Ended, Exit, Guardian, ProcessError, Request, Wish};

/// What the guardian of these tests runs: this very binary, with this test alone.
#[test]
#[ignore = "the guardian itself"]
fn guardian_process() {
    tidemill_process::serve().unwrap();
    std::process::exit(0);
}

fn guardian() -> Guardian {
    Guardian::new(|| {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--exact", "guardian_process", "--ignored", "--nocapture", "--test-threads=1"]);
        Ok(command)
    })
}

fn shell(script: &str, folder: &Path) -> Request {
    let path = std::env::var("PATH").unwrap_or_default();
    Request {
        argv: vec!["sh".into(), "-c".into(), script.into()],
        env: BTreeMap::from([("PATH".to_owned(), path)]),
        cwd: folder.to_owned(),
        grace: Duration::from_millis(300),
    }
}

fn run(guardian: &Guardian, request: &Request) -> (Result<Ended, ProcessError>, String) {
    let mut text = Vec::new();
    let ended = guardian.run(request, &[], &mut |bytes| text.extend_from_slice(bytes), &|| Wish::GoOn);
    (ended, String::from_utf8(text).unwrap())
}

/// A FIFO: reading it to its end waits until nobody has it open for writing, which is when all who inherited it are gone.
fn fifo(folder: &Path) -> PathBuf {
    let path = folder.join("fifo");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

#[test]
fn both_streams_come_in_order_and_the_code_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let guardian = guardian();
    let (ended, text) = run(&guardian, &shell("echo a; echo b >&2; echo c; exit 3", folder.path()));
    assert_eq!((ended.unwrap(), text.as_str()), (Ended { exit: Exit::Code(3), left_behind: 0 }, "a\nb\nc\n"));
    let (ended, _) = run(&guardian, &shell("kill -9 $$", folder.path()));
    assert_eq!(ended.unwrap().exit, Exit::Signal(9));
    guardian.close();
}

#[test]
fn the_environment_is_what_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut request = shell("env | sort | grep -v '^PWD=\\|^_=\\|^SHLVL=\\|^OLDPWD=\\|^PATH='; pwd", folder.path());
    request.env.insert("X".into(), "a b\n\"$(c)".into());
    let (ended, text) = run(&guardian(), &request);
    assert_eq!(ended.unwrap().exit, Exit::Code(0));
    assert_eq!(text, format!("\"$(c)\nX=a b\n{}\n", folder.path().canonicalize().unwrap().display()));
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let request = Request { argv: vec!["no-such-program-anywhere".into()], ..shell("", folder.path()) };
    let (ended, _) = run(&guardian(), &request);
    let error = ended.unwrap_err();
    assert!(matches!(&error, ProcessError::Start { not_found: true, .. }), "{error}");
    assert!(error.to_string().contains("no-such-program-anywhere"));
}

#[test]
fn what_a_command_leaves_behind_is_ended_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let ways = [
        "sleep 1000 &",
        "nohup sleep 1000 >/dev/null 2>&1 &",
        "setsid sleep 1000 >/dev/null 2>&1 & sleep 0.05",
        "(setsid sh -c 'sleep 1000 & sleep 1000' >/dev/null 2>&1 &) & sleep 0.05",
        "(trap '' TERM; sleep 1000 & wait) & sleep 0.05",
        "env -i setsid sleep 1000 & sleep 0.05",
    ];
    for way in ways {
        let fifo = fifo(folder.path());
        let script = format!("exec 9>'{}'; {way}", fifo.display());
        let reader = std::thread::spawn({
            let fifo = fifo.clone();
            move || fs::File::open(fifo).unwrap().read_to_end(&mut Vec::new()).unwrap()
        });
        let (ended, _) = run(&guardian(), &shell(&script, folder.path()));
        let ended = ended.unwrap();
        assert!(ended.exit == Exit::Code(0) && ended.left_behind > 0, "{way}: {ended:?}");
        reader.join().unwrap();
        fs::remove_file(fifo).unwrap();
    }
}

#[test]
fn a_command_that_is_told_to_end_may_tidy_up_first() {
    let folder = tempfile::tempdir().unwrap();
    let request = Request {
        grace: Duration::from_secs(60),
        ..shell("trap 'echo tidied; exit 7' TERM; echo ready; while :; do sleep 0.01; done", folder.path())
    };
    let (ended, text) = end_when_ready(&request, Wish::End);
    // The shell may say that its own child was ended too.
    assert!(ended.exit == Exit::Code(7) && text.ends_with("tidied\n"), "{ended:?} {text}");
}

#[test]
fn whoever_ignores_the_word_is_killed_after_the_grace_period() {
    let folder = tempfile::tempdir().unwrap();
    let request = shell("trap '' TERM; echo ready; while :; do sleep 0.01; done", folder.path());
    assert_eq!(end_when_ready(&request, Wish::End).0.exit, Exit::Signal(9));
}

#[test]
fn a_kill_waits_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let request = Request {
        grace: Duration::from_secs(600),
        ..shell("trap '' TERM; echo ready; while :; do sleep 0.01; done", folder.path())
    };
    assert_eq!(end_when_ready(&request, Wish::Kill).0.exit, Exit::Signal(9));
}

fn end_when_ready(request: &Request, wish: Wish) -> (Ended, String) {
    let (ready, mut text) = (AtomicBool::new(false), Vec::new());
    let mut output = |bytes: &[u8]| {
        text.extend_from_slice(bytes);
        ready.store(true, Ordering::SeqCst);
    };
    let wished = || if ready.load(Ordering::SeqCst) { wish } else { Wish::GoOn };
    let ended = guardian().run(request, &[], &mut output, &wished).unwrap();
    (ended, String::from_utf8(text).unwrap())
}

/// Runs a command and never comes back: what [`the_runners_death_ends_its_commands`] kills.
#[test]
#[ignore = "a runner that is killed"]
fn runner_process() {
    let folder = PathBuf::from(std::env::var_os("RUNNER_FOLDER").unwrap());
    let script = "exec 9>fifo; setsid sh -c 'trap \"\" TERM; while :; do sleep 0.01; done' & echo up >&9; wait";
    run(&guardian(), &shell(script, &folder)).0.unwrap();
}

#[test]
fn the_runners_death_ends_its_commands() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = fifo(folder.path());
    let mut runner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "runner_process", "--ignored", "--nocapture"])
        .env("RUNNER_FOLDER", folder.path())
        .spawn()
        .unwrap();
    let mut file = fs::File::open(fifo).unwrap();
    let mut up = [0; 3];
    file.read_exact(&mut up).unwrap();
    runner.kill().unwrap();
    runner.wait().unwrap();
    assert_eq!(file.read_to_end(&mut Vec::new()).unwrap(), 0);
}

#[test]
fn a_keeper_keeps_one_command_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let guardian = guardian();
    let keeper = |script: &str| run(&guardian, &shell(&format!("{script}echo $PPID"), folder.path()));
    let (ended, first) = keeper("setsid sleep 1000 & ");
    assert_eq!(ended.unwrap(), Ended { exit: Exit::Code(0), left_behind: 1 });
    let (ended, second) = keeper("");
    assert_eq!(ended.unwrap(), Ended { exit: Exit::Code(0), left_behind: 0 });
    assert_eq!(first, second);
    let (ended, text) = run(&guardian, &Request { argv: vec!["not-there".into()], ..shell("", folder.path()) });
    assert!(matches!(ended, Err(ProcessError::Start { not_found: true, .. })) && text.is_empty());
    // One that is killed while it is free is replaced.
    let pid = rustix::process::Pid::from_raw(first.trim().parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let (ended, third) = keeper("");
    assert!(ended.unwrap().exit == Exit::Code(0) && third != first);
}

#[test]
fn a_script_without_a_first_line_is_the_shells() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script");
    fs::write(&script, "echo \"$0 $1\"\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let (ended, text) =
        run(&guardian(), &Request { argv: vec!["./script".into(), "x".into()], ..shell("", folder.path()) });
    assert_eq!((ended.unwrap().exit, text.as_str()), (Exit::Code(0), "./script x\n"));
}

#[test]
fn a_guardian_that_was_killed_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let guardian = guardian();
    // The keeper's parent is the guardian.
    let script = "read -r keeper < /proc/$PPID/stat; set -- ${keeper##*)}; kill -9 $2; echo on";
    let (ended, text) = run(&guardian, &shell(script, folder.path()));
    assert_eq!((ended.unwrap().exit, text.as_str()), (Exit::Code(0), "on\n"));
    let (ended, text) = run(&guardian, &shell("echo again", folder.path()));
    assert_eq!((ended.unwrap().exit, text.as_str()), (Exit::Code(0), "again\n"));
}

#[test]
fn a_killed_keeper_takes_its_command_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = fifo(folder.path());
    let reader = std::thread::spawn(move || fs::File::open(fifo).unwrap().read_to_end(&mut Vec::new()).unwrap());
    let script = "exec 9>fifo; setsid sleep 1000 & kill -9 $PPID; sleep 1000";
    let (ended, _) = run(&guardian(), &shell(script, folder.path()));
    assert!(matches!(ended, Err(ProcessError::Abandoned)));
    reader.join().unwrap();
}

#[test]
fn a_lock_lasts_as_long_as_the_processes() {
    use std::os::fd::AsFd;

    let folder = tempfile::tempdir().unwrap();
    let (fifo, path) = (fifo(folder.path()), folder.path().join("lock"));
    let lock = fs::File::create(&path).unwrap();
    lock.lock().unwrap();
    let guardian = std::sync::Arc::new(guardian());
    let request = shell("read -r line < fifo", folder.path());
    let waiting = std::thread::spawn({
        let guardian = guardian.clone();
        // The runner's own hold on the lock ends with the call, the keeper's with the command.
        move || guardian.run(&request, &[lock.as_fd()], &mut |_| {}, &|| Wish::GoOn).unwrap()
    });
    // Opening for writing waits for the command to open it for reading.
    let line = fs::OpenOptions::new().write(true).open(fifo).unwrap();
    let other = fs::File::open(&path).unwrap();
    assert!(other.try_lock().is_err());
    drop(line);
    waiting.join().unwrap();
    guardian.close();
    other.lock().unwrap();
}
