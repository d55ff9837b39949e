//! Sources that are rewritten while they are read.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::project::Project;

/// With one attempt at a time a command writes the source after it was looked at and before it is read.
fn rewritten(source: &str, path: &str) -> Project {
    Project::new().file(source, "n\n1\n").pipeline(&format!(
        "
        version: 1
        name: torn
        tasks:
          write: {{type: command, run: 'printf \"n\\n2\\n\" > {source}'}}
          read: {{type: load, path: '{path}', output: read.csv}}
        "
    ))
}

#[test]
fn what_changed_while_it_was_read_is_read_again_and_told() {
    for (source, path) in [("source.csv", "source.csv"), ("in/a.csv", "in/*.csv")] {
        let project = rewritten(source, path);
        let outcome = project.run(["run", "-j", "1"]).exits(0);
        assert_eq!(
            outcome.warnings(),
            format!("warning read: {source} changed (content) while it was read: it was read again")
        );
        assert_eq!(project.read("read.csv"), "n\n2\n");
        // It is known by what it was read from.
        assert!(project.run(["plan", "read"]).exits(0).stdout.contains("0 to run, 1 cached"));
    }
}

#[test]
fn what_changes_all_the_time_is_used_once_and_told_by_its_name() {
    let project = Project::new()
        .file("source.csv", "n\n0\n")
        .pipeline("version: 1\nname: torn\ntasks: {read: {type: load, path: source.csv, output: read.csv}}\n");
    let (source, next) = (project.root().join("source.csv"), project.root().join("next.csv"));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let write = || {
            for number in 1_u64.. {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                std::fs::write(&next, format!("n\n{number}\n")).unwrap();
                std::fs::rename(&next, &source).unwrap();
            }
        };
        scope.spawn(write);
        // Where others use the machine, the writer may come too late for one run.
        let told = "source.csv changed (content) while it ran: the result is used now";
        let is_told = (0..100).any(|_| {
            let warnings = project.run(["run"]).warnings();
            warnings.contains("source.csv changed (content) while it was read: it was read again")
                && warnings.contains(told)
        });
        is_over.store(true, Ordering::Relaxed);
        assert!(is_told);
    });
    assert!(project.run(["plan"]).exits(0).stdout.contains("1 to run"));
}

#[test]
fn a_command_is_not_begun_again() {
    let project = Project::new().file("source.csv", "1\n").pipeline(
        "
        version: 1
        name: torn
        tasks:
          t:
            type: command
            inputs: {s: source.csv}
            run: echo once >> runs.txt; cat source.csv > ${{ outputs.o }}; echo 2 > source.csv
            outputs: {o: o.txt}
        ",
    );
    let warnings = project.run(["run"]).exits(0).warnings();
    assert!(warnings.starts_with("warning t: source.csv changed (content) while it ran"), "{warnings}");
    assert_eq!(project.read("runs.txt"), "once\n");
}
