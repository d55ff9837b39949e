//! Patterns of files: hidden files, and links that lead nowhere.

use crate::project::Project;

const ALL: &str = "
    version: 1
    tasks:
      all: {type: load, path: 'in/*.csv', output: all.csv}
      list: {type: command, run: 'for f in ${{ inputs.f }}; do basename $f; done > ${{ outputs.o }}', inputs: {f: 'in/*'}, outputs: {o: list.txt}}
    ";

#[test]
fn hidden_files_are_taken_only_by_a_pattern_that_names_them() {
    let project = Project::new()
        .file("in/a.csv", "n\n1\n")
        .file("in/._a.csv", "\u{0}\u{5}\u{16}\u{7}resource fork")
        .file("in/.b.csv", "n\n2\n")
        .pipeline(ALL);
    project.run(["run"]).exits(0);
    assert_eq!(project.read("all.csv"), "n\n1\n");
    assert_eq!(project.read("list.txt"), "a.csv\n");
    std::fs::write(project.root().join("in/.c.csv"), "n\n3\n").unwrap();
    let stderr = project.run(["run"]).exits(0).stderr;
    assert!(stderr.contains("nothing to do") || stderr.contains("up to date"), "{stderr}");
}

#[test]
fn and_then_they_are() {
    let project = Project::new().file("in/.b.csv", "n\n2\n").file(".hidden/c.csv", "n\n3\n").pipeline(
        "
        version: 1
        tasks:
          dot: {type: load, path: 'in/.*.csv', output: dot.csv}
          folder: {type: load, path: '.hidden/*.csv', output: folder.csv}
        ",
    );
    project.run(["run"]).exits(0);
    assert_eq!(project.read("dot.csv"), "n\n2\n");
    assert_eq!(project.read("folder.csv"), "n\n3\n");
    let project = Project::new().file(".hidden/c.csv", "n\n3\n").pipeline(
        "
        version: 1
        tasks: {folders: {type: load, path: '*/*.csv'}}
        ",
    );
    let stderr = project.run(["check"]).exits(2).stderr;
    assert!(stderr.contains("no file matches `*/*.csv`"), "{stderr}");
}

#[test]
fn a_link_that_leads_nowhere_is_an_error() {
    let project = Project::new().file("in/a.csv", "n\n1\n").link("in/b.csv", "gone.csv").pipeline(ALL);
    for command in ["check", "run"] {
        let stderr = project.run([command]).exits(2).stderr;
        assert!(stderr.contains("error: `in/b.csv` is a link to a file that is not there"), "{stderr}");
        assert!(stderr.contains("task `all` reads these files"), "{stderr}");
    }
    std::fs::write(project.root().join("in/gone.csv"), "n\n2\n").unwrap();
    project.run(["run"]).exits(0);
    assert_eq!(project.read("all.csv"), "n\n1\n2\n2\n");
}

#[test]
fn a_link_that_breaks_between_two_runs_is_an_error_too() {
    let project = Project::new().file("in/a.csv", "n\n1\n").file("b", "n\n2\n").link("in/b.csv", "../b").pipeline(ALL);
    project.run(["run"]).exits(0);
    assert_eq!(project.read("all.csv"), "n\n1\n2\n");
    std::fs::remove_file(project.root().join("b")).unwrap();
    let stderr = project.run(["run"]).exits(2).stderr;
    assert!(stderr.contains("`in/b.csv` is a link to a file that is not there"), "{stderr}");
}
