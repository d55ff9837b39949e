//! Which boxes stand side by side.

use unicode_width::UnicodeWidthStr;

use super::Rows;
use crate::layout::{Item, add_passages, crossings};
use crate::ordered_graph::OrderedGraph;

/// The columns between two boxes.
pub const BOX_GAP: usize = 2;
/// The columns that a line on its way through a row takes, with the gap beside it.
const PASSAGE: usize = 2;

/// Cuts the graph into rows. Each task stands as low as those that need it allow, one that nobody needs right below what it
/// needs; too many for the width become several rows. None if a single box is too wide.
pub fn cut(graph: &OrderedGraph, edges: &[(usize, usize)], width: usize) -> Option<Rows> {
    let nodes = graph.nodes.len();
    let (mut before, mut after) = (vec![Vec::new(); nodes], vec![Vec::new(); nodes]);
    for &(from, to) in edges {
        after[from].push(to);
        before[to].push(from);
    }
    // Room for the id, and for a line into the box from each task before it.
    let room = |at: usize| (graph.nodes[at].id.width() + 4).max(2 * before[at].len() + 3);
    let mut widths: Vec<usize> = (0..nodes).map(room).collect();
    let depths = depths(graph, &before, &after);
    let mut layers: Vec<Vec<usize>> = vec![Vec::new(); depths.iter().max().map_or(0, |last| last + 1)];
    graph.order.iter().for_each(|&node| layers[depths[node]].push(node));

    let mut cut = Cut { after: &after, widths: &widths, width, placed: vec![false; nodes], rows: Vec::new() };
    for mut layer in layers {
        // What depends on tasks far above goes first: their lines end here.
        layer.sort_by_key(|&node| before[node].iter().map(|&before| depths[before]).max());
        cut.add(layer)?;
    }
    let mut rows = cut.rows;
    let mut row_of = vec![0; nodes];
    rows.iter().enumerate().for_each(|(at, row)| row.iter().for_each(|&node| row_of[node] = at));
    let mut items: Vec<Item> = (0..nodes).map(|node| Item::new(Some(node), 0.0)).collect();
    add_passages(&mut items, &mut rows, edges, &row_of, 0.0);
    widths.resize(items.len(), 1);
    crossings::reduce(&items, &mut rows);
    Some(Rows { items, widths, rows })
}

/// Rows on their way.
struct Cut<'a> {
    after: &'a [Vec<usize>],
    widths: &'a [usize],
    /// How wide a row may be.
    width: usize,
    /// The nodes that are in a row.
    placed: Vec<bool>,
    rows: Vec<Vec<usize>>,
}

impl Cut<'_> {
    /// Adds a layer, in as many rows as it needs. None if a single box is too wide.
    fn add(&mut self, mut layer: Vec<usize>) -> Option<()> {
        while !layer.is_empty() {
            let mut row: Vec<usize> = Vec::new();
            let mut rest = Vec::new();
            for node in layer {
                row.push(node);
                if !self.fits(&row) {
                    row.pop();
                    rest.push(node);
                }
            }
            if row.is_empty() {
                return None;
            }
            row.iter().for_each(|&node| self.placed[node] = true);
            self.rows.push(row);
            layer = rest;
        }
        Some(())
    }

    /// Whether these boxes have room side by side, with the lines that pass them.
    fn fits(&self, row: &[usize]) -> bool {
        let waits = |to: &usize| !self.placed[*to] && !row.contains(to);
        let passes = |from: &usize| self.placed[*from] && self.after[*from].iter().any(waits);
        let passing = (0..self.placed.len()).filter(passes).count();
        let boxes: usize = row.iter().map(|&node| self.widths[node] + BOX_GAP).sum();
        boxes - BOX_GAP + passing * PASSAGE <= self.width
    }
}

/// The layer of each task.
fn depths(graph: &OrderedGraph, before: &[Vec<usize>], after: &[Vec<usize>]) -> Vec<usize> {
    let mut height = vec![0; before.len()];
    for &node in graph.order.iter().rev() {
        height[node] = after[node].iter().map(|&after| height[after] + 1).max().unwrap_or(0);
    }
    let highest = height.iter().max().copied().unwrap_or(0);
    let mut depths: Vec<usize> = height.iter().map(|height| highest - height).collect();
    for &node in &graph.order {
        if after[node].is_empty() {
            depths[node] = before[node].iter().map(|&before| depths[before] + 1).max().unwrap_or(0);
        }
    }
    depths
}
