//! The graph for a terminal.

mod boxes;
mod lanes;
mod listing;
mod rows;

use crate::DrawGraph;
use crate::ordered_graph::OrderedGraph;

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextStyle {
    /// Its columns. Nothing is wider, unless a single id is.
    pub width: usize,
    /// Whether it shows colours.
    pub colour: bool,
    /// Whether it shows more than ASCII.
    pub unicode: bool,
}

/// The graph as text.
///
/// A graph of up to 40 tasks without more to say than their ids becomes boxes in rows with arrows between them. Any other becomes one line a task: the edges
/// run down on the left, the type and what else is known stand on the right. With more edges side by side than fit, each
/// line names the tasks before it instead.
pub fn ascii(graph: &DrawGraph, style: TextStyle) -> String {
    let graph = OrderedGraph::of(graph);
    boxes::draw(&graph, style).or_else(|| lanes::draw(&graph, style)).unwrap_or_else(|| listing::draw(&graph, style))
}
