//! The JSON Schema of a whole pipeline file, for editors.

use serde_json::{Map, Value, json};

use crate::task::{Descriptor, TaskTypes};

use super::keys::{CommonKeys, PipelineKeys};

/// The JSON Schema (draft 2020-12) of a pipeline file with tasks of these types.
///
/// Wherever something else than text is wanted, one whole `${{ … }}` may stand.
pub fn json_schema(types: &TaskTypes) -> Value {
    let mut root = types.filled(schemars::schema_for!(PipelineKeys));
    let mut common = types.filled(schemars::schema_for!(CommonKeys));
    let mut definitions = take_definitions(&mut common, "");
    let shared = common.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut tasks = Vec::new();
    for task_type in types.iter() {
        let Descriptor { name, summary, .. } = task_type.descriptor();
        let mut schema = types.schema_of(task_type);
        definitions.extend(take_definitions(&mut schema, &format!("{name}.")));
        tasks.push(task(name, summary, &schema, &shared));
    }
    definitions.insert("Task".to_owned(), json!({"oneOf": tasks}));
    if let Some(root) = root.as_object_mut() {
        let own = root.entry("$defs").or_insert_with(|| Value::Object(Map::new()));
        if let Some(own) = own.as_object_mut() {
            own.extend(definitions);
        }
        root.insert("title".to_owned(), "A Tidemill pipeline".into());
    }
    allow_interpolation(&mut root);
    root
}

/// A task of one type: its keys and the common ones.
fn task(name: &str, summary: &str, schema: &Value, shared: &Map<String, Value>) -> Value {
    let mut properties = Map::new();
    properties.insert("type".to_owned(), json!({"const": name, "description": summary}));
    properties.extend(schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default());
    for (key, value) in shared {
        if !properties.contains_key(key) {
            properties.insert(key.clone(), value.clone());
        }
    }
    let mut required = vec![Value::from("type")];
    required.extend(schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default());
    json!({
        "title": name,
        "description": summary,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// Takes the definitions out of a schema, their names preceded by `prefix`.
fn take_definitions(schema: &mut Value, prefix: &str) -> Map<String, Value> {
    rename_references(schema, prefix);
    let Some(Value::Object(definitions)) = schema.as_object_mut().and_then(|schema| schema.remove("$defs")) else {
        return Map::new();
    };
    definitions.into_iter().map(|(name, schema)| (format!("{prefix}{name}"), schema)).collect()
}

fn rename_references(schema: &mut Value, prefix: &str) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| rename_references(item, prefix)),
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), &mut *value) {
                    ("$ref", Value::String(path)) => {
                        if let Some(name) = path.strip_prefix("#/$defs/") {
                            *path = format!("#/$defs/{prefix}{name}");
                        }
                    }
                    _ => rename_references(value, prefix),
                }
            }
        }
        _ => {}
    }
}

/// Lets a whole `${{ … }}` stand for numbers, truth values, lists and words, and drops the keys that are only ours.
fn allow_interpolation(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(allow_interpolation),
        Value::Object(map) => {
            map.retain(|key, _| !key.starts_with("x-"));
            map.values_mut().for_each(allow_interpolation);
            let narrow = |name: &str| matches!(name, "integer" | "number" | "boolean" | "array");
            let wants = match map.get("type") {
                Some(Value::String(name)) => narrow(name) || (name == "string" && map.contains_key("enum")),
                Some(Value::Array(names)) => {
                    let mut names = names.iter().filter_map(Value::as_str);
                    names.clone().any(narrow) && !names.any(|name| name == "string")
                }
                _ => false,
            };
            if wants && !map.contains_key("const") {
                let description = map.remove("description");
                let inner = Value::Object(std::mem::take(map));
                map.insert("anyOf".to_owned(), json!([inner, {"type": "string", "pattern": "^\\$\\{\\{.*\\}\\}$"}]));
                map.extend(description.map(|text| ("description".to_owned(), text)));
            }
        }
        _ => {}
    }
}
