//! Where boxes and edges go: a layered drawing from left to right, after Sugiyama.
//!
//! Written here because a picture needs the real sizes of its boxes and the bends of its edges, which the layout crates
//! give for text cells, or for the boxes alone.

mod columns;
pub(crate) mod crossings;
mod heights;

use crate::picture::Picture;

/// The least distance between the boxes of two layers, in pixels.
const LAYER_GAP: f64 = 60.0;
/// What each edge between two layers adds to their distance, so that many have room to bend, up to a limit.
const GAP_PER_EDGE: f64 = 3.0;
const WIDEST_GAP: f64 = 150.0;
/// The distance between two boxes of a layer.
const BOX_GAP: f64 = 20.0;
/// The room that an edge takes on its way through a layer.
const LANE: f64 = 8.0;

/// The size of a box, in pixels.
#[derive(Clone, Copy)]
pub struct Size {
    /// From left to right.
    pub width: f64,
    /// From top to bottom.
    pub height: f64,
}

/// A box in its place.
#[derive(Clone, Copy)]
pub struct Placed {
    /// Its left side.
    pub x: f64,
    /// Its top.
    pub y: f64,
    /// All boxes of a layer are as wide as the widest.
    pub size: Size,
}

/// A straight passage of an edge through a layer that it skips.
#[derive(Clone, Copy)]
pub struct Passage {
    /// Where it enters.
    pub from_x: f64,
    /// Where it leaves.
    pub to_x: f64,
    /// Its height.
    pub y: f64,
}

/// A drawing.
pub struct Layout {
    /// The boxes, in the order of the nodes.
    pub boxes: Vec<Placed>,
    /// The passages of each edge, in the order of the edges. Edges of one node share theirs as far as they can.
    pub passages: Vec<Vec<Passage>>,
    /// The whole width.
    pub width: f64,
    /// The whole height.
    pub height: f64,
}

/// What takes room in a layer: a node, or an edge on its way through.
pub(crate) struct Item {
    /// The node, unless it is a passage.
    pub node: Option<usize>,
    /// The room that it takes across.
    pub height: f64,
    /// The items of the layer before that it is tied to.
    pub before: Vec<usize>,
    /// The items of the layer after.
    pub after: Vec<usize>,
}

/// Lays out `picture` with boxes of `sizes`.
pub fn layout(picture: &Picture, sizes: &[Size]) -> Layout {
    let columns = columns::columns(picture);
    let layers_there = columns.iter().max().map_or(0, |last| last + 1);
    let mut items: Vec<Item> = sizes
        .iter()
        .enumerate()
        .map(|(node, size)| Item { node: Some(node), height: size.height, before: Vec::new(), after: Vec::new() })
        .collect();
    let mut layers: Vec<Vec<usize>> = vec![Vec::new(); layers_there];
    picture.order.iter().for_each(|&node| layers[columns[node]].push(node));

    // The chain of passages of each node, one a layer, as far as its farthest edge needs it.
    let mut chains: Vec<Vec<usize>> = vec![Vec::new(); sizes.len()];
    for &(from, to) in &picture.edges {
        let mut last = from;
        for (step, layer) in (columns[from] + 1..columns[to]).enumerate() {
            if step == chains[from].len() {
                items.push(Item { node: None, height: LANE, before: Vec::new(), after: Vec::new() });
                let item = items.len() - 1;
                layers[layer].push(item);
                chains[from].push(item);
                tie(&mut items, last, item);
            }
            last = chains[from][step];
        }
        tie(&mut items, last, to);
    }

    crossings::reduce(&items, &mut layers);
    let middles = heights::middles(&items, &layers);

    let mut x = 0.0;
    let mut width = 0.0;
    let spans: Vec<(f64, f64)> = layers
        .iter()
        .map(|layer| {
            let widest = layer.iter().filter_map(|&item| items[item].node).map(|node| sizes[node].width);
            width = x + widest.fold(0.0, f64::max);
            let span = (x, width);
            let edges: usize = layer.iter().map(|&item| items[item].after.len()).sum();
            x = width + (LAYER_GAP + GAP_PER_EDGE * edges as f64).min(WIDEST_GAP);
            span
        })
        .collect();
    let boxes: Vec<Placed> = sizes
        .iter()
        .enumerate()
        .map(|(node, size)| {
            let (left, right) = spans[columns[node]];
            let size = Size { width: right - left, height: size.height };
            Placed { x: left, y: middles[node] - size.height / 2.0, size }
        })
        .collect();
    let passages = picture
        .edges
        .iter()
        .map(|&(from, to)| {
            let layers = columns[from] + 1..columns[to];
            let passage = |(layer, &item): (usize, &usize)| {
                let (from_x, to_x) = spans[layer];
                Passage { from_x, to_x, y: middles[item] }
            };
            layers.zip(&chains[from]).map(passage).collect()
        })
        .collect();
    let height = boxes.iter().map(|placed| placed.y + placed.size.height).chain(middles).fold(0.0, f64::max);
    Layout { boxes, passages, width, height }
}

pub(crate) fn tie(items: &mut [Item], from: usize, to: usize) {
    items[from].after.push(to);
    items[to].before.push(from);
}
