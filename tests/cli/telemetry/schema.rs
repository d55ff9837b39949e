//! Holds events against the published schemas of OpenLineage, as far as these use JSON Schema. A word that is not known here fails.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::project::repository;

/// The schemas by their file's names.
static SCHEMAS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let folder = repository().join("tests/cli/telemetry/openlineage");
    let files = folder.read_dir().expect("the schemas are there").flatten().map(|entry| entry.path());
    let schemas = files.filter(|path| path.extension().is_some_and(|end| end == "json"));
    let named = |path: std::path::PathBuf| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        (name, serde_json::from_str(&std::fs::read_to_string(path).expect("a schema")).expect("JSON"))
    };
    schemas.map(named).collect()
});

/// Words that say nothing of what is valid.
const REMARKS: [&str; 7] = ["$schema", "$id", "$defs", "description", "example", "deprecated", "title"];

/// What is wrong with an event, with its facets.
pub fn mistakes(event: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(event, &SCHEMAS["OpenLineage.json"], "OpenLineage.json", "event", &mut found);
    facets(event, "event", &mut found);
    found
}

/// Holds every facet against the schema that it names.
fn facets(value: &Value, place: &str, found: &mut Vec<String>) {
    if let Some(url) = value.get("_schemaURL").and_then(Value::as_str) {
        match resolved(url, "") {
            Some((file, schema)) => {
                let known = SCHEMAS[file]["$id"].as_str().unwrap_or_default();
                if !url.starts_with(known) {
                    found.push(format!("{place}: {url} is not {known}"));
                }
                check(value, schema, file, place, found);
            }
            None => found.push(format!("{place}: {url} is not known")),
        }
    }
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| facets(value, &format!("{place}.{name}"), found)),
        Value::Array(list) => list.iter().for_each(|value| facets(value, place, found)),
        _ => {}
    }
}

/// The schema that a reference means, with its file.
fn resolved<'a>(reference: &'a str, file: &'a str) -> Option<(&'a str, &'static Value)> {
    let (url, pointer) = reference.split_once('#').unwrap_or((reference, ""));
    let file = if url.is_empty() { file } else { url.rsplit('/').next()? };
    Some((file, SCHEMAS.get(file)?.pointer(pointer)?))
}

fn check(value: &Value, schema: &Value, file: &str, place: &str, found: &mut Vec<String>) {
    let words = schema.as_object().expect("a schema is a map");
    for (word, rule) in words.iter().filter(|(word, _)| !REMARKS.contains(&word.as_str())) {
        let all = || rule.as_array().expect("a list of schemas");
        let fits = |rule: &&Value| {
            let mut wrong = Vec::new();
            check(value, rule, file, place, &mut wrong);
            wrong.is_empty()
        };
        let mut wrong = |what: String| found.push(format!("{place}: {what}"));
        match word.as_str() {
            "$ref" => match resolved(rule.as_str().expect("a reference"), file) {
                Some((file, schema)) => check(value, schema, file, place, found),
                None => wrong(format!("{rule} is not known")),
            },
            "type" if is_of(value, rule.as_str().expect("a type")) => {}
            "type" => wrong(format!("{value} is not of type {rule}")),
            "enum" if all().contains(value) => {}
            "enum" => wrong(format!("{value} is none of {rule}")),
            "format" if value.as_str().is_none_or(|text| has_format(text, rule.as_str().expect("a format"))) => {}
            "format" => wrong(format!("{value} is no {rule}")),
            "minimum" if value.as_f64() >= rule.as_f64() => {}
            "required" => {
                let missing = all().iter().filter(|name| value.get(name.as_str().expect("a name")).is_none());
                missing.for_each(|name| wrong(format!("{name} is missing")));
            }
            "allOf" => all().iter().for_each(|rule| check(value, rule, file, place, found)),
            "anyOf" if all().iter().any(|rule| fits(&rule)) => {}
            "oneOf" if all().iter().filter(fits).count() == 1 => {}
            "not" if !fits(&rule) => {}
            "items" => value.as_array().into_iter().flatten().for_each(|item| check(item, rule, file, place, found)),
            "properties" => {
                for (name, rule) in rule.as_object().expect("a map") {
                    value
                        .get(name)
                        .iter()
                        .for_each(|value| check(value, rule, file, &format!("{place}.{name}"), found));
                }
            }
            "additionalProperties" if rule.is_boolean() => assert_eq!(*rule, true, "{file}"),
            "additionalProperties" => {
                let known = words.get("properties");
                let others = value.as_object().into_iter().flatten();
                for (name, value) in others.filter(|(name, _)| known.is_none_or(|known| known.get(name).is_none())) {
                    check(value, rule, file, &format!("{place}.{name}"), found);
                }
            }
            "minimum" | "anyOf" | "oneOf" | "not" => wrong(format!("`{word}` does not hold")),
            other => panic!("{file}: `{other}` is not known here"),
        }
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        other => panic!("the type `{other}` is not known here"),
    }
}

fn has_format(text: &str, format: &str) -> bool {
    match format {
        "date-time" => text.parse::<jiff::Timestamp>().is_ok(),
        "uri" => text.split_once("://").is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.contains(' ')),
        "uuid" => {
            let lengths: Vec<usize> = text.split('-').map(str::len).collect();
            lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
        }
        other => panic!("the format `{other}` is not known here"),
    }
}

#[test]
fn a_schema_is_held_against_what_is_wrong() {
    let wrong = serde_json::json!({
        "eventType": "DONE", "eventTime": "today", "producer": "https://x", "schemaURL": "https://x",
        "run": {"runId": "1"}, "job": {"name": "j"},
    });
    let found = mistakes(&wrong);
    assert_eq!(found, ["event: `oneOf` does not hold"]);
    let mut event = Vec::new();
    let (file, schema) = resolved("OpenLineage.json#/$defs/RunEvent", "").expect("it is there");
    check(&wrong, schema, file, "event", &mut event);
    insta::assert_snapshot!(event.join("\n"), @r#"
    event.eventTime: "today" is no "date-time"
    event.eventType: "DONE" is none of ["START","RUNNING","COMPLETE","ABORT","FAIL","OTHER"]
    event.run.runId: "1" is no "uuid"
    event.job: "namespace" is missing
    "#);
}
