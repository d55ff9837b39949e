//! The names that `${{ }}` may use.

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
    /// The same as the template engine wants them, made when first asked for.
    values: OnceLock<Vec<(String, minijinja::Value)>>,
}

impl Scope {
    /// A scope of these names at its top.
    pub fn new(names: Map<String, Value>) -> Self {
        Self { shared: Arc::new(Shared { names, values: OnceLock::new() }), item: None }
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

    /// The names at the top and their values, as the template engine wants them.
    pub fn context(&self) -> Vec<(String, minijinja::Value)> {
        let values = self.shared.values.get_or_init(|| {
            let names = self.shared.names.iter();
            names.map(|(name, value)| (name.clone(), minijinja::Value::from(Serde(value)))).collect()
        });
        let mut context = values.clone();
        if let Some(item) = &self.item {
            context.retain(|(name, _)| name != "item");
            context.push(("item".to_owned(), minijinja::Value::from(Serde(item.as_ref()))));
        }
        context
    }
}
