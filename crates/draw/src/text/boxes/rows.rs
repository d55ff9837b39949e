//! Which boxes stand side by side.

use unicode_width::UnicodeWidthStr;

use super::Rows;
use crate::layout::{Item, crossings, tie};
use crate::picture::Picture;

/// The columns between two boxes.
pub const BOX_GAP: usize = 2;
/// The columns that a line on its way through a row takes, with the gap beside it.
const PASSAGE: usize = 2;

/// Cuts the graph into rows. Each task stands as low as those that need it allow, one that nobody needs right below what it
/// needs; too many for the width become several rows. None if a single box is too wide.
pub fn cut(picture: &Picture, edges: &[(usize, usize)], width: usize) -> Option<Rows> {
    let nodes = picture.nodes.len();
    let (mut before, mut after) = (vec![Vec::new(); nodes], vec![Vec::new(); nodes]);
    for &(from, to) in edges {
        after[from].push(to);
        before[to].push(from);
    }
    // Room for the id, and for a line into the box from each task before it.
    let mut widths: Vec<usize> =
        (0..nodes).map(|at| (picture.nodes[at].id.width() + 4).max(2 * before[at].len() + 3)).collect();
    let depths = depths(picture, &before, &after);
    let mut layers: Vec<Vec<usize>> = vec![Vec::new(); depths.iter().max().map_or(0, |last| last + 1)];
    picture.order.iter().for_each(|&node| layers[depths[node]].push(node));

    let mut rows: Vec<Vec<usize>> = Vec::new();
    let mut placed = vec![false; nodes];
    for mut layer in layers {
        // What depends on tasks far above goes first: their lines end here.
        layer.sort_by_key(|&node| before[node].iter().map(|&before| depths[before]).max());
        while !layer.is_empty() {
            let mut row: Vec<usize> = Vec::new();
            let mut rest = Vec::new();
            for node in layer {
                row.push(node);
                let passing = (0..nodes)
                    .filter(|&from| placed[from] && after[from].iter().any(|to| !placed[*to] && !row.contains(to)))
                    .count();
                let boxes: usize = row.iter().map(|&node| widths[node] + BOX_GAP).sum();
                if boxes - BOX_GAP + passing * PASSAGE > width {
                    row.pop();
                    rest.push(node);
                }
            }
            if row.is_empty() {
                return None;
            }
            row.iter().for_each(|&node| placed[node] = true);
            rows.push(row);
            layer = rest;
        }
    }

    let mut row_of = vec![0; nodes];
    rows.iter().enumerate().for_each(|(at, row)| row.iter().for_each(|&node| row_of[node] = at));
    let mut items: Vec<Item> =
        (0..nodes).map(|node| Item { node: Some(node), height: 0.0, before: Vec::new(), after: Vec::new() }).collect();
    let mut chains: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for &(from, to) in edges {
        let mut last = from;
        for (step, row) in (row_of[from] + 1..row_of[to]).enumerate() {
            if step == chains[from].len() {
                items.push(Item { node: None, height: 0.0, before: Vec::new(), after: Vec::new() });
                widths.push(1);
                rows[row].push(items.len() - 1);
                chains[from].push(items.len() - 1);
                tie(&mut items, last, chains[from][step]);
            }
            last = chains[from][step];
        }
        tie(&mut items, last, to);
    }
    crossings::reduce(&items, &mut rows);
    Some(Rows { items, widths, rows })
}

/// The layer of each task.
fn depths(picture: &Picture, before: &[Vec<usize>], after: &[Vec<usize>]) -> Vec<usize> {
    let mut height = vec![0; before.len()];
    for &node in picture.order.iter().rev() {
        height[node] = after[node].iter().map(|&after| height[after] + 1).max().unwrap_or(0);
    }
    let highest = height.iter().max().copied().unwrap_or(0);
    let mut depths: Vec<usize> = height.iter().map(|height| highest - height).collect();
    for &node in &picture.order {
        if after[node].is_empty() {
            depths[node] = before[node].iter().map(|&before| depths[before] + 1).max().unwrap_or(0);
        }
    }
    depths
}
