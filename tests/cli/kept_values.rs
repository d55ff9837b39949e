//! Values that could change in silence, or be run instead of passed: each is told, refused or kept.

use insta::assert_snapshot;

use crate::project::Project;

#[test]
fn values_that_a_command_would_run_are_told() {
    let project = Project::new().pipeline(
        r#"
        version: 1
        params: {file: a b, n: "3"}
        tasks:
          a:
            type: command
            run: |
              eval "ls ${{ params.file }}"
              trap 'rm -f ${{ params.file }}' EXIT
          b: {type: command, shell: bash, run: "let x=${{ params.n }}; if (( ${{ params.n }} > 2 )); then echo; fi"}
          c: {type: command, run: "ls | xargs sh -c 'echo ${{ params.file }}'"}
          d: {type: command, run: "python3 -c \"print('${{ params.file }}')\""}
          fine: {type: command, run: "sh -c 'ls \"$1\"' sh ${{ params.file }}; echo eval ${{ params.n }}"}
        "#,
    );
    assert_snapshot!(project.run(["check"]).exits(0).stderr, @r#"
    warning: `eval` runs this value: whatever it holds is executed
     --> pipeline.yaml:7:16
      |
    7 |       eval "ls ${{ params.file }}"
      |                ^^^^^^^^^^^^^^^^^^ not passed as it is
      |
      = help: pass it as an argument to a command; compute with it in the expression: `${{ params.n + 1 }}`

    warning: `trap` runs this value: whatever it holds is executed
     --> pipeline.yaml:8:19
      |
    8 |       trap 'rm -f ${{ params.file }}' EXIT
      |                   ^^^^^^^^^^^^^^^^^^ not passed as it is
      |
      = help: pass it as an argument to a command; compute with it in the expression: `${{ params.n + 1 }}`

    warning: `let` runs this value: whatever it holds is executed
     --> pipeline.yaml:9:47
      |
    9 |   b: {type: command, shell: bash, run: "let x=${{ params.n }}; if (( ${{ params.n }} > 2 )); then echo; fi"}
      |                                               ^^^^^^^^^^^^^^^ not passed as it is
      |
      = help: pass it as an argument to a command; compute with it in the expression: `${{ params.n + 1 }}`

    warning: `sh -c` runs this value: whatever it holds is executed
      --> pipeline.yaml:10:51
       |
    10 |   c: {type: command, run: "ls | xargs sh -c 'echo ${{ params.file }}'"}
       |                                                   ^^^^^^^^^^^^^^^^^^ not passed as it is
       |
       = help: pass it beside the text: `sh -c 'echo "$1"' sh ${{ x }}`

    warning: `python3 -c` runs this value: whatever it holds is executed
      --> pipeline.yaml:11:27
       |
    11 |   d: {type: command, run: "python3 -c \"print('${{ params.file }}')\""}
       |                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ not passed as it is
       |
       = help: pass it beside the program, as an argument of its own, or through `env:`
    ok pipeline: 5 tasks, no mistakes
    "#);
}

#[test]
fn numbers_of_the_file_keep_their_digits() {
    let project = Project::new().file("t.csv", "id,x\n99999999999999999999,1\n7,2\n").pipeline(
        "
        version: 1
        params:
          id: 99999999999999999999
          small: {type: float, default: 1e-400}
        tasks:
          t: {type: load, path: t.csv}
          n:
            type: normalize
            from: t
            missing: {x: 12345678901234567.89}
        ",
    );
    assert_snapshot!(project.run(["check"]).exits(2).stderr, @r"
    error: the number 99999999999999999999 is too large for an int, which has 64 bits
     --> pipeline.yaml:3:7
      |
    3 |   id: 99999999999999999999
      |       ^^^^^^^^^^^^^^^^^^^^ digits would be lost
      |
      = help: write it in quotes, as text: `'99999999999999999999'`

    error: a float would make 0 of 1e-400
     --> pipeline.yaml:4:33
      |
    4 |   small: {type: float, default: 1e-400}
      |                                 ^^^^^^ digits would be lost
      |
      = help: write it in quotes, as text: `'1e-400'`

    error: a float would make 12345678901234568 of 12345678901234567.89
      --> pipeline.yaml:10:18
       |
    10 |     missing: {x: 12345678901234567.89}
       |                  ^^^^^^^^^^^^^^^^^^^^ digits would be lost
       |
       = help: write it in quotes, as text: `'12345678901234567.89'`

    error: `1.2345678901234568e+16` does not fit column `x`
      --> pipeline.yaml:10:18
       |
    10 |     missing: {x: 12345678901234567.89}
       |                  ^^^^^^^^^^^^^^^^^^^^ the column is int
       |
       = help: give a value of the column's type, or one of mean, median, zero, drop, keep

    4 errors
    ");
}

#[test]
fn a_number_in_quotes_keeps_its_digits_everywhere() {
    let project = Project::new().file("t.csv", "id,x\n99999999999999999999,1\n7,2\n").pipeline(
        "
        version: 1
        params: {id: '99999999999999999999'}
        tasks:
          t: {type: load, path: t.csv, columns: {id: 'decimal(20,0)', x: int}}
          one:
            type: sql
            sql: select x from t where id = cast(${{ params.id }} as decimal(20,0))
            output: one.csv
        ",
    );
    project.run(["run"]).exits(0);
    assert_eq!(project.read("one.csv"), "x\n1\n");
}

#[test]
fn characters_are_trimmed_as_in_postgresql() {
    let project = Project::new().file("t.csv", "x\nxxaxbx\n").pipeline(
        "
        version: 1
        tasks:
          t: {type: load, path: t.csv}
          q:
            type: sql
            sql: \"select trim(x, 'xb') as a, trim(both 'x' from x) as b, btrim(x, 'x') as c, trim(x) as d, trim(leading 'xa' from x) as e from t\"
            output: q.csv
          n: {type: normalize, from: t, derive: {y: \"trim(x, 'x')\"}, output: n.csv}
        ",
    );
    project.run(["run"]).exits(0);
    assert_eq!(project.read("q.csv"), "a,b,c,d,e\na,axb,axb,xxaxbx,bx\n");
    assert_eq!(project.read("n.csv"), "x,y\nxxaxbx,axb\n");
    let wrong = Project::new().file("t.csv", "x\na\n").pipeline(
        "
        version: 1
        tasks:
          t: {type: load, path: t.csv}
          n: {type: normalize, from: t, derive: {y: \"trim(x, 'a', 'b')\"}}
        ",
    );
    assert_snapshot!(wrong.run(["check"]).exits(2).stderr, @r#"
    error: `trim` takes 1 to 2 arguments, not 3
     --> pipeline.yaml:4:59
      |
    4 |   n: {type: normalize, from: t, derive: {y: "trim(x, 'a', 'b')"}}
      |                                                           ^^^ one too many
      |
      = help: write all the characters as one text: `trim(x, 'ab')`

    1 error
    "#);
}

#[test]
fn no_minute_has_a_sixtieth_second_and_no_float_vanishes() {
    let read = |columns: &str| {
        let project = Project::new()
            .file("t.csv", "id,v\n1,2016-12-31 23:59:60\n2,2060-12-31T10:00:59\n3,1e-400\n4,1e-300\n")
            .pipeline(&format!(
                "
                version: 1
                tasks:
                  t: {{type: load, path: t.csv}}
                  n: {{type: normalize, from: t, columns: {{v: {columns}}}, on_invalid: 'null', output: n.csv}}
                "
            ));
        project.run(["run"]).exits(0);
        project.read("n.csv").lines().skip(1).map(|line| line[2..].to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(read("datetime"), ["", "2060-12-31T10:00:59", "", ""]);
    assert_eq!(
        read("{type: datetime, format: ['%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S']}"),
        ["", "2060-12-31T10:00:59", "", ""]
    );
    assert_eq!(read("{type: date, format: ['%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S']}"), ["", "2060-12-31", "", ""]);
    assert!(read("float")[2].is_empty() && read("float")[3].ends_with('1'), "{:?}", read("float"));
    let constants = Project::new().file("t.csv", "x\n1\n").pipeline(
        "
        version: 1
        tasks:
          t: {type: load, path: t.csv}
          n:
            type: normalize
            from: t
            derive: {a: \"timestamp '2016-12-31 23:59:60'\", b: \"time '23:59:60'\", c: x * 1e-400}
        ",
    );
    assert_snapshot!(constants.run(["check"]).exits(2).stderr, @r#"
    error: '2016-12-31 23:59:60' is not a datetime
     --> pipeline.yaml:7:28
      |
    7 |     derive: {a: "timestamp '2016-12-31 23:59:60'", b: "time '23:59:60'", c: x * 1e-400}
      |                            ^^^^^^^^^^^^^^^^^^^^^ write it like `timestamp '2024-12-31 23:59:59'`

    error: '23:59:60' is not a  time
     --> pipeline.yaml:7:61
      |
    7 |     derive: {a: "timestamp '2016-12-31 23:59:60'", b: "time '23:59:60'", c: x * 1e-400}
      |                                                             ^^^^^^^^^^ write it like `time '23:59:59'`

    error: `1e-400` is too large or too small for a float
     --> pipeline.yaml:7:81
      |
    7 |     derive: {a: "timestamp '2016-12-31 23:59:60'", b: "time '23:59:60'", c: x * 1e-400}
      |                                                                                 ^^^^^^

    3 errors
    "#);
}
