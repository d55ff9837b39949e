//! A pipeline in several files.

use crate::project::Project;

const LOAD: &str = "tasks:\n  raw: {type: load, path: t.csv}\n";

#[test]
fn files_include_files_and_all_paths_start_at_the_root() {
    let project = Project::new()
        .file("t.csv", "n\n1\n2\n")
        .file("parts/deep/raw.yaml", LOAD)
        .file("parts/sums.yaml", "include: parts/deep/raw.yaml\nparams: {least: 2}\ntasks:\n  sum: {type: aggregate, from: raw, where: 'n >= ${{ params.least }}', metrics: {n: sum(n)}, output: sum.csv}\n")
        .pipeline("
        version: 1
        include: [parts/sums.yaml]
        tasks:
          double: {type: normalize, from: sum, derive: {n: n * 2}, output: double.csv}
        ");
    project.run(["run"]).exits(0);
    assert_eq!(project.read("double.csv"), "n\n4\n");
    project.run(["run", "-p", "least=1"]).exits(0);
    assert_eq!(project.read("double.csv"), "n\n6\n");
}

#[test]
fn mistakes_are_told_with_the_file_that_holds_them() {
    let project = Project::new()
        .file("t.csv", "n\n1\n")
        .file("parts/a.yaml", "include: [parts/b.yaml, nowhere.yaml]\ntasks:\n  raw: {type: load, path: t.csv}\n  x: {type: normalize, from: rew}\n")
        .file("parts/b.yaml", "schedule: '0 5 * * *'\nparams: {p: 1}\ntasks:\n  raw: {type: load, path: t.csv}\n")
        .pipeline("
        version: 1
        include: [parts/a.yaml]
        params: {p: 2}
        tasks:
          y: {type: normalize, from: raw, colums: {n: int}}
        ");
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr);
}

#[cfg(unix)]
#[test]
fn what_has_no_end_is_not_included() {
    for device in ["/dev/zero", "/dev/urandom"] {
        let project = Project::new().link("more.yaml", device);
        let project = project.pipeline("version: 1\ninclude: more.yaml\ntasks:\n  c: {type: command, run: 'true'}\n");
        let said = project.run(["check"]).exits(2).stderr;
        assert!(said.contains("pipeline.yaml:2:10") && said.contains("it is a device, not a regular file"), "{said}");
    }
}

#[test]
fn a_file_that_includes_itself_is_refused() {
    let project = Project::new()
        .file("a.yaml", "include: b.yaml\ntasks: {}\n")
        .file("b.yaml", "include: a.yaml\ntasks: {}\n")
        .pipeline(
            "
        version: 1
        include: a.yaml
        tasks: {t: {type: command, run: 'true'}}
        ",
        );
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr);
    // Twice on different ways is no cycle.
    let project = Project::new()
        .file("t.csv", "n\n1\n")
        .file("raw.yaml", LOAD)
        .file("a.yaml", "include: raw.yaml\ntasks:\n  a: {type: normalize, from: raw}\n")
        .file("b.yaml", "include: raw.yaml\ntasks:\n  b: {type: normalize, from: raw}\n")
        .pipeline(
            "
        version: 1
        include: [a.yaml, b.yaml]
        ",
        );
    project.run(["run"]).exits(0);
}
