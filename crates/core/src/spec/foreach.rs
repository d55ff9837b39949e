//! `foreach`: one instance of a task for each item.

use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostic, SourceMap, Span};

use super::interpolate::{as_text, kind};
use super::params::resolved;
use super::{Key, Node, NodeValue, Scope};

/// More instances of one task than this are a mistake.
const MOST: usize = 100_000;

/// An item and the key of its instance.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    /// What stands behind the `@`.
    pub key: String,
    /// `item` in the instance's scope.
    pub value: Value,
}

/// The items of a `foreach`, in order; None if there are mistakes in it.
pub(crate) fn items(
    key: &Key,
    node: &Node,
    scope: &Scope,
    sources: &SourceMap,
    found: &mut Vec<Diagnostic>,
) -> Option<Vec<Item>> {
    let value = resolved(node, scope, sources, found)?;
    let items = match value {
        Value::Array(values) => values.into_iter().map(item).collect::<Result<Vec<_>, _>>(),
        Value::Object(matrix) => combinations(&matrix),
        other => Err(format!("expected a list or a map of lists, found {}", kind(&other))),
    };
    let items = match items {
        Ok(items) => items,
        Err(message) => {
            found.push(Diagnostic::error(message).at(node.place(key), ""));
            return None;
        }
    };
    let before = found.len();
    let mut seen = std::collections::HashMap::with_capacity(items.len());
    for (no, item) in items.iter().enumerate() {
        let place = place_of(node, no).unwrap_or_else(|| node.place(key));
        if item.key.is_empty() || item.key.chars().any(|c| c.is_control() || matches!(c, '/' | '\\' | '@')) {
            let message = format!("`{}` cannot be the key of an instance", item.key);
            found.push(
                Diagnostic::error(message)
                    .at(place, "")
                    .help("it may hold anything but `/`, `\\`, `@` and line breaks"),
            );
        } else if let Some(first) = seen.insert(&item.key, place) {
            found.push(
                Diagnostic::error(format!("the item `{}` occurs twice", item.key))
                    .at(place, "again here")
                    .at(first, "first here"),
            );
        }
    }
    (found.len() == before).then_some(items)
}

/// What stands for the item where there is none: nothing; of a matrix, a map with nothing for each name.
pub(crate) fn no_item(node: &Node, scope: &Scope, sources: &SourceMap) -> Value {
    match resolved(node, scope, sources, &mut Vec::new()) {
        Some(Value::Object(matrix)) => matrix.into_iter().map(|(name, _)| (name, Value::Null)).collect(),
        _ => Value::Null,
    }
}

/// Where an item stands, if the list is written out.
fn place_of(node: &Node, no: usize) -> Option<Span> {
    match &node.value {
        NodeValue::List(items) => items.get(no).map(|item| item.span),
        _ => None,
    }
}

/// A list's item: its text is the key; of a map, its values joined.
fn item(value: Value) -> Result<Item, String> {
    let key = match &value {
        Value::Object(map) => map.values().map(as_text).collect::<Option<Vec<_>>>().map(|parts| parts.join("-")),
        other => as_text(other),
    };
    match key {
        Some(key) => Ok(Item { key, value }),
        None => Err(format!("an item of `foreach` is a single value or a map of them, found {}", kind(&value))),
    }
}

/// All combinations of a matrix, the last list turning fastest.
fn combinations(matrix: &Map<String, Value>) -> Result<Vec<Item>, String> {
    let mut items = vec![(Vec::<String>::new(), Map::new())];
    for (name, values) in matrix {
        let Value::Array(values) = values else {
            return Err(format!("`{name}` of a `foreach` map must be a list, found {}", kind(values)));
        };
        if items.len().saturating_mul(values.len()) > MOST {
            return Err(format!("this `foreach` has more than {MOST} combinations"));
        }
        let mut next = Vec::with_capacity(items.len() * values.len());
        for (keys, map) in &items {
            for value in values {
                let text =
                    as_text(value).ok_or_else(|| format!("`{name}` of a `foreach` map must hold single values"))?;
                let mut keys = keys.clone();
                keys.push(text);
                let mut map = map.clone();
                map.insert(name.clone(), value.clone());
                next.push((keys, map));
            }
        }
        items = next;
    }
    if matrix.is_empty() {
        return Ok(Vec::new());
    }
    Ok(items.into_iter().map(|(keys, map)| Item { key: keys.join("-"), value: Value::Object(map) }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_has_all_combinations_in_order() {
        let matrix = serde_json::json!({"country": ["FR", "DE"], "year": [2023, 2024]});
        let items = combinations(matrix.as_object().expect("it is a map")).expect("all lists");
        let keys: Vec<&str> = items.iter().map(|item| item.key.as_str()).collect();
        assert_eq!(keys, ["FR-2023", "FR-2024", "DE-2023", "DE-2024"]);
        assert_eq!(items[1].value, serde_json::json!({"country": "FR", "year": 2024}));
    }
}
