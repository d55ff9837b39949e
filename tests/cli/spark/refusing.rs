//! What Spark cannot compute with equal results is said before anything runs.

use crate::project::Project;

fn pipeline(sql: &str, more: &str) -> Project {
    let text = format!(
        "version: 1\nname: t\nengine: {{type: spark, url: \"sc://127.0.0.1:1\", warehouse: \"file:///nowhere\"}}\ntasks:\n  t: {{type: load, path: t.csv}}\n  q:\n    type: sql\n    sql: {sql}\n{more}"
    );
    Project::new().file("t.csv", "n,s\n1,a\n2,b\n").file("pipeline.yaml", text)
}

#[test]
fn a_function_whose_last_digit_differs_is_refused_at_the_task() {
    let refused = pipeline("select sin(n) as e from t", "").run(["check"]).exits(2);
    insta::assert_snapshot!(refused.stderr, @r"
error: `sin` cannot be computed on Spark: its last digit differs there
 --> pipeline.yaml:6:3
  |
6 |   q:
  |   ^
  |
  = help: write `engine: local` in the task, so that it is computed on this machine

1 error
");
}

#[test]
fn a_task_that_says_so_is_computed_on_this_machine() {
    let project = pipeline("select sin(n) as e from t", "    engine: local\n    output: out/e.csv\n");
    project.run(["check"]).exits(0);
    project.run(["run"]).exits(0);
    assert_eq!(project.read("out/e.csv"), "e\n0.8414709848078965\n0.9092974268256817\n");
}

#[test]
fn what_is_wrong_with_the_engine_is_said_at_its_place() {
    let of = |engine: &str| {
        let text = format!("version: 1\nname: t\nengine: {engine}\ntasks:\n  t: {{type: load, path: t.csv}}\n");
        Project::new().file("t.csv", "n\n1\n").file("pipeline.yaml", text).run(["check"]).exits(2).stderr
    };
    let all = [
        of("spark"),
        of("{type: spark, url: sc://h}"),
        of("{type: spark, url: http://h, warehouse: file:///w}"),
        of("{type: spark, url: sc://h, warehouse: s3://b}"),
        of("{type: spark, url: sc://h, warehouse: file:///w, settings: {spark.sql.ansi.enabled: false}}"),
        of("{type: flink}"),
        of("{type: spark, url: sc://h, token: abc, warehouse: file:///w}"),
    ];
    insta::assert_snapshot!(all.join("\n"), @r"
error: the engine spark has no `url`
 --> pipeline.yaml:3:1
  |
3 | engine: spark
  | ^^^^^^
  |
  = help: such as `engine: {type: spark, url: sc://localhost:15002, warehouse: file:///mnt/shared/tidemill}`

1 error

error: the engine spark has no `warehouse`
 --> pipeline.yaml:3:1
  |
3 | engine: {type: spark, url: sc://h}
  | ^^^^^^
  |
  = help: such as `engine: {type: spark, url: sc://localhost:15002, warehouse: file:///mnt/shared/tidemill}`

1 error

error: a Spark address begins with sc://, such as sc://localhost:15002
 --> pipeline.yaml:3:1
  |
3 | engine: {type: spark, url: http://h, warehouse: file:///w}
  | ^^^^^^

1 error

error: the warehouse s3://b is no file:// URL, such as file:///mnt/shared/tidemill
 --> pipeline.yaml:3:1
  |
3 | engine: {type: spark, url: sc://h, warehouse: s3://b}
  | ^^^^^^

1 error

error: `settings` may not change spark.sql.ansi.enabled: results would differ from those of this machine
 --> pipeline.yaml:3:1
  |
3 | engine: {type: spark, url: sc://h, warehouse: file:///w, settings: {spark.sql.ansi.enabled: false}}
  | ^^^^^^

1 error

error: `flink` is not known here: expected `local`, `spark` or `auto`
 --> pipeline.yaml:3:16
  |
3 | engine: {type: flink}
  |                ^^^^^

1 error

warning: pipeline.yaml:3:43: a password stands here, and whoever reads the file can use it
 |
 = help: declare `secrets: [SPARK_TOKEN]`, set SPARK_TOKEN in the environment or in the file that `dotenv` names, and write `${{ secrets.SPARK_TOKEN }}`

error: the token would go to h in clear; say `use_ssl=true` in the address
 --> pipeline.yaml:3:1
  |
3 | engine: {type: spark, url: sc://h, token: abc, warehouse: file:///w}
  | ^^^^^^

1 error, 1 warning
");
}

#[test]
fn a_server_that_cannot_be_reached_is_told() {
    let failed = pipeline("select n + 1 as n from t", "").run(["run"]).exits(1);
    insta::assert_snapshot!(failed.stderr, @r"
done    t  2 rows  [time]
failed  q  connection `spark` at 127.0.0.1:1 cannot be reached: tcp connect error
  task  rows in  rows out  rejected  time
  t           2         2  [time]
  q                                  failed

error task q (sql): connection `spark` at 127.0.0.1:1 cannot be reached: tcp connect error
  log: logs/[run]/q.log

failed in [time]: 1 ran, 1 failed
");
}
