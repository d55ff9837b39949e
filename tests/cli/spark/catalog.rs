//! Tables of the cluster's catalog.

use std::time::Duration;

use tidemill_core::spec::ClusterConfig;
use tidemill_test_servers::SparkServer;

use super::both::{are_equal, engine};
use crate::project::Project;

/// Runs statements on the server.
fn execute(server: &SparkServer, statements: &[&str]) {
    let config = ClusterConfig {
        url: server.url(),
        token: None,
        warehouse: String::new(),
        ui: None,
        settings: Vec::new(),
        download_limit: 0,
        stage_limit: 0,
        stall_limit: Duration::from_secs(60),
        local_rows: 0,
    };
    for sql in statements {
        tidemill_engine_spark::execute(&config, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

/// A database of its own with a table `sales` of values of all types, some of them equal, some NULL.
fn sales(server: &SparkServer, database: &str) {
    let values = "select cast(id % 7 as int) as n, cast(id as smallint) as k, id % 3 = 0 as b, cast(id / 4 as float) as f,
        case when id % 5 = 0 then -0.0D when id % 5 = 1 then 0.0D when id % 5 = 2 then double('NaN') else id / 3 end as x,
        cast(id * 1.25 as decimal(12,2)) as d, nullif(concat('text ', id % 4), 'text 2') as s,
        date'1969-12-25' + cast(id % 20 as int) as day, timestamp'2024-01-01 10:00:00' + make_interval(0, 0, 0, 0, id) as at,
        timestamp_ntz'1950-01-01 00:00:00.000001' as local, cast(null as void) as nothing, id as `odd ``name.x`
        from range(500)";
    execute(
        server,
        &[
            &format!("create database {database}"),
            &format!("create table {database}.sales using parquet as select * except (nothing) from ({values})"),
            &format!("create view {database}.all_of_it as {values}"),
        ],
    );
}

#[test]
fn tables_of_the_catalog_are_equal_on_both_engines() {
    let Some(server) = SparkServer::shared() else { return };
    sales(&server, "equal");
    let text = "version: 1
name: catalog
tasks:
  sales: {type: load, connection: spark, table: equal.sales, columns: {n: int, d: 'decimal(20,4)', day: datetime}}
  view: {type: load, path: 'spark://spark_catalog.equal.all_of_it'}
  few: {type: load, connection: spark, table: equal.sales, select: [x, s]}
  rows: {type: sql, sql: select * from sales, output: [out/rows.csv, out/rows.parquet]}
  viewed: {type: sql, sql: select * from view, output: out/view.csv}
  ordered: {type: sql, sql: select * from few, output: out/few.csv}
  groups: {type: aggregate, from: sales, group_by: [s], metrics: {n: count(*), x: sum(f), d: sum(d)}, output: out/groups.csv}
";
    let spark = are_equal(&server, text, |project| project);
    assert_eq!(spark.files.len(), 5, "{}", spark.outcome.stderr);
    assert_eq!(spark.outcome.stderr.matches("500 rows, on spark").count(), 6, "{}", spark.outcome.stderr);
    let few = String::from_utf8_lossy(&spark.files["few.csv"]).into_owned();
    let lines: Vec<&str> = few.lines().collect();
    assert_eq!((lines[25], lines[26]), ("-0,text 0", "0,text 0"), "{few}");
}

#[test]
fn nothing_is_read_as_long_as_its_version_is_the_same() {
    let Some(server) = SparkServer::shared() else { return };
    sales(&server, "versions");
    let text = format!(
        "version: 1
name: versions
params: {{least: 3}}
tasks:
  sales: {{type: load, connection: spark, table: versions.sales, version: 'select max(k), count(*) from versions.sales where n >= ${{{{ params.least }}}}'}}
  always: {{type: load, connection: spark, table: versions.sales}}
  groups: {{type: aggregate, from: sales, group_by: [s], metrics: {{n: count(*)}}, output: out/groups.csv}}
{}",
        engine(&server)
    );
    let project = Project::new().file("pipeline.yaml", text);
    let plan = |project: &Project| project.run(["--engine", "spark", "plan"]).exits(0).stdout;
    project.run(["--engine", "spark", "run"]).exits(0);
    let cached = plan(&project);
    assert!(cached.contains("1 to run, 2 cached"), "{cached}");
    execute(&server, &["insert into versions.sales (n, k) values (6, 600)"]);
    let changed = plan(&project);
    assert!(changed.contains("3 to run"), "{changed}");
    project.run(["--engine", "spark", "run"]).exits(0);
    assert!(project.read("out/groups.csv").contains("126"), "{}", project.read("out/groups.csv"));
}

#[test]
fn what_cannot_be_read_is_told_at_its_place() {
    let Some(server) = SparkServer::shared() else { return };
    execute(
        &server,
        &[
            "create database odd",
            "create view odd.types as select 1 as n, array(1) as a, binary('x') as b, 'x' collate UTF8_LCASE as c",
        ],
    );
    let of = |tasks: &str| {
        let text = format!("version: 1\nname: t\ntasks:\n{tasks}{}", engine(&server));
        let project = Project::new().file("pipeline.yaml", text);
        ["check", "run"].map(|command| project.run(["--engine", "spark", command]).stderr)
    };
    let [left_out, _] = of("  t: {type: load, connection: spark, table: odd.types}\n");
    let [_, mistyped] = of("  t: {type: load, connection: spark, table: odd.types, select: n, columns: {n: string}}\n");
    let all = [
        left_out,
        mistyped,
        of("  t: {type: load, connection: spark, table: odd.types, select: [a]}\n")[0].clone(),
        of("  t: {type: load, connection: spark, table: odd.none}\n")[0].clone(),
        of("  t: {type: load, connection: spark, query: select 1}\n")[0].clone(),
        of("  t: {type: sql, sql: select 1 as n, output: {connection: spark, table: odd.new}}\n")[0].clone(),
    ];
    insta::assert_snapshot!(all.join("\n"), @r"
warning: spark://odd.types: column `a` is left out: it is of type array, which tables cannot hold; make a view that has it as text: `cast(`a` as string)`
 --> pipeline.yaml:4:45
  |
4 |   t: {type: load, connection: spark, table: odd.types}
  |                                             ^^^^^^^^^ read here

warning: spark://odd.types: column `b` is left out: it is of type binary, which tables cannot hold; make a view that has it as text: `cast(`b` as string)`
 --> pipeline.yaml:4:45
  |
4 |   t: {type: load, connection: spark, table: odd.types}
  |                                             ^^^^^^^^^ read here

warning: spark://odd.types: column `c` is left out: it is of type string with a collation, which tables cannot hold; make a view that has it as text: `cast(`c` as string)`
 --> pipeline.yaml:4:45
  |
4 |   t: {type: load, connection: spark, table: odd.types}
  |                                             ^^^^^^^^^ read here
ok t: 1 task, no mistakes

failed  t  connection `spark` has a column `n` in table odd.types, which cannot be read as string
  task  rows in  rows out  rejected  time
  t                                  failed

error task t (load): connection `spark` has a column `n` in table odd.types, which cannot be read as string
  help: it is read as int: declare that, or convert it in a `normalize` task
  log: logs/[run]/t.log

failed in [time]: 1 failed

error: unknown column `a`
 --> pipeline.yaml:4:65
  |
4 |   t: {type: load, connection: spark, table: odd.types, select: [a]}
  |                                                                 ^ no such column here
  |
  = help: there is `n`

1 error

error: connection `spark` has no such thing: [TABLE_OR_VIEW_NOT_FOUND] The table or view `odd`.`none` cannot be found. Verify the spelling and correctness of the schema and catalog.
 --> pipeline.yaml:4:45
  |
4 |   t: {type: load, connection: spark, table: odd.none}
  |                                             ^^^^^^^^ read here

1 error

error: connection `spark` takes no `query`: name a `table`, and compute with it in a `sql` task
 --> pipeline.yaml:4:45
  |
4 |   t: {type: load, connection: spark, query: select 1}
  |                                             ^^^^^^^^ read here

1 error

error: connection `spark` takes no table `odd.new`: its catalog is only read
 --> pipeline.yaml:4:73
  |
4 |   t: {type: sql, sql: select 1 as n, output: {connection: spark, table: odd.new}}
  |                                                                         ^^^^^^^ written here
  |
  = help: write to a path: `output: warehouse:name` for all who see the warehouse

1 error
");
}

#[test]
fn a_cluster_that_is_not_there_is_believed_where_there_is_a_contract() {
    let tasks = |columns: &str| {
        let engine = "engine: {type: spark, url: sc://127.0.0.1:1, warehouse: file:///tmp}";
        let task = format!("  t: {{type: load, connection: spark, table: db.sales{columns}}}");
        let text = format!(
            "version: 1\nname: t\n{engine}\ntasks:\n{task}\n  q: {{type: sql, sql: select n + 1 as m from t}}\n"
        );
        Project::new().file("pipeline.yaml", text)
    };
    let believed = tasks(", columns: {n: int}").run(["check"]).exits(0);
    let unknown = tasks("").run(["check"]).exits(2);
    let run = tasks(", columns: {n: int}").run(["run"]).exits(1);
    insta::assert_snapshot!([believed.stderr, unknown.stderr, run.stderr].join("\n"), @r"
warning: connection `spark` at 127.0.0.1:1 cannot be reached: tcp connect error: whether its contract holds is seen only in the run
 --> pipeline.yaml:5:45
  |
5 |   t: {type: load, connection: spark, table: db.sales, columns: {n: int}}
  |                                             ^^^^^^^^ read here
ok t: 2 tasks, no mistakes

error: connection `spark` at 127.0.0.1:1 cannot be reached: tcp connect error
 --> pipeline.yaml:5:45
  |
5 |   t: {type: load, connection: spark, table: db.sales}
  |                                             ^^^^^^^^ read here

1 error

warning: connection `spark` at 127.0.0.1:1 cannot be reached: tcp connect error: whether its contract holds is seen only in the run
 --> pipeline.yaml:5:45
  |
5 |   t: {type: load, connection: spark, table: db.sales, columns: {n: int}}
  |                                             ^^^^^^^^ read here
failed  t  pipeline.yaml:5:45: connection `spark` at 127.0.0.1:1 cannot be reached: tcp connect error (read here)
skipped q  `t` failed
  task  rows in  rows out  rejected  time
  t                                   failed
  q                                  skipped

error task t (load): pipeline.yaml:5:45: connection `spark` at 127.0.0.1:1 cannot be reached: tcp connect error (read here)
  log: logs/[run]/t.log

failed in [time]: 1 failed, 1 skipped
");
}

#[test]
fn no_connection_of_the_file_has_the_name_of_the_cluster() {
    let of = |engine: &str| {
        let text = format!(
            "version: 1\nname: t\n{engine}connections: {{spark: 'sqlite:a.db'}}\ntasks:\n  t: {{type: sql, sql: select 1 as n}}\n"
        );
        Project::new().file("pipeline.yaml", text).run(["check"])
    };
    of("").exits(0);
    let refused = of("engine: {type: local, url: sc://h}\n").exits(2);
    let text = "version: 1\nname: t\ntasks:\n  t: {type: load, connection: spark, table: t}\n";
    let unknown = Project::new().file("pipeline.yaml", text).run(["check"]).exits(2);
    insta::assert_snapshot!([refused.stderr, unknown.stderr].join("\n"), @r"
error: the connection `spark` is the catalog of the cluster that `engine` names
 --> pipeline.yaml:4:15
  |
4 | connections: {spark: 'sqlite:a.db'}
  |               ^^^^^
  |
  = help: give this one another name

1 error

error: unknown connection `spark`
 --> pipeline.yaml:4:31
  |
4 |   t: {type: load, connection: spark, table: t}
  |                               ^^^^^
  |
  = help: `spark` is the catalog of the cluster, if `engine` has a `url`, as `engine: {type: local, url: sc://localhost:15002}`

1 error
");
}
