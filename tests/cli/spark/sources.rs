//! Sources that the cluster reads by itself.

use std::fs;
use std::path::PathBuf;

use tidemill_test_servers::SparkServer;

use super::both::are_equal;
use crate::project::Project;

/// A folder of its own in the warehouse, and its name.
fn folder(server: &SparkServer, name: &str) -> PathBuf {
    let folder = PathBuf::from(server.warehouse().trim_start_matches("file://")).join(name);
    fs::create_dir_all(&folder).expect("the warehouse can be written");
    folder
}

/// Makes files of Parquet in a folder of the warehouse: for each a query.
pub fn make(server: &SparkServer, name: &str, queries: &[(&str, &str)]) {
    let (mut text, mut project) = ("version: 1\nname: made\ntasks:\n".to_owned(), Project::new());
    for (place, (file, sql)) in queries.iter().enumerate() {
        text += &format!("  t{place}: {{type: sql, file: t{place}.sql, output: out/{file}}}\n");
        project = project.file(&format!("t{place}.sql"), *sql);
    }
    let project = project.file("pipeline.yaml", text);
    project.run(["run"]).exits(0);
    let folder = folder(server, name);
    for (file, bytes) in project.files("out") {
        fs::write(folder.join(file), bytes).expect("the warehouse can be written");
    }
}

const ROWS: &str = "select i as n, i / 7 as x, cast(i as decimal(12,2)) / 4 as d, 'text ' || i as s, i % 2 = 0 as b, date '2024-01-01' + i as day, timestamp '2024-01-01 10:00' + i as at, nullif(i % 3, 0) as \"odd `name\" from generate_series";

#[test]
fn parquet_in_the_warehouse_is_read_where_it_is() {
    let Some(server) = SparkServer::shared() else { return };
    let rows = |from: u32, to: u32| format!("{ROWS}({from}, {to}) as t(i)");
    let (first, second, third) = (rows(1, 500), rows(501, 900), rows(10_001, 10_300));
    make(&server, "in", &[("b.parquet", &second), ("a.parquet", &first), ("c.parquet", &third)]);
    let text = "version: 1
name: warehouse
tasks:
  every: {type: load, path: 'warehouse:in/*.parquet'}
  one: {type: load, path: 'warehouse:in/c.parquet', select: [s, n, 'odd `name']}
  typed: {type: load, path: 'warehouse:in/a.parquet', columns: {n: int, s: string}}
  groups: {type: sql, sql: 'select b, count(*) as c, sum(x) as x, sum(d) as d, max(at) as m from every group by b', output: out/groups.csv}
  rows: {type: sql, sql: 'select every.*, one.s as other from every left join one on every.n = one.n', output: out/rows.csv}
  few: {type: sql, sql: 'select * from typed limit 20', output: out/few.csv}
";
    let spark = are_equal(&server, text, |project| project);
    for told in ["1,200 rows, on spark", "300 rows, on spark", "500 rows, on spark"] {
        assert!(spark.outcome.stderr.contains(told), "{}", spark.outcome.stderr);
    }
}

#[test]
fn nothing_of_it_passes_through_this_machine() {
    let Some(server) = SparkServer::shared() else { return };
    let rows = format!("{ROWS}(1, 1000) as t(i)");
    make(&server, "unstaged", &[("t.parquet", &rows)]);
    // What would be brought to the warehouse, or taken from it, fails at this limit.
    let engine = format!(
        "engine: {{type: spark, url: \"{}\", warehouse: \"{}\", stage_limit: 1B, download_limit: 1B}}\n",
        server.url(),
        server.warehouse()
    );
    let tasks = "tasks:\n  t: {type: load, path: 'warehouse:unstaged/t.parquet', checks: [{row_count: {min: 1000}}]}\n  g: {type: aggregate, from: t, group_by: [b], metrics: {n: sum(n)}}\n";
    let project = Project::new().file("pipeline.yaml", format!("version: 1\nname: t\n{engine}{tasks}"));
    let plan = project.run(["plan", "--json"]).exits(0);
    assert_eq!(plan.stdout.matches(r#""engine":"spark""#).count(), 2, "{}", plan.stdout);
    let run = project.run(["run"]).exits(0);
    assert!(run.stderr.contains("1,000 rows, on spark") && !run.stderr.contains("warning"), "{}", run.stderr);
    let shown = project.run(["show", "--json"]).exits(0);
    assert_eq!(shown.stdout.matches(r#""engine":"spark""#).count(), 2, "{}", shown.stdout);
}

#[test]
fn what_only_this_machine_can_read_of_it_is_read_here() {
    let Some(server) = SparkServer::shared() else { return };
    let rows = "select i as n, time '10:00' as o from generate_series(1, 20) as t(i)";
    make(&server, "times", &[("t.parquet", rows)]);
    let text = "version: 1
name: warehouse
tasks:
  t: {type: load, path: 'warehouse:times/t.parquet'}
  named: {type: load, path: 'warehouse:times/t.parquet', options: {filename: file}, select: [n]}
  rows: {type: sql, sql: 'select t.*, named.n as m from t join named on t.n = named.n', output: out/rows.csv}
";
    are_equal(&server, text, |project| project);
}

#[test]
fn a_path_below_no_warehouse_is_told() {
    let text = "version: 1\nname: t\ntasks:\n  t: {type: load, path: 'warehouse:in/*.parquet'}\n";
    let refused = Project::new().file("pipeline.yaml", text).run(["check"]).exits(2);
    insta::assert_snapshot!(refused.stderr, @r"
    error: `warehouse:in/*.parquet` is a path below the warehouse, and `engine` names no folder as one
     --> pipeline.yaml:4:25
      |
    4 |   t: {type: load, path: 'warehouse:in/*.parquet'}
      |                         ^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: name it, as `engine: {type: local, warehouse: file:///mnt/shared/tidemill}`; the profile that has it may be chosen with `--profile`

    1 error
    ");
}
