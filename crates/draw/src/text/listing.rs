//! One line a task that names the tasks before it, for graphs with more edges side by side than a screen has columns.

use super::TextStyle;
use super::rows::{ColumnWidths, Row};
use crate::ordered_graph::OrderedGraph;

/// The picture; every graph has one.
pub fn draw(graph: &OrderedGraph, style: TextStyle) -> String {
    let arrow = if style.unicode { "←" } else { "<-" };
    let rows: Vec<Row<'_>> = graph
        .order
        .iter()
        .map(|&at| {
            let node = &graph.nodes[at];
            let row = Row::of(node, (String::new(), String::new()), 1);
            let names: Vec<&str> = graph.before[at].iter().map(|&before| graph.nodes[before].id.as_str()).collect();
            let known: Vec<String> = node
                .status
                .map(|status| status.word().to_owned())
                .into_iter()
                .chain(node.lines.iter().cloned())
                .collect();
            let before = match names.as_slice() {
                [] => String::new(),
                [.., last] if names.len() > 4 => format!("{arrow} {} and {} more, {last}", names[0], names.len() - 2),
                names => format!("{arrow} {}", names.join(", ")),
            };
            let note = [known.join(", "), before].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
            row.with_note(note.join("  "))
        })
        .collect();
    ColumnWidths::of(&rows, style).write(&rows)
}
