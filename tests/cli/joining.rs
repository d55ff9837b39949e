//! `join`: each kind, what is promised of keys, what is filled.

use crate::project::Project;

fn tables() -> Project {
    Project::new()
        .file("left.csv", "id,name,k\n1,a,x\n2,b,y\n3,c,\n4,d,y\n")
        .file("right.csv", "k,name,v\nx,X,10\ny,Y,20\ny,YY,30\nz,Z,40\n,N,50\n")
}

#[test]
fn each_kind() {
    let kinds = ["inner", "left", "right", "full", "semi", "anti"];
    let mut text =
        String::from("version: 1\ntasks:\n  l: {type: load, path: left.csv}\n  r: {type: load, path: right.csv}\n");
    for kind in kinds {
        text += &format!("  {kind}: {{type: join, left: l, right: r, on: [k], how: {kind}, output: out/{kind}.csv}}\n");
    }
    text += "  cross: {type: join, left: l, right: r, how: cross, select: [id, k, k_right], output: out/cross.csv}\n";
    let project = tables().pipeline(&text);
    project.run(["run"]).exits(0);
    let all = kinds.map(|kind| format!("{kind}\n{}", project.read(&format!("out/{kind}.csv"))));
    insta::assert_snapshot!(all.join("\n"), @r"
    inner
    id,name,k,name_right,v
    1,a,x,X,10
    2,b,y,Y,20
    2,b,y,YY,30
    4,d,y,Y,20
    4,d,y,YY,30

    left
    id,name,k,name_right,v
    1,a,x,X,10
    2,b,y,Y,20
    2,b,y,YY,30
    3,c,,,
    4,d,y,Y,20
    4,d,y,YY,30

    right
    id,name,k,name_right,v
    1,a,x,X,10
    2,b,y,Y,20
    2,b,y,YY,30
    4,d,y,Y,20
    4,d,y,YY,30
    ,,z,Z,40
    ,,,N,50

    full
    id,name,k,name_right,v
    1,a,x,X,10
    2,b,y,Y,20
    2,b,y,YY,30
    3,c,,,
    4,d,y,Y,20
    4,d,y,YY,30
    ,,z,Z,40
    ,,,N,50

    semi
    id,name,k
    1,a,x
    2,b,y
    4,d,y

    anti
    id,name,k
    3,c,
    ");
    assert_eq!(project.read("out/cross.csv").lines().count(), 1 + 4 * 5);
}

#[test]
fn conditions_fill_derive_and_select() {
    let project = tables().pipeline(
        "
        version: 1
        tasks:
          l: {type: load, path: left.csv}
          r: {type: load, path: right.csv}
          both:
            type: join
            left: l
            right: r
            on: [k]
            how: left
            where: v < 30
            fill: {v: mean, name_right: nobody}
            derive: {pair: \"name || '/' || name_right\"}
            select: [id, pair, v]
            output: both.csv
          uneven: {type: join, left: l, right: r, on: {id: v}, how: full, output: uneven.csv}
        ",
    );
    project.run(["run"]).exits(0);
    insta::assert_snapshot!(project.read("both.csv") + "--\n" + &project.read("uneven.csv"), @r"
    id,pair,v
    1,a/X,10
    2,b/Y,20
    3,c/nobody,17
    4,d/Y,20
    --
    id,name,k,k_right,name_right
    1,a,x,,
    2,b,y,,
    3,c,,,
    4,d,y,,
    10,,,x,X
    20,,,y,Y
    30,,,y,YY
    40,,,z,Z
    50,,,,N
    ");
}

#[test]
fn a_broken_promise_fails_the_task() {
    for (expect, exit) in [("many_to_many", 0), ("one_to_many", 1), ("many_to_one", 1), ("one_to_one", 1)] {
        let project = tables().pipeline(&format!(
            "
            version: 1
            tasks:
              l: {{type: load, path: left.csv}}
              r: {{type: load, path: right.csv}}
              both: {{type: join, left: l, right: r, on: [k], expect: {expect}, output: both.csv}}
            "
        ));
        let outcome = project.run(["run", "-j", "1"]).exits(exit);
        assert_eq!(project.has("both.csv"), exit == 0);
        if expect == "many_to_one" {
            insta::assert_snapshot!(outcome.stderr, @r"
            done    l  4 rows  [time]
            done    r  5 rows  [time]
            failed  both  expected many_to_one, but the right side has key k=y 2 times
              task  rows in  rows out  rejected  time
              l           4         4  [time]
              r           5         5  [time]
              both                               failed

            error task both (join): expected many_to_one, but the right side has key k=y 2 times
              help: remove the duplicates first, or say what the join really is in `expect`
              log: logs/[run]/both.log

            failed in [time]: 2 ran, 1 failed
            ");
        }
    }
}

#[test]
fn a_join_that_multiplies_rows_says_so_unasked() {
    let project = tables().pipeline(
        "
        version: 1
        tasks:
          l: {type: load, path: left.csv}
          r: {type: load, path: right.csv}
          both: {type: join, left: l, right: r, on: [k], how: left}
        ",
    );
    insta::assert_snapshot!(project.run(["run", "-j", "1"]).exits(0).stderr, @r"
    done    l  4 rows  [time]
    done    r  5 rows  [time]
    done    both  6 rows  [time]
      task  rows in  rows out  rejected  time
      l           4         4  [time]
      r           5         5  [time]
      both    4 + 5         6  [time]

    warning both: joining l to r multiplied rows: 4 became 6 (1.5 per row; k=y alone matched 2 rows); a sum over the result counts rows more than once
    warning both: 1 of 4 rows of l (1 without a key) found no match in r; 2 of 5 rows of r (k=z; 1 without a key) found none in l

    done in [time]: 3 ran
    ");
}
