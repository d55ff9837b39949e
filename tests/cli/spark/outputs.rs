//! Outputs that stay in the warehouse.

use std::fs;
use std::path::{Path, PathBuf};

use tidemill_test_servers::SparkServer;

use super::both::{are_equal, engine};
use crate::project::Project;

/// The folder of the warehouse.
fn warehouse(server: &SparkServer) -> PathBuf {
    PathBuf::from(server.warehouse().trim_start_matches("file://"))
}

/// The files of a published folder that have rows.
fn parts(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| name.starts_with("part-")).collect();
    names.sort();
    names
}

const ROWS: &str = "k,n,s\n1,5,a\n2,,b\n3,7,\"c d\"\n4,-1,\n";

#[test]
fn tables_published_in_the_warehouse_are_equal_on_both_engines() {
    let Some(server) = SparkServer::shared() else { return };
    let text = "version: 1
name: published
tasks:
  t: {type: load, path: t.csv}
  made: {type: sql, sql: 'select k, n / 2 as half, s as \"odd name\", cast(n as decimal(9,2)) as d, date ''2024-01-01'' + k as day, k % 2 = 0 as b from t order by n desc', output: [{path: 'warehouse:mart/made', format: parquet}, out/made.csv]}
  timed: {type: sql, sql: 'select k, time ''10:00'' as o from t', output: warehouse:mart/timed}
  back: {type: load, path: 'warehouse:mart/made/*.parquet'}
  times: {type: load, path: 'warehouse:mart/timed/*.parquet'}
  read: {type: sql, sql: select * from back, output: out/read.csv}
  again: {type: sql, sql: select * from times, output: out/times.csv}
";
    let spark = are_equal(&server, text, |project| project.file("t.csv", ROWS));
    assert_eq!(spark.files["made.csv"], spark.files["read.csv"]);
    assert_eq!(spark.files.len(), 3, "{}", spark.outcome.stderr);
    assert!(spark.outcome.stderr.contains("done    back  4 rows, on spark"), "{}", spark.outcome.stderr);
}

#[test]
fn a_published_table_that_is_gone_or_changed_is_published_again() {
    let Some(server) = SparkServer::shared() else { return };
    let text = format!(
        "version: 1\nname: again\ntasks:\n  t: {{type: load, path: t.csv}}\n  made: {{type: sql, sql: 'select k, n from t', output: 'warehouse:again'}}\n{}",
        engine(&server)
    );
    let link = warehouse(&server).join("again");
    for name in ["local", "spark"] {
        let project = Project::new().file("pipeline.yaml", &text).file("t.csv", ROWS);
        let run = |project: &Project| project.run(["--engine", name, "run"]).exits(0).stderr;
        let plan = |project: &Project| project.run(["--engine", name, "plan"]).exits(0).stdout;
        run(&project);
        let first = parts(&link);
        assert!(!first.is_empty() && plan(&project).contains("2 cached"), "{}", plan(&project));
        fs::remove_file(&link).expect("a link");
        assert!(plan(&project).contains("warehouse:again"), "{}", plan(&project));
        run(&project);
        assert_eq!((parts(&link), plan(&project).contains("2 cached")), (first.clone(), true));
        // A file in it is gone: it is written again from the table.
        fs::remove_file(link.join(&first[0])).expect("a file");
        let told = run(&project);
        assert!(!parts(&link).is_empty() && told.contains("restored"), "{told}");
        // Other rows: the old folder stays for those who read it.
        let before = fs::canonicalize(&link).expect("a folder");
        let project = project.file("t.csv", "k,n,s\n9,9,z\n");
        run(&project);
        let after = fs::canonicalize(&link).expect("a folder");
        assert!(before != after && !parts(&before).is_empty());
        // Back to the first rows, whose table the cache has.
        let project = project.file("t.csv", ROWS);
        run(&project);
        assert_eq!(fs::canonicalize(&link).expect("a folder"), before);
    }
}

#[test]
fn what_cannot_be_published_there_is_told() {
    let of = |engine: &str, tasks: &str| {
        let text = format!("version: 1\nname: t\n{engine}tasks:\n{tasks}");
        Project::new().file("pipeline.yaml", text).run(["check"]).exits(2).stderr
    };
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("theirs")).expect("a folder");
    let engine = format!("engine: {{type: local, warehouse: file://{}}}\n", folder.path().display());
    let output = |output: &str| format!("  t: {{type: sql, sql: select 1 as n, output: {output}}}\n");
    let all = [
        of("", &output("warehouse:t")),
        of(&engine, &output("warehouse:../t")),
        of(&engine, &output("warehouse:t.csv")),
        of(&engine, &output("warehouse:theirs")),
        of(&engine, &output("{path: warehouse:t, format: orc}")),
        of(&engine, &output("{path: t.csv, format: parquet}")),
        of(&engine, "  t: {type: command, run: 'true', outputs: {t: warehouse:t}}\n"),
    ];
    insta::assert_snapshot!(all.join("\n").replace(&folder.path().display().to_string(), "/w"), @r"
error: `warehouse:t` is a path below the warehouse, and `engine` names no folder as one
 --> pipeline.yaml:4:46
  |
4 |   t: {type: sql, sql: select 1 as n, output: warehouse:t}
  |                                              ^^^^^^^^^^^
  |
  = help: name it, as `engine: {type: local, warehouse: file:///mnt/shared/tidemill}`; the profile that has it may be chosen with `--profile`

1 error

error: task `t` would write into the warehouse under a name that is none
 --> pipeline.yaml:5:46
  |
5 |   t: {type: sql, sql: select 1 as n, output: warehouse:../t}
  |                                              ^^^^^^^^^^^^^^ it is of letters, digits, `-`, `_`, `.` and `=`, and begins with a letter or digit
  |
  = help: such as `output: warehouse:sales`; `tidemill` is taken

1 error

error: `warehouse:t.csv` is a folder of Parquet, whatever its ending says
 --> pipeline.yaml:5:46
  |
5 |   t: {type: sql, sql: select 1 as n, output: warehouse:t.csv}
  |                                              ^^^^^^^^^^^^^^^ a table is written here
  |
  = help: take the ending away

1 error

error: task `t` would replace what no pipeline has published
 --> pipeline.yaml:5:46
  |
5 |   t: {type: sql, sql: select 1 as n, output: warehouse:theirs}
  |                                              ^^^^^^^^^^^^^^^^ /w/theirs is there
  |
  = help: remove it, or choose another name

1 error

error: below the warehouse all is Parquet
 --> pipeline.yaml:5:74
  |
5 |   t: {type: sql, sql: select 1 as n, output: {path: warehouse:t, format: orc}}
  |                                                                          ^^^
  |
  = help: write `format: parquet`, or nothing

1 error

error: `format` is for outputs below the warehouse
 --> pipeline.yaml:5:68
  |
5 |   t: {type: sql, sql: select 1 as n, output: {path: t.csv, format: parquet}}
  |                                                                    ^^^^^^^
  |
  = help: let the ending of the path say it

1 error

error: `warehouse:t` is below the warehouse, where only tables of tasks are published
 --> pipeline.yaml:5:48
  |
5 |   t: {type: command, run: 'true', outputs: {t: warehouse:t}}
  |                                                ^^^^^^^^^^^
  |
  = help: write to a path of this machine

1 error
");
}
