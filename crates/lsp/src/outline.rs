//! The tasks and parameters of a file, as an editor lists them.

#![expect(deprecated, reason = "a field of the protocol that must be given")]

use lsp_types::{DocumentSymbol, SymbolKind};
use tidemill_core::spec::{Key, Node};

use crate::document::range;
use crate::symbol::TASK_LISTS;

/// The lists of a pipeline file that hold things by name.
const LISTS: [(&str, SymbolKind); 3] =
    [("params", SymbolKind::VARIABLE), ("connections", SymbolKind::INTERFACE), ("tests", SymbolKind::EVENT)];

/// What a file declares.
pub fn of(tree: &Node, text: &str) -> Vec<DocumentSymbol> {
    let tasks = TASK_LISTS.map(|list| (list, SymbolKind::FUNCTION));
    let mut symbols = Vec::new();
    for (list, kind) in tasks.into_iter().chain(LISTS) {
        let Some((key, node)) = tree.get(list) else { continue };
        let children = node.entries().iter().map(|(key, node)| symbol(key, node, kind, text, Vec::new())).collect();
        symbols.push(symbol(key, node, SymbolKind::NAMESPACE, text, children));
    }
    symbols.sort_by_key(|symbol| symbol.range.start);
    symbols
}

fn symbol(key: &Key, node: &Node, kind: SymbolKind, text: &str, children: Vec<DocumentSymbol>) -> DocumentSymbol {
    let end = last(node).max(key.span.end);
    DocumentSymbol {
        name: key.name.clone(),
        detail: node.get("type").and_then(|(_, node)| node.value.scalar_text()),
        kind,
        tags: None,
        deprecated: None,
        range: range(text, key.span.start as usize..end as usize),
        selection_range: range(text, key.span.range()),
        children: Some(children),
    }
}

/// The last byte of a node: of a map, that of its last value.
fn last(node: &Node) -> u32 {
    match &node.value {
        tidemill_core::spec::NodeValue::Map(entries) => {
            entries.iter().map(|(key, node)| last(node).max(key.span.end)).max().unwrap_or(node.span.end)
        }
        tidemill_core::spec::NodeValue::List(items) => items.iter().map(last).max().unwrap_or(node.span.end),
        _ => node.span.end,
    }
}
