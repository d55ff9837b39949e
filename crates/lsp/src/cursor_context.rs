//! What stands at a byte of a YAML file: the keys that lead there, and the value.

use tidemill_core::diagnostic::Span;
use tidemill_core::spec::{Node, NodeValue};

/// A place in a YAML tree.
#[derive(Clone, Debug, PartialEq)]
pub struct CursorContext<'a> {
    /// The keys that lead to it; places in lists are left out. The last one is the key itself, where that is meant.
    pub path: Vec<&'a str>,
    /// Where the last key stands.
    pub key: Option<Span>,
    /// The value, if the byte is in one and not in a key.
    pub value: Option<&'a Node>,
}

/// What stands at that byte, if it is a key or a single value.
pub fn at(tree: &Node, offset: usize) -> Option<CursorContext<'_>> {
    let mut place = CursorContext { path: Vec::new(), key: None, value: None };
    find(tree, offset, &mut place).then_some(place)
}

fn find<'a>(node: &'a Node, offset: usize, place: &mut CursorContext<'a>) -> bool {
    match &node.value {
        NodeValue::Map(entries) => entries.iter().any(|(key, value)| {
            place.path.push(&key.name);
            let before = place.key.replace(key.span);
            let found = holds(key.span, offset) || find(value, offset, place);
            if !found {
                place.path.pop();
                place.key = before;
            }
            found
        }),
        NodeValue::List(items) => items.iter().any(|item| find(item, offset, place)),
        _ if holds(node.span, offset) && node.span.start < node.span.end => {
            place.value = Some(node);
            true
        }
        _ => false,
    }
}

/// Whether a byte is in a span; the one behind it counts as in it, as a cursor behind a word does.
fn holds(span: Span, offset: usize) -> bool {
    (span.start as usize..=span.end as usize).contains(&offset)
}

/// All keys of maps below a node, with where they stand.
pub fn keys<'a>(node: &'a Node, found: &mut Vec<(&'a str, Span)>) {
    match &node.value {
        NodeValue::Map(entries) => {
            for (key, value) in entries {
                found.push((&key.name, key.span));
                keys(value, found);
            }
        }
        NodeValue::List(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

/// All texts below a node.
pub fn texts<'a>(node: &'a Node, found: &mut Vec<(&'a str, Span)>) {
    match &node.value {
        NodeValue::Map(entries) => entries.iter().for_each(|(_, value)| texts(value, found)),
        NodeValue::List(items) => items.iter().for_each(|item| texts(item, found)),
        NodeValue::String(text) => found.push((text, node.span)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use tidemill_core::diagnostic::FileId;
    use tidemill_core::spec::tree;

    use super::*;

    #[test]
    fn keys_and_values_are_found_where_they_stand() {
        let text = "tasks:\n  a: {type: sql, sql: select 1}\n  b:\n    from: [a, c]\n";
        let tree = tree(FileId(0), text).expect("it is YAML");
        let place = |word: &str| at(&tree, text.find(word).expect("it is there")).expect("something stands there");
        assert_eq!(place("type").path, ["tasks", "a", "type"]);
        assert!(place("type").value.is_none());
        assert_eq!(place("select 1").path, ["tasks", "a", "sql"]);
        assert_eq!(place("c]").path, ["tasks", "b", "from"]);
        assert_eq!(place("c]").value.map(|node| &node.value), Some(&NodeValue::String("c".to_owned())));
    }
}
