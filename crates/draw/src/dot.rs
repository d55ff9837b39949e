//! The graph for Graphviz.

use std::fmt::Write;

use crate::DrawGraph;
use crate::ordered_graph::OrderedGraph;

/// The graph in the DOT language, from left to right.
pub fn dot(graph: &DrawGraph) -> String {
    let graph = OrderedGraph::of(graph);
    let mut text = String::from(
        "digraph pipeline {\n    rankdir=LR;\n    node [shape=box, style=rounded, fontname=\"Helvetica\"];\n    edge [color=\"#8a94a0\"];\n",
    );
    // Writing to a string cannot fail, here and below.
    for node in &graph.nodes {
        let mut label = vec![node.id.as_str(), node.kind.as_str()];
        label.extend(node.status.map(|status| status.word()));
        label.extend(node.lines.iter().map(String::as_str));
        let label = label.iter().map(|line| escape(line)).collect::<Vec<_>>().join("\\n");
        let _ = writeln!(text, "    \"{}\" [label=\"{label}\", color=\"{}\"];", escape(&node.id), node.colour());
    }
    for &(from, to) in &graph.edges {
        let _ = writeln!(text, "    \"{}\" -> \"{}\";", escape(&graph.nodes[from].id), escape(&graph.nodes[to].id));
    }
    text.push_str("}\n");
    text
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ")
}
