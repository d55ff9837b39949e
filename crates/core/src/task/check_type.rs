//! The checks that `checks` may name, and the list of them.

use std::sync::Arc;

use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, SourceMap};
use crate::spec::{CheckKeys, Node, Scope};
use crate::table;

use super::{CheckContext, Edge};

/// A check: reads what stands behind its key into something that can be compiled against a table's columns.
pub trait CheckType: Send + Sync {
    /// Its key in an item of `checks`.
    fn name(&self) -> &'static str;

    /// What it states, in one sentence, for the docs and the JSON Schema.
    fn summary(&self) -> &'static str;

    /// The JSON Schema of what stands behind its key.
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema;

    /// Reads it from a map with its key alone; None if nothing is behind the key.
    ///
    /// # Errors
    /// All mistakes in what stands behind its key.
    fn read(
        &self,
        entry: &Node,
        scope: &Scope,
        sources: &SourceMap,
    ) -> Result<Option<Box<dyn Statement>>, Vec<Diagnostic>>;
}

/// What a check of a task states of its table.
pub trait Statement: Send + Sync {
    /// What stands behind its key, in canonical form: part of the task's fingerprint.
    fn parameters(&self) -> Value;

    /// The tables that it looks into, beside that of its own task.
    fn reads(&self) -> Vec<Edge>;

    /// Whether what it finds depends on when it looks: then a result that is kept says nothing.
    fn looks_at_time(&self) -> bool {
        false
    }

    /// What is to be checked of a table of those columns, each with what messages call it.
    ///
    /// # Errors
    /// Where it speaks of columns that the table does not have, or has with another type.
    fn compile(
        &self,
        table: &table::Schema,
        cx: &CheckContext<'_>,
    ) -> Result<Vec<(String, table::CheckKind)>, Vec<Diagnostic>>;
}

/// The checks that a program knows.
#[derive(Clone, Default)]
pub struct CheckTypes(Vec<Arc<dyn CheckType>>);

impl CheckTypes {
    /// One more, listed for people behind those before.
    pub(super) fn push(&mut self, check: impl CheckType + 'static) {
        self.0.push(Arc::new(check));
    }

    /// All of them, in the order in which they are listed for people.
    pub fn iter(&self) -> impl Iterator<Item = &dyn CheckType> {
        self.0.iter().map(|known| &**known)
    }

    /// The one of that name.
    pub fn get(&self, name: &str) -> Option<&dyn CheckType> {
        self.iter().find(|known| known.name() == name)
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.iter().map(CheckType::name)
    }

    /// Adds their keys to the definition of an item of `checks`, and behind it the definitions that these need.
    pub(super) fn define(&self, definitions: &mut Map<String, Value>) {
        let mut generator = SchemaGenerator::default();
        let keys: Map<String, Value> = self.iter().map(|check| key(check, &mut generator)).collect();
        let mut needed = generator.take_definitions(true);
        for (name, mut schema) in std::mem::take(definitions) {
            let is_item = name == CheckKeys::DEFINITION;
            if is_item && let Some(Value::Object(properties)) = schema.get_mut("properties") {
                let common = std::mem::replace(properties, keys.clone());
                properties.extend(common);
                schema["description"] =
                    format!("A statement about a table: one of the first {} keys.", in_words(keys.len())).into();
            }
            definitions.insert(name, schema);
            if is_item {
                definitions.append(&mut needed);
            }
        }
    }
}

/// A check's key, and the schema of what stands behind it.
fn key(check: &dyn CheckType, generator: &mut SchemaGenerator) -> (String, Value) {
    let mut schema = check.schema(generator);
    schema.insert("description".to_owned(), check.summary().into());
    (check.name().to_owned(), schema.to_value())
}

fn in_words(number: usize) -> String {
    let words =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    words.get(number).map_or_else(|| number.to_string(), |word| (*word).to_owned())
}
