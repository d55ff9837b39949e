//! Boxes in rows, with lines that run down between them.
//!
//! Every line belongs either to one task and leads to all that need it, or to one task and gathers what it needs; so lines
//! that meet always mean the same, and where two others cross, the one that runs down goes on and the other is broken.
//! An edge beside a longer way is named below instead of drawn.

mod canvas;
mod channel;
mod place;
mod rows;

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::TextStyle;
use crate::layout::Item;
use crate::ordered_graph::OrderedGraph;
use canvas::Canvas;

/// More boxes than these are more than one takes in.
const MOST_BOXES: usize = 40;
/// More lines side by side between two rows cannot be followed.
const MOST_TRACKS: usize = 14;
/// The lines of a box.
const BOX_LINES: usize = 3;

/// A graph cut into rows that fit the width.
struct Rows {
    /// The boxes, in the order of the nodes, and the lines that pass rows.
    items: Vec<Item>,
    /// The columns that each item takes.
    widths: Vec<usize>,
    /// The items of each row, from left to right.
    rows: Vec<Vec<usize>>,
}

/// The picture, if it is small enough to be clear and has no more to say than its ids.
pub fn draw(graph: &OrderedGraph, style: TextStyle) -> Option<String> {
    let plain = graph.nodes.iter().all(|node| node.status.is_none() && node.lines.is_empty());
    if !plain || graph.nodes.is_empty() || graph.nodes.len() > MOST_BOXES {
        return None;
    }
    let implied = graph.implied();
    let edges = |wanted: bool| {
        let chosen = graph.edges.iter().zip(&implied).filter(move |(_, implied)| **implied == wanted);
        chosen.map(|(edge, _)| *edge).collect::<Vec<(usize, usize)>>()
    };
    let rows = rows::cut(graph, &edges(false), style.width)?;
    let left = place::place(&rows, style.width)?;
    let mut canvas = Canvas::new(style);
    let mut top = 0;
    for (at, row) in rows.rows.iter().enumerate() {
        for &item in row {
            match rows.items[item].node {
                Some(node) => canvas.frame(left[item], top, &graph.nodes[node].id, rows.widths[item]),
                None => (0..BOX_LINES).for_each(|line| canvas.down(left[item], top + line)),
            }
        }
        top += BOX_LINES;
        if at + 1 < rows.rows.len() {
            let channel = channel::route(&rows, at, &left)?;
            if channel.tracks > MOST_TRACKS {
                return None;
            }
            channel.draw(&mut canvas, top);
            top += channel.lines();
        }
    }
    let mut text = canvas.write();
    text += &beside(graph, &edges(true), style)?;
    Some(text)
}

/// A line for each task that has edges beside longer ways: `also mail ← fig_a, fig_b`. None if one would be too long.
fn beside(graph: &OrderedGraph, edges: &[(usize, usize)], style: TextStyle) -> Option<String> {
    let arrow = if style.unicode { "←" } else { "<-" };
    let mut text = String::new();
    for &node in &graph.order {
        let names: Vec<&str> =
            edges.iter().filter(|(_, to)| *to == node).map(|(from, _)| graph.nodes[*from].id.as_str()).collect();
        if names.is_empty() {
            continue;
        }
        let line = format!("also {} {arrow} {}", graph.nodes[node].id, names.join(", "));
        if line.width() > style.width {
            return None;
        }
        // Writing to a string cannot fail.
        let _ = match style.colour {
            true => writeln!(text, "\u{1b}[2m{line}\u{1b}[0m"),
            false => writeln!(text, "{line}"),
        };
    }
    Some(if text.is_empty() { text } else { format!("\n{text}") })
}
