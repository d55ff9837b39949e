//! Pictures of a graph of tasks: for a terminal, a README, a browser or another program.
//!
//! A [`DrawGraph`] is all that a picture needs; what a task is, and how it ran, its owner says in plain words. The same
//! graph gives the same picture, byte for byte.

mod dot;
mod fold;
mod graph;
mod html;
mod layout;
mod mermaid;
mod ordered_graph;
mod svg;
mod text;

pub use dot::dot;
pub use graph::{DrawGraph, DrawNode, DrawStatus};
pub use html::html;
pub use mermaid::{mermaid, mermaid_text};
pub use svg::{svg, svg_with_links};
pub use text::{TextStyle, ascii};

/// The graph as JSON, indented, with every instance of a `foreach` by itself.
pub fn json(graph: &DrawGraph) -> String {
    // Strings, lists and pairs of numbers cannot fail to become JSON.
    serde_json::to_string_pretty(graph).unwrap_or_default()
}
