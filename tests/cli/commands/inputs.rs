//! What a command reads.

use super::{run, wrote};
use crate::project::Project;

#[test]
fn paths_globs_tables_and_other_tasks_files() {
    let project = Project::new()
        .file("t.csv", "n,s\n1,a\n2,\"b,c\"\n")
        .file("parts/b.txt", "B")
        .file("parts/a.txt", "A")
        .file("with space.txt", "S")
        .pipeline(
            "
        version: 1
        tasks:
          t: {type: load, path: t.csv}
          made: {type: command, run: 'echo made > ${{ outputs.f }}', outputs: {f: made.txt}}
          reads:
            type: command
            inputs:
              file: with space.txt
              parts: parts/*.txt
              table: t
              as_json: {task: t, format: json}
              as_parquet: {task: t, format: parquet}
              made: made
            run: |
              cat ${{ inputs.file }} ${{ inputs.parts }} ${{ inputs.made }}
              cat ${{ inputs.table }} ${{ inputs.as_json }}
              head -c 4 ${{ inputs.as_parquet }}; echo
              cat \"$TIDEMILL_INPUT_file\" \"$TIDEMILL_INPUT_table\"
              printf '%s\\n' \"$TIDEMILL_INPUT_parts\" ${{ inputs.as_json }} ${{ inputs.as_parquet }} | sed 's,.*/,,'
        ",
        );
    run(&project, ["run"]).exits(0);
    insta::assert_snapshot!(wrote(&project, "reads"));
    // Nothing of what was written for the command is left.
    assert!(project.files(".tidemill/scratch").is_empty());
}

#[test]
fn a_command_runs_again_when_what_it_declares_changes() {
    let project = Project::new().file("in.txt", "1").file("folder/a.txt", "A").file("folder/deep/b.txt", "B").pipeline(
        "
        version: 1
        params: {n: 1}
        tasks:
          t:
            type: command
            inputs: {file: in.txt, folder: folder}
            run: 'cat ${{ inputs.file }} ${{ inputs.folder }}/*.txt ${{ inputs.folder }}/deep/*.txt > ${{ outputs.o }}'
            outputs: {o: o.txt}
        ",
    );
    run(&project, ["run"]).exits(0);
    assert_eq!(project.read("o.txt"), "1AB");
    let stays =
        |project: &Project| assert!(run(project, ["plan", "--fail-if-stale"]).exits(0).stdout.contains("0 to run"));
    stays(&project);
    let changes = [
        ("in.txt", "2", "in.txt changed (content)"),
        ("folder/deep/b.txt", "C", "folder changed (content)"),
        ("folder/new.txt", "N", "folder changed (content)"),
    ];
    let mut project = project;
    for (path, content, reason) in changes {
        project = project.file(path, content);
        let plan = run(&project, ["plan"]).exits(0).stdout;
        assert!(plan.contains(reason), "{plan}");
        run(&project, ["run"]).exits(0);
        stays(&project);
    }
    assert_eq!(project.read("o.txt"), "2ANC");
    std::fs::remove_file(project.root().join("folder/new.txt")).expect("it was there");
    run(&project, ["run"]).exits(0);
    assert_eq!(project.read("o.txt"), "2AC");
}

#[test]
fn a_file_that_is_named_and_not_declared_is_a_warning() {
    let project = Project::new().file("in.txt", "1").pipeline(
        "
        version: 1
        tasks:
          t: {type: command, run: 'cat in.txt > ${{ outputs.o }}', outputs: {o: o.txt}}
        ",
    );
    insta::assert_snapshot!(run(&project, ["check"]).exits(0).stderr);
}
