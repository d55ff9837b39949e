//! How values reach a command: as arguments and in its environment, whatever is in them.

use super::{run, wrote};
use crate::project::Project;

/// All that shells make something of.
const NASTY: &str = "a b  \"c\" 'd' $(touch harm) `touch harm` $HOME ; touch harm & \\ * \n-n\u{e9}!";

fn nasty(command: &str) -> Project {
    let yaml = serde_json::to_string(NASTY).expect("a text");
    Project::new().pipeline(&format!(
        "version: 1\nparams:\n  x: {yaml}\n  many: [one, 'two three', \"{{4}}\"]\n  none: []\ntasks:\n  t:\n    type: command\n{command}"
    ))
}

/// Prints each argument in brackets.
const BRACKETS: &str = "[%s]";

#[test]
fn a_value_is_one_argument_bare_in_double_and_in_single_quotes() {
    let text = format!(
        "    run: |\n      printf '{BRACKETS}' ${{{{ params.x }}}} \"<${{{{ params.x }}}}>\" 'it: ${{{{ params.x }}}}' a${{{{ params.x }}}}b\n      echo\n"
    );
    let project = nasty(&text);
    run(&project, ["run"]).exits(0);
    assert_eq!(wrote(&project, "t"), format!("[{NASTY}][<{NASTY}>][it: {NASTY}][a{NASTY}b]\n").replace('\n', "\n"));
    assert!(!project.has("harm"));
}

#[test]
fn in_a_list_of_arguments_nothing_is_quoted_at_all() {
    let project = nasty(
        "    run: [printf, '[%s]', '${{ params.x }}', '$HOME', 'x=${{ params.x }}', '${{ params.many }}', '${{ params.none }}', \"\\n\"]\n",
    );
    run(&project, ["run"]).exits(0);
    assert_eq!(wrote(&project, "t"), format!("[{NASTY}][$HOME][x={NASTY}][one][two three][{{4}}][\n]\n"));
    assert!(!project.has("harm"));
}

#[test]
fn a_list_is_one_argument_each() {
    let project = nasty(
        "    run: |\n      printf '[%s]' ${{ params.many }} ${{ params.none }} end\n      for x in ${{ params.many }}; do echo \"$x\"; done\n",
    );
    run(&project, ["run"]).exits(0);
    assert_eq!(wrote(&project, "t"), "[one][two three][{4}][end]one\ntwo three\n{4}\n");
}

#[test]
fn values_are_in_the_environment_too() {
    let project = nasty(
        "    run: printf '[%s]' \"$TIDEMILL_PARAM_x\" \"$TIDEMILL_PARAM_many\" \"$GREETING\"; echo\n    env: {GREETING: 'hello ${{ params.x }}'}\n",
    );
    run(&project, ["run"]).exits(0);
    assert_eq!(wrote(&project, "t"), format!("[{NASTY}][one\ntwo three\n{{4}}][hello {NASTY}]\n"));
}

#[test]
fn other_shells_have_their_own_text() {
    let project = Project::new().pipeline(
        "
        version: 1
        params: {x: 'a  $b'}
        tasks:
          bash: {type: command, shell: bash, run: 'a=(${{ params.x }} 2); echo \"${a[0]}\" ${#a[@]}'}
          dash: {type: command, shell: /bin/sh, run: 'echo \"${{ params.x }}\"'}
        ",
    );
    run(&project, ["run"]).exits(0);
    assert_eq!((wrote(&project, "bash").as_str(), wrote(&project, "dash").as_str()), ("a  $b 2\n", "a  $b\n"));
    let python = Project::new().pipeline(
        "
        version: 1
        params: {x: 1}
        tasks:
          py: {type: command, shell: python3, run: 'print(${{ params.x }})'}
          here: {type: command, run: \"cat <<END\\n${{ params.x }}\\nEND\\n\"}
          old: {type: command, run: 'echo `echo ${{ params.x }}`'}
        ",
    );
    insta::assert_snapshot!(run(&python, ["check"]).exits(2).stderr);
}

#[test]
fn nothing_is_inherited_that_nobody_declared() {
    let project = Project::new().pipeline(
        "
        version: 1
        pass_env: [CONDA_PREFIX]
        env: {DECLARED: pipeline, OTHER: '${{ env.SECRETLY }}'}
        tasks:
          t: {type: command, run: 'env | sort', env: {DECLARED: task}}
        ",
    );
    let mut command = super::with_path(&project, ["run"]);
    let given = ["HOME", "USER", "LANG", "LC_TIME", "TZ", "TMPDIR", "VIRTUAL_ENV", "https_proxy", "SSL_CERT_FILE"];
    command.envs(given.map(|name| (name, "/given"))).env("TZ", "UTC").env("LANG", "C").env("LC_TIME", "C");
    command
        .env("TMPDIR", "/tmp")
        .env("CONDA_PREFIX", "/conda")
        .env("SECRETLY", "said")
        .env("PYTHONPATH", "/x")
        .env("LD_PRELOAD", "");
    assert_eq!(command.output().expect("the binary starts").status.code(), Some(0));
    let lines = wrote(&project, "t");
    let names: Vec<&str> = lines.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    let shells_own = ["PWD", "OLDPWD", "SHLVL", "_"];
    let names: Vec<&str> = names.into_iter().filter(|name| !shells_own.contains(name)).collect();
    let mut expected = vec!["CONDA_PREFIX", "DECLARED", "OTHER", "PATH", "TIDEMILL_TMP"];
    expected.extend(given);
    expected.sort_unstable();
    let mut names = names;
    names.sort_unstable();
    assert_eq!(names, expected);
    assert!(lines.contains("DECLARED=task\n") && lines.contains("OTHER=said\n"), "{lines}");
}
