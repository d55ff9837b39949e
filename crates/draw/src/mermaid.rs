//! The graph for Mermaid, which many places that show Markdown draw.

use std::fmt::Write;

use crate::DrawGraph;
use crate::ordered_graph::OrderedGraph;

/// The graph as a Mermaid flowchart, from left to right.
pub fn mermaid(graph: &DrawGraph) -> String {
    let graph = OrderedGraph::of(graph);
    let mut text = String::from("flowchart LR\n");
    let mut kinds: Vec<(&str, &str)> = Vec::new();
    // Writing to a string cannot fail, here and below.
    for (at, node) in graph.nodes.iter().enumerate() {
        let class = match kinds.iter().position(|(kind, _)| *kind == node.kind) {
            Some(class) => class,
            None => {
                kinds.push((&node.kind, node.colour()));
                kinds.len() - 1
            }
        };
        let mut label = vec![format!("<b>{}</b>", mermaid_text(&node.id)), mermaid_text(&node.kind)];
        label.extend(node.status.map(|status| status.word().to_owned()));
        label.extend(node.lines.iter().map(|line| mermaid_text(line)));
        let _ = writeln!(text, "    n{at}[\"{}\"]:::k{class}", label.join("<br>"));
    }
    for (from, to) in &graph.edges {
        let _ = writeln!(text, "    n{from} --> n{to}");
    }
    for (class, (_, colour)) in kinds.iter().enumerate() {
        let _ = writeln!(text, "    classDef k{class} stroke:{colour},stroke-width:2px");
    }
    text
}

/// A text as it stands between quotes in a Mermaid drawing, which reads `#name;` as HTML reads `&name;`.
pub fn mermaid_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            '`' => out.push_str("#96;"),
            '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
