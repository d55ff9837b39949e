//! The graph as a page to look around in.

use crate::DrawGraph;
use crate::svg::svg;

/// The page around the drawing.
const PAGE: &str = include_str!("page.html");

/// The graph as one HTML file that needs nothing else: drag to move, turn the wheel to zoom, point at a task to see what
/// it needs and what needs it.
pub fn html(graph: &DrawGraph) -> String {
    PAGE.replacen("<!--graph-->", &svg(graph), 1)
}
