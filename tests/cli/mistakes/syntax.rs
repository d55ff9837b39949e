//! Files that are no YAML, or no pipelines.

use super::{check, shop};

#[test]
fn broken_yaml() {
    insta::assert_snapshot!(check("version: 1\ntasks:\n  orders: {type: load, path: data/orders.csv\n"), @r"
    error: not valid YAML: unclosed bracket '{'
     --> pipeline.yaml:3:11
      |
    3 |   orders: {type: load, path: data/orders.csv
      |           ^

    1 error
    ");
    insta::assert_snapshot!(check("version: 1\ntasks:\n  orders:\n\ttype: load\n"), @r"
    error: not valid YAML: tabs disallowed within this context (block indentation)
     --> pipeline.yaml:4:1
      |
    4 |     type: load
      | ^^^^
      |
      = help: indent with blanks, not tabs

    1 error
    ");
    insta::assert_snapshot!(check("version: 1\ntasks:\n  orders:\n    type: load\n   path: data/orders.csv\n"), @r"
    error: not valid YAML: while parsing a block mapping, did not find expected key
     --> pipeline.yaml:5:4
      |
    5 |    path: data/orders.csv
      |    ^

    1 error
    ");
    insta::assert_snapshot!(check("version: 1\ntasks:\n  orders: {type: load, path: ${{ params.x }}}\n"), @r"
    error: not valid YAML: while parsing a flow mapping, did not find expected ',' or '}'
     --> pipeline.yaml:3:31
      |
    3 |   orders: {type: load, path: ${{ params.x }}}
      |                               ^
      |
      = help: inside `[ ]` and `{ }`, put a `${{ … }}` in quotes

    1 error
    ");
    insta::assert_snapshot!(check("version: 1\nname: \"shop\ntasks: {}\n"), @r#"
    error: not valid YAML: unclosed quote
     --> pipeline.yaml:2:7
      |
    2 | name: "shop
      |       ^

    1 error
    "#);
    insta::assert_snapshot!(check("version: 1\ntasks:\n  orders: *nothing\n"), @r"
    error: not valid YAML: alias references unknown anchor
     --> pipeline.yaml:3:11
      |
    3 |   orders: *nothing
      |           ^

    1 error
    ");
}

#[test]
fn no_pipelines() {
    insta::assert_snapshot!(check(""), @r"
    error: the file is empty
     --> pipeline.yaml:1:1
      |
    1 |
      | ^
      |
      = help: it begins with `version: 1` and has `tasks:`

    1 error
    ");
    insta::assert_snapshot!(check("- a\n- b\n"), @r"
    error: a pipeline file is a map of keys
     --> pipeline.yaml:1:3
      |
    1 | - a
      |   ^
      |
      = help: it begins with `version: 1` and has `tasks:`

    1 error
    ");
    insta::assert_snapshot!(check("version: 2\ntasks: {}\n"), @r"
    error: this is not a version of the pipeline file that is known here
     --> pipeline.yaml:1:10
      |
    1 | version: 2
      |          ^
      |
      = help: write `version: 1`

    1 error
    ");
    insta::assert_snapshot!(check("version: 1\nname: x\n"), @r"
    error: the pipeline has no `tasks`
     --> pipeline.yaml:1:1
      |
    1 | version: 1
      | ^^^^^^^

    1 error
    ");
}

#[test]
fn not_utf_8() {
    let project = shop().file("pipeline.yaml", b"version: 1\nname: caf\xe9\ntasks: {}\n");
    insta::assert_snapshot!(project.run(["check"]).exits(2).stderr, @r"
    error: the file is not UTF-8
     --> pipeline.yaml:2:10
      |
    2 | name: caf�
      |          ^ the first wrong byte

    1 error
    ");
}

#[test]
fn aliases_that_explode() {
    let mut text =
        String::from("version: 1\ntasks: {}\ndescription: x\nparams:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for at in 1..9 {
        let alias = format!("*a{}", at - 1);
        text += &format!("  a{at}: &a{at} [{}]\n", vec![alias; 10].join(", "));
    }
    insta::assert_snapshot!(check(&text), @r"
    error: this file is too large or too deep, or its aliases unfold to too much
      --> pipeline.yaml:10:47
       |
    10 |   a5: &a5 [*a4, *a4, *a4, *a4, *a4, *a4, *a4, *a4, *a4, *a4]
       |                                               ^

    1 error
    ");
}

#[test]
fn ids_that_are_none() {
    insta::assert_snapshot!(check(
        "
        version: 1
        tasks:
          Orders: {type: load, path: data/orders.csv}
          1st: {type: load, path: data/orders.csv}
          a b: {type: load, path: data/orders.csv}
          café: {type: load, path: data/orders.csv}
        "
    ), @r"
    error: `Orders` cannot be a task's id
     --> pipeline.yaml:3:3
      |
    3 |   Orders: {type: load, path: data/orders.csv}
      |   ^^^^^^
      |
      = help: an id has small letters, digits, `_` and `-`, a letter first: `orders`

    error: `1st` cannot be a task's id
     --> pipeline.yaml:4:3
      |
    4 |   1st: {type: load, path: data/orders.csv}
      |   ^^^
      |
      = help: an id has small letters, digits, `_` and `-`, a letter first: `t_1st`

    error: `a b` cannot be a task's id
     --> pipeline.yaml:5:3
      |
    5 |   a b: {type: load, path: data/orders.csv}
      |   ^^^
      |
      = help: an id has small letters, digits, `_` and `-`, a letter first: `a_b`

    error: `café` cannot be a task's id
     --> pipeline.yaml:6:3
      |
    6 |   café: {type: load, path: data/orders.csv}
      |   ^^^^
      |
      = help: an id has small letters, digits, `_` and `-`, a letter first: `caf_`

    4 errors
    ");
}
