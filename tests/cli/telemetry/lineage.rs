//! Lineage by OpenLineage.

use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::Value;

use super::schema;
use crate::project::{Outcome, Project};
use crate::webhooks::server;

fn project() -> Project {
    Project::new().file("orders.csv", "id,country,amount\n1,FR,3\n2,DE,4\n3,FR,5\n").pipeline(
        "
        version: 1
        name: shop
        description: Sales by country
        openlineage: {file: lineage.jsonl, namespace: retail}
        tasks:
          orders:
            type: load
            path: orders.csv
            checks:
              - {unique: [id]}
              - {expr: amount > 3, severity: warn}
          by_country:
            type: sql
            description: Totals
            sql: select country, sum(amount) as total from orders where amount > 2 group by country
            output: out/by_country.csv
          fails: {type: command, run: 'echo no such host >&2; exit 3', depends_on: [by_country]}
        ",
    )
}

fn run<const N: usize>(project: &Project, variables: [(&str, &str); N]) -> Outcome {
    let mut command = project.command(["run", "-j", "1"]);
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.envs(variables).env("PATH", path).stdout(Stdio::piped()).stderr(Stdio::piped());
    project.wait(command.spawn().expect("the binary starts"))
}

fn events(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("an event")).collect()
}

/// The events as lines: what happened, to which job, from what to what.
fn told(events: &[Value]) -> String {
    let names = |list: &Value| {
        let names = list.as_array().into_iter().flatten().map(|dataset| {
            let name = dataset["name"].as_str().unwrap_or_default();
            format!(
                "{}:{}",
                dataset["namespace"].as_str().unwrap_or_default(),
                name.rsplit('/').next().unwrap_or_default()
            )
        });
        names.collect::<Vec<_>>().join(" ")
    };
    let line = |event: &Value| {
        let kind = event["eventType"].as_str().unwrap_or_default();
        let job = event["job"]["name"].as_str().unwrap_or_default();
        format!("{kind:<8} {job:<16} {} → {}", names(&event["inputs"]), names(&event["outputs"]))
    };
    events.iter().map(|event| line(event).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// A value without what every facet has.
fn bare(mut value: Value) -> Value {
    match &mut value {
        Value::Object(map) => {
            map.retain(|name, _| !name.starts_with('_'));
            map.values_mut().for_each(|value| *value = bare(value.take()));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| *value = bare(value.take())),
        _ => {}
    }
    value
}

#[test]
fn events_say_what_was_read_and_made_and_fit_the_published_schema() {
    let project = project();
    let outcome = run(&project, []).exits(1);
    assert!(!outcome.stderr.contains("openlineage"), "{}", outcome.stderr);
    let all = events(&project.read("lineage.jsonl"));
    for event in &all {
        assert_eq!(schema::mistakes(event), Vec::<String>::new(), "{event:#}");
    }
    assert_snapshot!(told(&all), @r"
    START    shop              →
    START    shop.orders      file:orders.csv → retail:shop.orders
    COMPLETE shop.orders      file:orders.csv → retail:shop.orders
    START    shop.by_country  retail:shop.orders → retail:shop.by_country file:by_country.csv
    COMPLETE shop.by_country  retail:shop.orders → retail:shop.by_country file:by_country.csv
    START    shop.fails        →
    FAIL     shop.fails        →
    FAIL     shop              →
    ");
    let ended = |job: &str| {
        let is_it = |event: &&Value| event["job"]["name"] == job && event["eventType"] != "START";
        all.iter().find(is_it).cloned().expect("an event")
    };
    let totals = ended("shop.by_country");
    assert_snapshot!(format!("{:#}", bare(totals["job"]["facets"].clone())), @r#"
    {
      "jobType": {
        "processingType": "BATCH",
        "integration": "TIDEMILL",
        "jobType": "SQL"
      },
      "documentation": {
        "description": "Totals",
        "contentType": "text/plain"
      },
      "sql": {
        "query": "select country, sum(amount) as total from orders where amount > 2 group by country",
        "dialect": "postgres"
      }
    }
    "#);
    assert_snapshot!(format!("{:#}", bare(totals["outputs"][0].clone())), @r#"
    {
      "namespace": "retail",
      "name": "shop.by_country",
      "facets": {
        "schema": {
          "fields": [
            {
              "name": "country",
              "type": "string",
              "ordinal_position": 1
            },
            {
              "name": "total",
              "type": "int",
              "ordinal_position": 2
            }
          ]
        },
        "columnLineage": {
          "fields": {
            "country": {
              "inputFields": [
                {
                  "namespace": "retail",
                  "name": "shop.orders",
                  "field": "amount",
                  "transformations": [
                    {
                      "type": "INDIRECT",
                      "description": "where amount > 2",
                      "subtype": "FILTER"
                    }
                  ]
                },
                {
                  "namespace": "retail",
                  "name": "shop.orders",
                  "field": "country",
                  "transformations": [
                    {
                      "type": "DIRECT",
                      "subtype": "IDENTITY"
                    },
                    {
                      "type": "INDIRECT",
                      "description": "group by country",
                      "subtype": "GROUP_BY"
                    }
                  ]
                }
              ]
            },
            "total": {
              "inputFields": [
                {
                  "namespace": "retail",
                  "name": "shop.orders",
                  "field": "amount",
                  "transformations": [
                    {
                      "type": "DIRECT",
                      "subtype": "TRANSFORMATION",
                      "description": "sum(amount)"
                    },
                    {
                      "type": "INDIRECT",
                      "description": "where amount > 2",
                      "subtype": "FILTER"
                    }
                  ]
                },
                {
                  "namespace": "retail",
                  "name": "shop.orders",
                  "field": "country",
                  "transformations": [
                    {
                      "type": "INDIRECT",
                      "description": "group by country",
                      "subtype": "GROUP_BY"
                    }
                  ]
                }
              ]
            }
          }
        }
      },
      "outputFacets": {
        "outputStatistics": {
          "rowCount": 2
        }
      }
    }
    "#);
    assert_eq!(totals["outputs"][1]["facets"]["columnLineage"], totals["outputs"][0]["facets"]["columnLineage"]);
    let checks = bare(ended("shop.orders")["outputs"][0]["facets"]["dataQualityAssertions"].clone());
    assert_snapshot!(format!("{checks:#}"), @r#"
    {
      "assertions": [
        {
          "assertion": "unique",
          "success": true,
          "name": "unique: id",
          "severity": "error",
          "actual": "0 rows do not hold"
        },
        {
          "assertion": "expr",
          "success": false,
          "name": "expr: amount > 3",
          "severity": "warn",
          "actual": "1 row does not hold"
        }
      ]
    }
    "#);
    let failed = bare(ended("shop.fails")["run"]["facets"]["errorMessage"].clone());
    assert_snapshot!(format!("{failed:#}"), @r#"
    {
      "message": "`echo no such host >&2; exit 3` ended with exit code 3",
      "programmingLanguage": "Rust",
      "stackTrace": "no such host"
    }
    "#);
    // Each run has its own id, and its tasks name it.
    let of_run = |kind: &str| all.iter().find(|event| event["job"]["name"] == "shop" && event["eventType"] == kind);
    let id = &of_run("FAIL").expect("the run failed")["run"]["runId"];
    assert_eq!(&of_run("START").expect("the run began")["run"]["runId"], id);
    assert_eq!(&totals["run"]["facets"]["parent"]["run"]["runId"], id);
}

#[test]
fn a_server_gets_each_event_in_order() {
    let server = server(&["201 Created"; 20]);
    let variables = [
        ("OPENLINEAGE_URL", server.url.as_str()),
        ("OPENLINEAGE_API_KEY", "open-sesame"),
        ("OPENLINEAGE_NAMESPACE", "mine"),
        ("OPENLINEAGE_PARENT_ID", "airflow/dag.task/0191e14d-3b2c-7b3a-8e5d-b5a4a1a8c3f2"),
    ];
    let project = project();
    run(&project, variables).exits(1);
    assert!(!project.has("lineage.jsonl"));
    let heard: Vec<_> = server.heard.try_iter().collect();
    assert!(heard.iter().all(|heard| heard.line == "POST /api/v1/lineage HTTP/1.1"), "{heard:?}");
    assert!(heard[0].headers.contains(&"authorization: bearer open-sesame".to_owned()), "{heard:?}");
    let all: Vec<Value> = heard.iter().map(|heard| serde_json::from_str(&heard.body).expect("an event")).collect();
    assert_eq!(all[0]["job"]["namespace"], "mine");
    assert_eq!(all[0]["run"]["facets"]["parent"]["job"]["namespace"], "airflow");
    let times: Vec<&str> = all.iter().filter_map(|event| event["eventTime"].as_str()).collect();
    assert!(times.is_sorted_by_key(|time| time.parse::<jiff::Timestamp>().expect("an instant")), "{times:?}");
}

#[test]
fn a_server_that_is_gone_or_refuses_is_a_warning() {
    let gone = run(&project(), [("OPENLINEAGE_URL", "http://127.0.0.1:1")]).exits(1);
    assert_snapshot!(gone.warnings(), @r"
    warning orders: check `expr: amount > 3`: 1 row does not pass, such as amount=3
    warning openlineage: could not send 8 events to http://127.0.0.1:1/api/v1/lineage: Connection refused (os error 111)
    ");
    let refusing = server(&["403 Forbidden"; 20]);
    let refused = run(&project(), [("OPENLINEAGE_URL", refusing.url.as_str())]).exits(1);
    assert_snapshot!(refused.warnings().replace(&refusing.url, "[url]"), @r"
    warning orders: check `expr: amount > 3`: 1 row does not pass, such as amount=3
    warning openlineage: could not send 8 events to [url]/api/v1/lineage: the server answered 403 Forbidden
    ");
    let disabled = run(&project(), [("OPENLINEAGE_DISABLED", "true")]).exits(1);
    assert!(!disabled.stderr.contains("openlineage"), "{}", disabled.stderr);
}

#[test]
fn all_of_smart_retail_fits_the_published_schema() {
    let project = Project::new().copy(&["pipeline.yaml", "tasks", "data"]);
    let server = server(&["201 Created"; 100]);
    run(&project, [("OPENLINEAGE_URL", server.url.as_str())]).exits(0);
    let all: Vec<Value> =
        server.heard.try_iter().map(|heard| serde_json::from_str(&heard.body).expect("an event")).collect();
    assert!(all.len() > 50, "{} events", all.len());
    for event in &all {
        assert_eq!(schema::mistakes(event), Vec::<String>::new(), "{event:#}");
    }
    let has_lineage = |event: &&Value| event["outputs"][0]["facets"]["columnLineage"].is_object();
    assert!(all.iter().filter(has_lineage).count() > 15);
}
