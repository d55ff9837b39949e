//! What `check` says of the keys.

use insta::assert_snapshot;

use crate::project::Project;

fn told(keys: &str) -> String {
    let text = format!("version: 1\nsecrets: [KEY]\n{keys}\ntasks:\n  t: {{type: load, path: t.csv}}\n");
    let outcome = Project::new().file("t.csv", "n\n1\n").file("pipeline.yaml", text).run(["check"]);
    outcome.stdout + &outcome.stderr
}

#[test]
fn mistakes_are_told_at_their_place() {
    assert_snapshot!(told("telemetry: localhost:4318"), @r"
    error: `localhost:4318` is no URL
     --> pipeline.yaml:3:12
      |
    3 | telemetry: localhost:4318
      |            ^^^^^^^^^^^^^^ the collector is reached under this
      |
      = help: begin it with `http://` or `https://`

    1 error
    ");
    assert_snapshot!(told("telemetry: {endpont: http://x, protocol: http}"), @r"
    error: unknown key `endpont`
     --> pipeline.yaml:3:13
      |
    3 | telemetry: {endpont: http://x, protocol: http}
      |             ^^^^^^^
      |
      = help: did you mean `endpoint`?

    error: `http` is not known here: expected `http/protobuf` or `grpc`
     --> pipeline.yaml:3:42
      |
    3 | telemetry: {endpont: http://x, protocol: http}
      |                                          ^^^^

    2 errors
    ");
    assert_snapshot!(told("openlineage: {url: http://x, file: lineage.jsonl}"), @r"
    error: lineage goes to a `url` or into a `file`, not both
     --> pipeline.yaml:3:36
      |
    3 | openlineage: {url: http://x, file: lineage.jsonl}
      |                    --------        ^^^^^^^^^^^^^ the file
      |                    |
      |                    the server

    1 error
    ");
    assert_snapshot!(told("openlineage: {file: s3://bucket/lineage.jsonl}"), @r"
    error: `s3://bucket/lineage.jsonl` is no file of this machine
     --> pipeline.yaml:3:21
      |
    3 | openlineage: {file: s3://bucket/lineage.jsonl}
      |                     ^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: events are added to a file in the project

    1 error
    ");
    assert_snapshot!(told("openlineage: {url: http://x, api_key: hunter2}\ntelemetry: {headers: {x-token: hunter2}}"), @r"
    warning: pipeline.yaml:4:32: a password stands here, and whoever reads the file can use it
     |
     = help: declare `secrets: [OTLP_TOKEN]`, set OTLP_TOKEN in the environment or in the file that `dotenv` names, and write `${{ secrets.OTLP_TOKEN }}`

    warning: pipeline.yaml:3:39: a password stands here, and whoever reads the file can use it
     |
     = help: declare `secrets: [OPENLINEAGE_API_KEY]`, set OPENLINEAGE_API_KEY in the environment or in the file that `dotenv` names, and write `${{ secrets.OPENLINEAGE_API_KEY }}`
    ok pipeline: 1 task, no mistakes
    ");
}

#[test]
fn what_is_right_is_right() {
    let keys = "telemetry: {headers: {x-token: '${{ secrets.KEY }}'}, attributes: {a.b: 1}, traces: false}\nopenlineage: '${{ secrets.KEY }}'";
    assert_snapshot!(told(keys), @r"ok pipeline: 1 task, no mistakes");
}
