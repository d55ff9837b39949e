//! What a command makes: kept if it ends well, and nothing else is left.

use std::io::Read;

use super::{run, with_path, wrote};
use crate::project::Project;

/// A command with one output, and what it does.
fn making(script: &str) -> Project {
    Project::new()
        .file("script.sh", script)
        .pipeline("version: 1\nname: making\nparams: {n: 1}\ntasks: {t: {type: command, run: [sh, script.sh, '${{ params.n }}'], inputs: {s: script.sh}, outputs: {o: out/o.csv}}}\n")
}

#[test]
fn an_output_that_is_missing_is_a_failure() {
    let project = making("echo did nothing\n");
    insta::assert_snapshot!(run(&project, ["run"]).exits(1).stderr);
}

#[test]
fn what_is_written_to_the_place_given_is_renamed_when_all_went_well() {
    let project = making(
        "echo $1 > \"$TIDEMILL_OUTPUT_o\"; echo \"$TIDEMILL_OUTPUT_o\"; test ! -e out/o.csv && echo nothing there\n",
    );
    run(&project, ["run"]).exits(0);
    assert_eq!(project.read("out/o.csv"), "1\n");
    let said = wrote(&project, "t");
    let place = said.lines().next().expect("it told the place");
    assert!(place.ends_with(".csv") && !place.ends_with("/o.csv") && said.ends_with("nothing there\n"), "{said}");
    assert_eq!(project.files("out").len(), 1);
}

#[test]
fn scratch_files_are_removed_however_it_ends() {
    for (end, code) in [("exit 0", 0), ("exit 3", 1), ("kill -9 $$", 1)] {
        let project = making(&format!(
            "echo x > $TIDEMILL_TMP/left; mkdir $TIDEMILL_TMP/d; cd $TIDEMILL_TMP; cp left d/; ls; echo 1 > \"$TIDEMILL_OUTPUT_o\"; {end}\n"
        ));
        run(&project, ["run"]).exits(code);
        assert_eq!(wrote(&project, "t"), "d\nleft\n");
        assert!(project.files(".tidemill/scratch").is_empty() && project.files(".tidemill/aside").is_empty());
        assert_eq!(project.has("out/o.csv"), code == 0);
        assert_eq!(project.files("out").len(), usize::from(code == 0));
    }
}

#[test]
fn a_former_file_at_the_declared_path_comes_back_if_the_command_fails() {
    let script = |end: &str| format!("echo new > out/o.csv; test $1 = 1 || {{ {end}; }}\n");
    for end in ["exit 3", "kill -9 $$", "rm out/o.csv"] {
        let project = making(&script(end));
        run(&project, ["run"]).exits(0);
        std::fs::write(project.root().join("script.sh"), script(end).replace("new", "half")).expect("a file");
        run(&project, ["run", "-p", "n=2"]).exits(1);
        assert_eq!(project.read("out/o.csv"), "new\n", "{end}");
        assert!(project.files(".tidemill/aside").is_empty(), "{end}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_former_file_comes_back_after_the_runners_death() {
    let project = making("echo $1 > out/o.csv; test $1 = 1 || { echo begun > begun.fifo; sleep 1000; }\n");
    let fifo = project.root().join("begun.fifo");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().expect("mkfifo").success());
    run(&project, ["run"]).exits(0);
    assert_eq!(project.read("out/o.csv"), "1\n");
    let mut child = with_path(&project, ["run", "-p", "n=2"]).spawn().expect("the binary starts");
    std::fs::File::open(&fifo).and_then(|mut fifo| fifo.read_to_string(&mut String::new())).expect("a word");
    assert_eq!(project.read("out/o.csv"), "2\n");
    child.kill().and_then(|()| child.wait()).expect("it is killed");
    let story = run(&project, ["run"]).exits(0).stderr;
    assert!(story.contains("note out/o.csv is back: the command that was to replace it died"), "{story}");
    assert_eq!(project.read("out/o.csv"), "1\n");
    assert!(project.files(".tidemill/aside").is_empty() && project.files(".tidemill/scratch").is_empty());
}

#[test]
fn an_output_can_be_read_as_a_table_with_its_types_checked() {
    let table = |columns: &str, content: &str| {
        Project::new().file("content.csv", content).pipeline(&format!(
            "
            version: 1
            name: tables
            tasks:
              t:
                type: command
                inputs: {{c: content.csv}}
                run: cat ${{{{ inputs.c }}}} > ${{{{ outputs.o }}}}
                outputs: {{o: o.csv}}
                table: o
                columns: {columns}
                checks: [not_null: [id]]
              sum: {{type: aggregate, from: t, metrics: {{total: sum(amount)}}, output: sum.csv}}
            "
        ))
    };
    let columns = "{id: string, amount: float}";
    let good = table(columns, "id,amount,more\n007,1.5,x\n008,2,y\n");
    let story = run(&good, ["run", "-j", "1"]).exits(0).stderr;
    assert!(story.contains("done    t  2 rows"), "{story}");
    assert_eq!(
        (good.read("sum.csv").as_str(), good.read("o.csv").starts_with("id,amount,more\n007")),
        ("total\n3.5\n", true)
    );
    // The contract is known before anything runs.
    let text = good.read("pipeline.yaml").replace("sum(amount)", "sum(amonut)");
    let mistake = run(&good.file("pipeline.yaml", text), ["check"]).exits(2).stderr;
    assert!(mistake.contains("there is no column `amonut`") && mistake.contains("did you mean `amount`?"), "{mistake}");
    for (content, wrong) in
        [("id,amount\n007,many\n", "amount"), ("id\n007\n", "amount"), ("id,amount\n,1\n", "not_null")]
    {
        let project = table(columns, content);
        let story = run(&project, ["run", "-j", "1"]).exits(1).stderr;
        assert!(story.contains("error task t (command)") && story.contains(wrong), "{story}");
        assert!(!project.has("o.csv") && !project.has("sum.csv"), "{content}");
        insta::assert_snapshot!(story);
    }
}

#[test]
fn what_is_told_of_the_table_is_told_once_and_of_its_own_file() {
    let project = Project::new().file("content.csv", "a,a\n1,2\n").pipeline(
        "
        version: 1
        name: told
        tasks:
          t:
            type: command
            inputs: {c: content.csv}
            run: cat ${{ inputs.c }} > ${{ outputs.o }}
            outputs: {o: o.csv}
            table: o
            checks: [{row_count: {min: 2}, severity: warn}]
        ",
    );
    let ran = run(&project, ["run"]).exits(0);
    assert_eq!(
        ran.warnings(),
        "warning t: o.csv: names stand twice in the header: `a` (column 2) is `a_2`\n\
         warning t: check `row_count`: expected at least 2 rows, found 1"
    );
    assert!(!project.log("t").contains(".tidemill-"), "{}", project.log("t"));
}
