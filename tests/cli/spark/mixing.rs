//! Tasks of one pipeline on both engines, chosen by the file or by how many rows come in.

use tidemill_test_servers::SparkServer;

use super::both::are_equal;
use crate::project::Project;

fn numbers(rows: u32) -> String {
    let rows = (1..=rows).map(|n| format!("{n},{},{}.25,2024-01-{:02}\n", n % 3, n * 7 % 11, n % 28 + 1));
    format!("n,g,x,day\n{}", rows.collect::<String>())
}

#[test]
fn tables_go_from_either_engine_to_the_other() {
    let Some(server) = SparkServer::shared() else { return };
    let text = "version: 1
name: mixed
tasks:
  t: {type: load, path: t.csv}
  a: {type: sql, sql: 'select *, n * 2 as twice, time ''10:30'' as o from t where n > 3'}
  b: {type: sql, engine: local, sql: 'select *, sin(x) as s from a', output: out/b.csv}
  c: {type: sql, engine: spark, sql: 'select g, sum(s) as s, max(day) as d, min(o) as o, count(*) as n from b group by g', output: out/c.csv}
  d:
    type: join
    engine: local
    left: c
    right: t
    on: [g]
    how: left
    checks: [{relationship: {n_right: a.n}, severity: warn}]
    output: out/d.csv
  e: {type: aggregate, from: d, group_by: [g], metrics: {n: count(*), s: sum(s)}, output: out/e.csv}
";
    let spark = are_equal(&server, text, |project| project.file("t.csv", numbers(40)));
    assert_eq!(spark.files.len(), 4);
    for (task, is_there) in [("a", true), ("b", false), ("c", true), ("d", false), ("e", true)] {
        let of_task = |line: &&str| line.trim_start().starts_with(&format!("done    {task} "));
        let line = spark.outcome.stderr.lines().find(of_task).unwrap_or_default();
        assert_eq!(line.contains("on spark"), is_there, "{}", spark.outcome.stderr);
    }
}

#[test]
fn few_rows_stay_on_this_machine() {
    let Some(server) = SparkServer::shared() else { return };
    let text = |limit: u32| {
        format!(
            "version: 1
name: few
engine: {{type: auto, url: \"{}\", warehouse: \"{}\", local_rows: {limit}}}
tasks:
  t: {{type: load, path: t.csv}}
  many: {{type: aggregate, from: t, group_by: [g], metrics: {{n: count(*), x: sum(x)}}, output: out/many.csv}}
  few: {{type: sql, sql: 'select *, x / n as mean from many', output: out/few.csv}}
  pairs: {{type: sql, sql: 'select a.g, b.g as h from few a cross join few b cross join few c', output: out/pairs.csv}}
  always: {{type: sql, engine: spark, sql: 'select count(*) as n from pairs', output: out/always.csv}}
",
            server.url(),
            server.warehouse()
        )
    };
    let project = Project::new().file("t.csv", numbers(50)).file("pipeline.yaml", text(20));
    let first = project.run(["plan"]).exits(0);
    insta::assert_snapshot!(first.stdout, @r"
    run      t       load       t.csv
                                because first run
    run      many    aggregate  t by g, on spark, or on this machine if no more than 20 rows come in
                                because first run, upstream t runs
    run      few     sql        query over many, on spark, or on this machine if no more than 20 rows come in
                                because first run, upstream many runs
    run      pairs   sql        query over few, on spark, or on this machine if no more than 20 rows come in
                                because first run, upstream few runs
    run      always  sql        query over pairs, on spark
                                because first run, upstream pairs runs
    5 to run, 0 cached
    ");
    let run = project.run(["run"]).exits(0);
    insta::assert_snapshot!(places(&run.stderr), @r"
    t
    many on spark: 50 rows came in
    few on this machine: 3 rows came in
    pairs on spark: 27 rows came in
    always on spark
    ");
    let again = project.run(["plan", "--json"]).exits(0);
    insta::assert_snapshot!(again.stdout, @r#"
    {"task":"t","action":"cached","reasons":[]}
    {"task":"many","action":"cached","reasons":[],"engine":"spark","auto":{"rows":50,"limit":20}}
    {"task":"few","action":"cached","reasons":[],"auto":{"rows":3,"limit":20}}
    {"task":"pairs","action":"cached","reasons":[],"engine":"spark","auto":{"rows":27,"limit":20}}
    {"task":"always","action":"cached","reasons":[],"engine":"spark"}
    "#);
    let shown = project.run(["show"]).exits(0);
    for told in ["on spark: 50 rows came in", "on this machine: 3 rows came in", "on spark: 27 rows came in"] {
        assert!(shown.stdout.contains(told), "{}", shown.stdout);
    }
    let history = project.run(["history"]).exits(0);
    assert!(history.stdout.contains("5 ran (3 on spark)"), "{}", history.stdout);
    let project = project.file("t.csv", numbers(51));
    let planned = project.run(["plan"]).exits(0);
    for told in
        ["t by g, on spark: 50 rows in the last run", "query over many, on this machine: 3 rows in the last run"]
    {
        assert!(planned.stdout.contains(told), "{}", planned.stdout);
    }
    let project = project.file("t.csv", numbers(50));
    // Where a task would be computed today is no reason to compute it again.
    let project = project.file("pipeline.yaml", text(1000));
    project.run(["plan", "--fail-if-stale"]).exits(0);
    let files = project.files("out");
    let local = project.run(["--engine", "local", "run", "--force"]).exits(0);
    assert!(!local.stderr.contains("on spark"), "{}", local.stderr);
    assert_eq!(project.files("out"), files);
}

/// The tasks that ran, and where.
fn places(stderr: &str) -> String {
    let place = |line: &str| {
        let (task, made) = line.trim_start().strip_prefix("done    ")?.split_once(' ')?;
        let place = made.find("on spark").or_else(|| made.find("on this machine")).map_or("", |at| &made[at..]);
        let place = place.split("  ").next().unwrap_or_default();
        Some(format!("{task} {place}").trim_end().to_owned() + "\n")
    };
    stderr.lines().filter_map(place).collect()
}
