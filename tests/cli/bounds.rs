//! What commands and killed runs leave: never too much, never to be read by others, and nothing that drives a terminal.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;

use crate::project::Project;

fn small() -> Project {
    Project::new()
        .file("a.csv", "n\n1\n")
        .pipeline("version: 1\nname: p\ntasks: {a: {type: load, path: a.csv, output: out.csv}}\n")
}

/// A folder for what is half written, as a process has it.
fn half_written(project: Project, process: &str) -> Project {
    project.file(&format!(".tidemill/cache/tmp/process-{process}/half"), vec![0; 5000])
}

#[test]
fn what_a_killed_run_has_half_written_is_counted_and_goes_with_the_next() {
    let project = half_written(small(), "dead");
    let stats = project.run(["cache", "stats"]).exits(0).stdout;
    assert!(stats.contains("5.0 kB half written by runs that go on or have died"), "{stats}");
    project.run(["run"]).exits(0);
    assert!(project.files(".tidemill/cache/tmp").is_empty());
    let project = half_written(project, "dead");
    project.run(["cache", "gc"]).exits(0);
    assert!(project.files(".tidemill/cache/tmp").is_empty());
    // What a process writes that lives stays.
    let project = half_written(project, "alive");
    let alive = File::open(project.root().join(".tidemill/cache/tmp/process-alive")).unwrap();
    alive.lock().unwrap();
    project.run(["run", "--force"]).exits(0);
    project.run(["cache", "gc"]).exits(0);
    assert_eq!(project.files(".tidemill/cache/tmp").into_keys().collect::<Vec<_>>(), ["process-alive/half"]);
    let stats = project.run(["cache", "stats", "--json"]).exits(0).stdout;
    assert!(stats.contains("\"temporary\":5000"), "{stats}");
}

#[test]
fn what_is_remembered_may_be_read_by_its_owner_alone() {
    let project = small();
    project.run(["run"]).exits(0);
    std::fs::write(project.root().join("out.csv"), "edited").unwrap();
    project.run(["run"]).exits(0);
    let mut folders = vec![project.root().join(".tidemill"), project.root().join("logs")];
    let mut found = 0;
    while let Some(folder) = folders.pop() {
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", folder.display());
        for entry in folder.read_dir().unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if !entry.path().components().any(|part| part.as_os_str() == "edited") {
                assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", entry.path().display());
                found += 1;
            }
        }
    }
    assert!(found > 5, "{found}");
    // What is published is for others.
    let plain = File::create(project.root().join("plain")).unwrap().metadata().unwrap().permissions().mode();
    assert_eq!(project.root().join("out.csv").metadata().unwrap().permissions().mode(), plain);
}

#[test]
fn a_command_that_never_stops_talking_fills_no_disk() {
    let project = Project::new().pipeline(
        "version: 1\nname: p\ntasks: {t: {type: command, run: \"head -c 70000000 /dev/zero | tr '\\\\0' x; echo; echo last\"}}\n",
    );
    project.run(["run"]).exits(0);
    let log = project.run(["logs", "t"]).exits(0).stdout;
    assert!(log.len() < 68_000_000, "{}", log.len());
    assert!(log.contains("WARN  the log ends here, at 67108864 bytes"));
    assert!(log.ends_with("bytes of output were left out of the log\n"), "{}", &log[log.len() - 200..]);
    assert!(!log.contains("last"));
}

#[test]
fn what_commands_write_does_not_drive_the_terminal() {
    let project = Project::new().pipeline(
        r#"
        version: 1
        name: p
        tasks:
          t: {type: command, run: 'sh ./talk'}
        "#,
    );
    let project =
        project.file("talk", "printf '\\033[2J\\033]0;title\\007wiped\\r\\n\\033[31mred\\033[0m \\b\\n' >&2; exit 3\n");
    let told = project.run(["run"]).exits(1).stderr;
    assert!(told.contains("│ wiped\n") && told.contains("│ red ␈\n"), "{told}");
    let shown = project.run(["show"]).exits(0).stdout;
    for text in [told, shown, project.run(["run", "--json"]).exits(1).stdout] {
        assert!(!text.contains(['\x1b', '\x07', '\x08']) && !text.contains("u001b"), "{text}");
    }
    // The log has what was written.
    assert!(project.run(["logs", "t"]).exits(0).stdout.contains("\x1b[2J"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_that_stops_those_who_look_after_it_hangs_nothing() {
    let project = Project::new().pipeline(
        "
        version: 1
        name: p
        tasks:
          parent: {type: command, run: 'kill -STOP $PPID; echo on'}
          above: {type: command, run: 'kill -STOP $(cut -d\" \" -f4 /proc/$PPID/stat); echo on', depends_on: [parent]}
          both: {type: command, run: 'kill -STOP $PPID $(cut -d\" \" -f4 /proc/$PPID/stat); echo on', depends_on: [above]}
        ",
    );
    let story = project.run(["run"]).exits(0).stderr;
    assert!(story.contains("3 ran"), "{story}");
}
