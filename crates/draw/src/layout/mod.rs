//! Where boxes and edges go: a layered drawing from left to right, after Sugiyama.
//!
//! Written here because a picture needs the real sizes of its boxes and the bends of its edges, which the layout crates
//! give for text cells, or for the boxes alone.

mod columns;
pub(crate) mod crossings;
mod heights;

use crate::ordered_graph::OrderedGraph;

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
pub struct BoxSize {
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
    pub size: BoxSize,
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

impl Item {
    /// A node, or with none a passage, that is tied to nothing yet.
    pub fn new(node: Option<usize>, height: f64) -> Self {
        Item { node, height, before: Vec::new(), after: Vec::new() }
    }
}

/// Lays out `picture` with boxes of `sizes`.
pub fn layout(graph: &OrderedGraph, sizes: &[BoxSize]) -> Layout {
    let columns = columns::columns(graph);
    let mut items: Vec<Item> =
        sizes.iter().enumerate().map(|(node, size)| Item::new(Some(node), size.height)).collect();
    let mut layers: Vec<Vec<usize>> = vec![Vec::new(); columns.iter().max().map_or(0, |last| last + 1)];
    graph.order.iter().for_each(|&node| layers[columns[node]].push(node));
    let chains = add_passages(&mut items, &mut layers, &graph.edges, &columns, LANE);
    crossings::reduce(&items, &mut layers);
    let middles = heights::middles(&items, &layers);
    let spans = spans(&items, &layers, sizes);

    let placed = |(node, size): (usize, &BoxSize)| {
        let (left, right) = spans[columns[node]];
        let size = BoxSize { width: right - left, height: size.height };
        Placed { x: left, y: middles[node] - size.height / 2.0, size }
    };
    let boxes: Vec<Placed> = sizes.iter().enumerate().map(placed).collect();
    let passage = |(layer, &item): (usize, &usize)| {
        let (from_x, to_x) = spans[layer];
        Passage { from_x, to_x, y: middles[item] }
    };
    let of_edge =
        |&(from, to): &(usize, usize)| (columns[from] + 1..columns[to]).zip(&chains[from]).map(passage).collect();
    let passages = graph.edges.iter().map(of_edge).collect();
    let width = spans.last().map_or(0.0, |span| span.1);
    let height =
        boxes.iter().map(|placed| placed.y + placed.size.height).chain(middles.iter().copied()).fold(0.0, f64::max);
    Layout { boxes, passages, width, height }
}

/// From where to where each layer reaches: as wide as its widest box, and as far from the next as its edges need.
fn spans(items: &[Item], layers: &[Vec<usize>], sizes: &[BoxSize]) -> Vec<(f64, f64)> {
    let mut x = 0.0;
    let mut span = |layer: &Vec<usize>| {
        let widest = layer.iter().filter_map(|&item| items[item].node).map(|node| sizes[node].width);
        let span = (x, x + widest.fold(0.0, f64::max));
        let edges: usize = layer.iter().map(|&item| items[item].after.len()).sum();
        x = span.1 + (LAYER_GAP + GAP_PER_EDGE * edges as f64).min(WIDEST_GAP);
        span
    };
    layers.iter().map(&mut span).collect()
}

/// Ties the ends of each edge to each other, through passages of that height in the layers between them. The passages of a
/// node, one a layer, as far as its farthest edge needs them, serve all its edges: they are returned for each node.
pub(crate) fn add_passages(
    items: &mut Vec<Item>,
    layers: &mut [Vec<usize>],
    edges: &[(usize, usize)],
    layer_of: &[usize],
    height: f64,
) -> Vec<Vec<usize>> {
    let mut chains: Vec<Vec<usize>> = vec![Vec::new(); layer_of.len()];
    for &(from, to) in edges {
        let mut last = from;
        for (step, layer) in (layer_of[from] + 1..layer_of[to]).enumerate() {
            if step == chains[from].len() {
                items.push(Item::new(None, height));
                let item = items.len() - 1;
                layers[layer].push(item);
                chains[from].push(item);
                tie(items, last, item);
            }
            last = chains[from][step];
        }
        tie(items, last, to);
    }
    chains
}

fn tie(items: &mut [Item], from: usize, to: usize) {
    items[from].after.push(to);
    items[to].before.push(from);
}
