//! The names that `${{ }}` may use.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use minijinja::value::Serde;
use serde_json::{Map, Value};

/// What is known before a run starts: `params`, `env`, `item`, and of `run` all but `status`. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    shared: Arc<Shared>,
    item: Option<Arc<Value>>,
}

/// What all tasks have in common.
#[derive(Debug, Default)]
struct Shared {
    names: Map<String, Value>,
    /// The variables that the file declares under `env`.
    declared: BTreeSet<String>,
    /// The same as the template engine wants them, made when first asked for; of `env` only what is declared.
    values: OnceLock<Vec<(String, minijinja::Value)>>,
}

impl Scope {
    /// A scope of these names at its top. Of `env`, `declared` are the file's own; the others are those of the process, which
    /// a text reaches only by naming them.
    pub fn new(names: Map<String, Value>, declared: BTreeSet<String>) -> Self {
        Self { shared: Arc::new(Shared { names, declared, values: OnceLock::new() }), item: None }
    }

    /// The variables that the file declares under `env`.
    pub fn declared_env(&self) -> impl Iterator<Item = &str> {
        self.shared.declared.iter().map(String::as_str)
    }

    /// The same scope with `item`, for an instance of a `foreach`.
    #[must_use]
    pub fn with_item(&self, item: Value) -> Self {
        Self { shared: Arc::clone(&self.shared), item: Some(Arc::new(item)) }
    }

    /// The value of a name at the top.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match (&self.item, name) {
            (Some(item), "item") => Some(item),
            _ => self.shared.names.get(name),
        }
    }

    /// The value at a path such as `params.top_n`, or how far the path can be followed: so many parts.
    pub fn find<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Result<&Value, usize> {
        let mut parts = path.into_iter();
        let mut value = parts.next().and_then(|root| self.get(root)).ok_or(0usize)?;
        for (depth, part) in parts.enumerate() {
            value = value.get(part).ok_or(depth + 1)?;
        }
        Ok(value)
    }

    /// The names at the top.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        self.shared.names.keys().map(String::as_str).chain(self.item.as_ref().map(|_| "item"))
    }

    /// The names at the top and their values, as the template engine wants them, for a text that uses the names `used`, each
    /// in its parts: `env` holds what the file declares, and what the text names.
    pub fn context<'a>(&self, used: impl IntoIterator<Item = &'a [String]>) -> Vec<(String, minijinja::Value)> {
        let declared = || self.declared_env().filter_map(|name| self.variable(name));
        let values = self.shared.values.get_or_init(|| {
            let names = self.shared.names.iter();
            let value = |(name, value): (&String, &Value)| match name.as_str() {
                "env" => (name.clone(), minijinja::Value::from_pairs(declared())),
                _ => (name.clone(), minijinja::Value::from(Serde(value))),
            };
            names.map(value).collect()
        });
        let mut context = values.clone();
        let named = used.into_iter().filter_map(|parts| match parts {
            [root, name, ..] if root == "env" && !self.shared.declared.contains(name) => self.variable(name),
            _ => None,
        });
        let named: Vec<_> = named.collect();
        if !named.is_empty() {
            context.retain(|(name, _)| name != "env");
            context.push(("env".to_owned(), minijinja::Value::from_pairs(declared().chain(named))));
        }
        if let Some(item) = &self.item {
            context.retain(|(name, _)| name != "item");
            context.push(("item".to_owned(), minijinja::Value::from(Serde(item.as_ref()))));
        }
        context
    }

    /// A variable of `env` as the template engine wants it.
    fn variable(&self, name: &str) -> Option<(String, minijinja::Value)> {
        let value = self.shared.names.get("env")?.get(name)?;
        Some((name.to_owned(), minijinja::Value::from(Serde(value))))
    }
}
