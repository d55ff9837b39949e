//! Shell texts that end at the first command that fails.

use super::{run, wrote};
use crate::project::Project;

/// A task with this text, and a former output.
fn with_text(text: &str, more: &str) -> Project {
    let text: String = text.lines().map(|line| format!("      {line}\n")).collect();
    Project::new().file("o.txt", "former").pipeline(&format!(
        "version: 1\ntasks:\n  t:\n    type: command\n    run: |\n{text}    outputs: {{o: o.txt}}\n{more}"
    ))
}

#[test]
fn what_fails_in_the_middle_fails_the_task_and_publishes_nothing() {
    for (text, end) in [
        ("false | sort > ${{ outputs.o }}", "; echo done", "ended with exit code 1\n"),
        ("no_such_program x > ${{ outputs.o }}", "; echo done", "ended with exit code 127\n"),
        (
            "cat missing.csv > ${{ outputs.o }}",
            "\necho fine",
            "ended with exit code 1 in line 1, `cat missing.csv > ${{ outputs.o }}`\n",
        ),
        ("true\nx=$(false; echo y)", "\necho $x > ${{ outputs.o }}", "exit code 1 in line 2, `x=$(false; echo y)`\n"),
        (
            "for x in 1 2; do\n  (exit 4) | cat",
            "\ndone > ${{ outputs.o }}",
            "exit code 4 in line 2, `(exit 4) | cat`\n",
        ),
    ]
    .map(|(text, rest, end)| (format!("{text}{rest}"), end))
    {
        let project = with_text(&text, "");
        let story = run(&project, ["run"]).exits(1).stderr;
        assert!(story.contains(end), "{text}: {story}");
        assert_eq!(project.read("o.txt"), "former", "{text}");
    }
}

#[test]
fn a_writer_whose_reader_has_read_enough_is_no_failure() {
    let project = with_text(
        "yes | head -n 1 > ${{ outputs.o }}\ntop=$(seq 1 100000 | sort -rn | head -n 1)\necho $top >> ${{ outputs.o }}",
        "",
    );
    run(&project, ["run"]).exits(0);
    assert_eq!(project.read("o.txt"), "y\n100000\n");
    let last = with_text("true > ${{ outputs.o }}\nyes | head -n 1", "");
    run(&last, ["run"]).exits(0);
    assert_eq!(wrote(&last, "t"), "y\n");
}

#[test]
fn failures_that_the_text_expects_are_none() {
    let text =
        "false || true\nif false; then :; fi\nset +e\nfalse | cat\nset -e\n! false\necho \"$?\" > ${{ outputs.o }}";
    let project = with_text(text, "");
    run(&project, ["run"]).exits(0);
    assert_eq!(project.read("o.txt"), "0\n");
}

#[test]
fn a_text_for_sh_means_the_same_with_and_without_a_pipe() {
    let words = r"echo 'a\tb' -n {a,b}; echo -n x";
    let one = with_text(&format!("{{ {words}; }} > ${{{{ outputs.o }}}}"), "");
    let piped = with_text(&format!("{{ {words}; }} | cat > ${{{{ outputs.o }}}}"), "");
    run(&one, ["run"]).exits(0);
    run(&piped, ["run"]).exits(0);
    assert_eq!(one.read("o.txt"), piped.read("o.txt"));
}

#[test]
fn a_text_that_is_not_strict_goes_on() {
    let project =
        with_text("false | sort > ${{ outputs.o }}\nfalse\necho done >> ${{ outputs.o }}", "    strict: false\n");
    run(&project, ["run"]).exits(0);
    assert_eq!(project.read("o.txt"), "done\n");
}

#[test]
fn a_shell_that_cannot_see_a_failure_before_a_pipe_is_told() {
    // A shell that can do nothing, and no bash.
    let project = with_text("false | sort > ${{ outputs.o }}", "").file("bin/sh", "#!/bin/sh\n");
    let mut chmod = std::process::Command::new("chmod");
    assert!(chmod.args(["+x", "bin/sh"]).current_dir(project.root()).status().expect("chmod").success());
    let check = |project: &Project| {
        let mut command = project.command(["check"]);
        command.env("PATH", project.root().join("bin")).stderr(std::process::Stdio::piped());
        project.wait(command.spawn().expect("the binary starts")).stderr
    };
    insta::assert_snapshot!(check(&project), @r"
    warning: `sh` has no `pipefail` here
     --> pipeline.yaml:5:10
      |
    5 |     run: |
      |          ^ a failure before the last `|` does not count
      |
      = help: `shell: bash` has it; `strict: false` says that this is meant
    ok pipeline: 1 task, no mistakes
    ");
    let lax = project.pipeline(
        "
        version: 1
        tasks:
          lax: {type: command, run: 'false | sort', strict: false}
          none: {type: command, run: 'false || echo \"|\"'}
        ",
    );
    assert!(!check(&lax).contains("pipefail"));
}

#[test]
fn where_strict_means_nothing_it_is_refused() {
    let project = Project::new().pipeline(
        "
        version: 1
        tasks:
          list: {type: command, run: ['true'], strict: true}
          py: {type: command, shell: python3, run: 'print(1)', strict: true}
        ",
    );
    insta::assert_snapshot!(run(&project, ["check"]).exits(2).stderr, @r"
    error: a list is run without a shell
     --> pipeline.yaml:3:48
      |
    3 |   list: {type: command, run: ['true'], strict: true}
      |                                                ^^^^ this has no meaning
      |
      = help: take it away, or write `run` as one text

    error: how `python3` is made strict is not known
     --> pipeline.yaml:4:64
      |
    4 |   py: {type: command, shell: python3, run: 'print(1)', strict: true}
      |                                                                ^^^^ this has no meaning
      |
      = help: use sh, dash, bash or zsh, or take it away

    2 errors
    ");
}
