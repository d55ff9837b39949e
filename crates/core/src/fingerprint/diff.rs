//! Where two JSON values differ, as paths that a user recognises from the pipeline file.

use serde_json::{Map, Value};

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change<'a> {
    /// `columns.total_amount.type`; entries of lists without names are counted from 1: `panels[2].x`.
    pub path: String,
    pub what: What<'a>,
}

/// What differs there.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What<'a> {
    /// It had another value.
    Value(&'a Value, &'a Value),
    /// It is there now.
    Added(&'a Value),
    /// It is there no longer.
    Removed(&'a Value),
    /// A list has another entry.
    EntryAdded(&'a Value),
    /// A list has lost an entry.
    EntryRemoved(&'a Value),
    /// The same entries in another order.
    Order,
}

/// All differences, outermost first; none if the values are equal but for the order of keys.
pub(super) fn changes<'a>(path: &str, old: &'a Value, new: &'a Value) -> Vec<Change<'a>> {
    let mut found = Vec::new();
    walk(path, old, new, &mut found);
    found
}

fn walk<'a>(path: &str, old: &'a Value, new: &'a Value, found: &mut Vec<Change<'a>>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => maps(path, old, new, found),
        (Value::Array(old), Value::Array(new)) if old != new => lists(path, old, new, found),
        _ if old == new => {}
        _ => found.push(Change { path: path.to_owned(), what: What::Value(old, new) }),
    }
}

fn maps<'a>(path: &str, old: &'a Map<String, Value>, new: &'a Map<String, Value>, found: &mut Vec<Change<'a>>) {
    let pairs = |map: &'a Map<String, Value>| map.iter().map(|(key, value)| (key.as_str(), value)).collect();
    named(path, pairs(old), pairs(new), found);
}

/// Compares what has names, by name.
fn named<'a>(path: &str, old: Vec<(&'a str, &'a Value)>, new: Vec<(&'a str, &'a Value)>, found: &mut Vec<Change<'a>>) {
    let get = |list: &[(&str, &'a Value)], name: &str| list.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
    for (name, was) in &old {
        let path = below(path, name);
        match get(&new, name) {
            Some(is) => walk(&path, was, is, found),
            None => found.push(Change { path, what: What::Removed(was) }),
        }
    }
    for (name, is) in &new {
        if get(&old, name).is_none() {
            found.push(Change { path: below(path, name), what: What::Added(is) });
        }
    }
}

fn lists<'a>(path: &str, old: &'a [Value], new: &'a [Value], found: &mut Vec<Change<'a>>) {
    let before = found.len();
    if let (Some(old), Some(new)) = (entries(old), entries(new)) {
        named(path, old, new, found);
    } else if old.iter().chain(new).all(|entry| !entry.is_object() && !entry.is_array()) {
        plain_lists(path, old, new, found);
    } else {
        for (at, (was, is)) in old.iter().zip(new).enumerate() {
            walk(&format!("{path}[{}]", at + 1), was, is, found);
        }
        found.extend(old.iter().skip(new.len()).map(|entry| change(path, What::EntryRemoved(entry))));
        found.extend(new.iter().skip(old.len()).map(|entry| change(path, What::EntryAdded(entry))));
    }
    if found.len() == before {
        found.push(change(path, What::Order));
    }
}

/// Lists of texts and numbers: what came and what went, whatever the place.
fn plain_lists<'a>(path: &str, old: &'a [Value], new: &'a [Value], found: &mut Vec<Change<'a>>) {
    let left_over = |from: &'a [Value], without: &[Value]| {
        let mut without: Vec<&Value> = without.iter().collect();
        from.iter()
            .filter(|entry| match without.iter().position(|other| other == entry) {
                Some(at) => {
                    without.swap_remove(at);
                    false
                }
                None => true,
            })
            .collect::<Vec<_>>()
    };
    let (gone, come) = (left_over(old, new), left_over(new, old));
    match (&gone[..], &come[..]) {
        ([was], [is]) => found.push(change(path, What::Value(was, is))),
        _ => {
            found.extend(gone.into_iter().map(|entry| change(path, What::EntryRemoved(entry))));
            found.extend(come.into_iter().map(|entry| change(path, What::EntryAdded(entry))));
        }
    }
}

/// The entries of an ordered map in its canonical forms, `[[name, value], …]` or `[{name: …, …}, …]`: their names and what
/// is to be compared. None if the list is no such map.
fn entries(list: &[Value]) -> Option<Vec<(&str, &Value)>> {
    let mut named: Vec<(&str, &Value)> = Vec::with_capacity(list.len());
    for entry in list {
        let (name, value) = match entry {
            Value::Array(pair) if pair.len() == 2 => (pair[0].as_str()?, &pair[1]),
            Value::Object(map) => (map.get("name")?.as_str()?, entry),
            _ => return None,
        };
        named.push((name, value));
    }
    let mut names: Vec<&str> = named.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.windows(2).all(|two| two[0] != two[1]).then_some(named)
}

fn change<'a>(path: &str, what: What<'a>) -> Change<'a> {
    Change { path: path.to_owned(), what }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn texts(old: Value, new: Value) -> Vec<String> {
        changes("k", &old, &new)
            .into_iter()
            .map(|change| match change.what {
                What::Value(old, new) => format!("{} {old} {new}", change.path),
                What::Added(value) => format!("{} + {value}", change.path),
                What::Removed(value) => format!("{} - {value}", change.path),
                What::EntryAdded(value) => format!("{} +[] {value}", change.path),
                What::EntryRemoved(value) => format!("{} -[] {value}", change.path),
                What::Order => format!("{} order", change.path),
            })
            .collect()
    }

    #[test]
    fn maps_are_walked_to_the_leaf() {
        let old = json!({"a": {"type": "money", "trim": true}, "b": 1});
        let new = json!({"b": 1, "a": {"type": "float", "trim": true}, "c": 2});
        assert_eq!(texts(old, new), ["k.a.type \"money\" \"float\"", "k.c + 2"]);
    }

    #[test]
    fn lists_tell_what_came_and_what_went() {
        assert_eq!(texts(json!(["a", "b"]), json!(["a", "c"])), ["k \"b\" \"c\""]);
        assert_eq!(texts(json!(["a"]), json!(["b", "a"])), ["k +[] \"b\""]);
        assert_eq!(texts(json!(["a", "a"]), json!(["a"])), ["k -[] \"a\""]);
        assert_eq!(texts(json!(["a", "b"]), json!(["b", "a"])), ["k order"]);
    }

    #[test]
    fn ordered_maps_are_compared_by_name_in_both_forms() {
        assert_eq!(texts(json!([["x", "a"], ["y", "b"]]), json!([["x", "a"], ["y", "c"]])), ["k.y \"b\" \"c\""]);
        assert_eq!(texts(json!([["x", "a"], ["y", "b"]]), json!([["y", "b"], ["x", "a"]])), ["k order"]);
        let entry = |expr: &str| json!([{"name": "x", "expr": expr}]);
        assert_eq!(texts(entry("a"), entry("b")), ["k.x.expr \"a\" \"b\""]);
    }

    #[test]
    fn other_lists_are_compared_by_place() {
        let old = json!([{"where": "a", "reason": "r"}]);
        let new = json!([{"where": "b", "reason": "r"}, {"where": "c"}]);
        assert_eq!(texts(old, new), ["k[1].where \"a\" \"b\"", "k +[] {\"where\":\"c\"}"]);
    }
}
