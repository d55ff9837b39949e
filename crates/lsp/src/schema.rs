//! The JSON Schema of a pipeline file, followed along a way of keys.

use serde_json::{Map, Value};
use tidemill_core::spec::json_schema;
use tidemill_core::task::TaskTypes;

use crate::symbol::TASK_LISTS;

/// What the schema of pipeline files says.
pub struct PipelineSchema(Value);

/// A key that may stand in a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownKey {
    /// The key.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether something must stand there.
    pub required: bool,
}

impl PipelineSchema {
    /// The schema of pipelines with tasks of these types.
    pub fn new(types: &TaskTypes) -> Self {
        Self(json_schema(types))
    }

    /// The forms that the value of a way of keys may have. Of a task, its type stands for its id.
    pub fn forms(&self, path: &[String]) -> Vec<&Value> {
        let mut forms = vec![&self.0];
        for (depth, key) in path.iter().enumerate() {
            let is_task = depth == 1 && TASK_LISTS.contains(&path[0].as_str());
            forms = match is_task {
                true => self.task(key).into_iter().collect(),
                false => {
                    forms.iter().flat_map(|form| self.alternatives(form)).flat_map(|form| below(form, key)).collect()
                }
            };
        }
        forms.into_iter().flat_map(|form| self.alternatives(form)).collect()
    }

    /// The keys that a map at the end of that way may have.
    pub fn keys(&self, path: &[String]) -> Vec<KnownKey> {
        let mut keys: Vec<KnownKey> = Vec::new();
        for form in self.forms(path) {
            let required: Vec<&str> =
                form["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            for (name, schema) in form["properties"].as_object().into_iter().flat_map(Map::iter) {
                if keys.iter().all(|known| known.name != *name) {
                    let description = self.description_of(schema);
                    keys.push(KnownKey {
                        name: name.clone(),
                        description,
                        required: required.contains(&name.as_str()),
                    });
                }
            }
        }
        keys
    }

    /// The words that a value at the end of that way may be, if it is one of a few.
    pub fn words(&self, path: &[String]) -> Vec<(String, Option<String>)> {
        let mut words = Vec::new();
        for form in self.forms(path) {
            let listed = form["enum"].as_array().into_iter().flatten().chain(form.get("const"));
            let description = form["description"].as_str().map(str::to_owned);
            words.extend(listed.filter_map(|word| Some((word.as_str()?.to_owned(), description.clone()))));
            if form["type"] == "boolean" {
                words.extend(["true", "false"].map(|word| (word.to_owned(), None)));
            }
        }
        words.dedup_by(|(a, _), (b, _)| a == b);
        words
    }

    /// What the key at the end of that way is for.
    pub fn description(&self, path: &[String]) -> Option<String> {
        let (key, above) = path.split_last()?;
        self.keys(above).into_iter().find(|known| known.name == *key).and_then(|known| known.description)
    }

    /// The types of tasks, each with what it does.
    pub fn task_types(&self) -> impl Iterator<Item = (&str, &str)> {
        let tasks = self.0["$defs"]["Task"]["oneOf"].as_array().into_iter().flatten();
        tasks.filter_map(|task| Some((task["title"].as_str()?, task["description"].as_str().unwrap_or_default())))
    }

    /// The schema of tasks of that type; of all, if there is no such type.
    fn task(&self, name: &str) -> Vec<&Value> {
        let tasks = self.0["$defs"]["Task"]["oneOf"].as_array().into_iter().flatten();
        let all: Vec<&Value> = tasks.collect();
        let of_type: Vec<&Value> = all.iter().copied().filter(|task| task["title"] == name).collect();
        if of_type.is_empty() { all } else { of_type }
    }

    fn description_of(&self, schema: &Value) -> Option<String> {
        let own = schema["description"].as_str().map(str::to_owned);
        own.or_else(|| {
            self.alternatives(schema).into_iter().find_map(|form| form["description"].as_str().map(str::to_owned))
        })
    }

    /// A schema without references, or what it may be one of.
    fn alternatives<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
            return self.0["$defs"].get(name).map_or_else(Vec::new, |schema| self.alternatives(schema));
        }
        let choices = ["anyOf", "oneOf", "allOf"].iter().filter_map(|key| schema[*key].as_array()).flatten();
        let choices: Vec<&Value> = choices.flat_map(|choice| self.alternatives(choice)).collect();
        if choices.is_empty() { vec![schema] } else { choices }
    }
}

/// What a schema says of the value of a key, or of the items of its list.
fn below<'a>(form: &'a Value, key: &str) -> Option<&'a Value> {
    let named = form["properties"].get(key);
    let any = || form.get("additionalProperties").filter(|any| any.is_object());
    named.or_else(any).or_else(|| below(form.get("items")?, key))
}
