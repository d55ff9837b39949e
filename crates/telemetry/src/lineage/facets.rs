//! The facets of events, each with the version of its schema.

use serde_json::{Map, Value, json};
use tidemill_core::table::{CheckResult, CheckSeverity, Schema};
use tidemill_core::task::TaskFailure;

/// Who tells.
pub(super) const PRODUCER: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/tree/v", env!("CARGO_PKG_VERSION"));

/// A facet of that schema and version.
pub(super) fn facet(schema: &str, version: &str, content: Value) -> Value {
    let mut facet = Map::new();
    facet.insert("_producer".to_owned(), PRODUCER.into());
    let url = format!("https://openlineage.io/spec/facets/{version}/{schema}.json#/$defs/{schema}");
    facet.insert("_schemaURL".to_owned(), url.into());
    if let Value::Object(content) = content {
        facet.extend(content);
    }
    facet.into()
}

/// What kind of job it is.
pub(super) fn job_type(kind: &str) -> Value {
    facet(
        "JobTypeJobFacet",
        "2-0-4",
        json!({"processingType": "BATCH", "integration": "TIDEMILL", "jobType": kind.to_ascii_uppercase()}),
    )
}

/// What it is for.
pub(super) fn documentation(text: &str) -> Value {
    facet("DocumentationJobFacet", "1-1-0", json!({"description": text, "contentType": "text/plain"}))
}

/// The query that it computes.
pub(super) fn sql(query: &str) -> Value {
    facet("SQLJobFacet", "1-1-0", json!({"query": query, "dialect": "postgres"}))
}

/// What failed.
pub(super) fn error(failure: &TaskFailure) -> Value {
    let mut message = failure.message.clone();
    for help in &failure.help {
        message.push_str("\nhelp: ");
        message.push_str(help);
    }
    let tail = (!failure.tail.is_empty()).then(|| failure.tail.join("\n"));
    let mut content = json!({"message": message, "programmingLanguage": "Rust"});
    if let (Some(tail), Some(content)) = (tail, content.as_object_mut()) {
        content.insert("stackTrace".to_owned(), tail.into());
    }
    facet("ErrorMessageRunFacet", "1-0-1", content)
}

/// The time that the run stands for.
pub(super) fn nominal_time(at: &str) -> Value {
    facet("NominalTimeRunFacet", "1-0-1", json!({"nominalStartTime": at}))
}

/// What runs it.
pub(super) fn processing_engine() -> Value {
    let version = env!("CARGO_PKG_VERSION");
    facet("ProcessingEngineRunFacet", "1-1-1", json!({"version": version, "name": "Tidemill"}))
}

/// The run that it is part of.
pub(super) fn parent(run: &str, namespace: &str, name: &str) -> Value {
    let whole = json!({"run": {"runId": run}, "job": {"namespace": namespace, "name": name}});
    let mut content = whole.clone();
    if let Some(content) = content.as_object_mut() {
        content.insert("root".to_owned(), whole);
    }
    facet("ParentRunFacet", "1-2-0", content)
}

/// The columns of a table.
pub(super) fn schema(columns: &Schema) -> Value {
    let fields = columns.fields().iter().zip(1..);
    let fields: Vec<Value> = fields
        .map(|(field, place)| json!({"name": field.name, "type": field.data_type.to_string(), "ordinal_position": place}))
        .collect();
    facet("SchemaDatasetFacet", "1-2-0", json!({"fields": fields}))
}

/// How many rows were written.
pub(super) fn rows_written(rows: u64) -> Value {
    facet("OutputStatisticsOutputDatasetFacet", "1-0-2", json!({"rowCount": rows}))
}

/// How many rows were read.
pub(super) fn rows_read(rows: u64) -> Value {
    facet("InputStatisticsInputDatasetFacet", "1-0-0", json!({"rowCount": rows}))
}

/// How the checks of a table ended.
pub(super) fn assertions(checks: &[CheckResult]) -> Value {
    let told = |check: &CheckResult| {
        let kind = check.name.split([':', ' ']).next().unwrap_or_default();
        let severity = match check.severity {
            CheckSeverity::Error => "error",
            CheckSeverity::Warn => "warn",
        };
        let actual = check.detail.clone().unwrap_or_else(|| match check.bad_rows {
            1 => "1 row does not hold".to_owned(),
            rows => format!("{rows} rows do not hold"),
        });
        json!({
            "assertion": kind, "success": check.bad_rows == 0, "name": check.name, "severity": severity, "actual": actual,
        })
    };
    let assertions: Vec<Value> = checks.iter().map(told).collect();
    facet("DataQualityAssertionsDatasetFacet", "1-1-0", json!({"assertions": assertions}))
}
