//! The graph as every picture wants it: folded, without cycles, with neighbours at hand.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::fold::fold;
use crate::{DrawGraph, DrawNode};

/// A graph that can be drawn.
pub struct OrderedGraph {
    /// The nodes.
    pub nodes: Vec<DrawNode>,
    /// The edges, each once, sorted.
    pub edges: Vec<(usize, usize)>,
    /// The nodes before each node, ascending.
    pub before: Vec<Vec<usize>>,
    /// The nodes after each node, ascending.
    pub after: Vec<Vec<usize>>,
    /// The nodes such that each stands after all before it. What a node makes possible follows it closely.
    pub order: Vec<usize>,
}

impl OrderedGraph {
    /// Folds and sorts `graph`.
    pub fn of(graph: &DrawGraph) -> Self {
        let DrawGraph { nodes, mut edges } = fold(graph);
        edges.retain(|(from, to)| from != to);
        edges.sort_unstable();
        edges.dedup();
        let (mut before, mut after) = neighbours(nodes.len(), &edges);
        let order = order(&before, &after);
        let mut place = vec![0; nodes.len()];
        order.iter().enumerate().for_each(|(at, &node)| place[node] = at);
        let edges_there = edges.len();
        edges.retain(|&(from, to)| place[from] < place[to]);
        if edges.len() < edges_there {
            (before, after) = neighbours(nodes.len(), &edges);
        }
        Self { nodes, edges, before, after, order }
    }

    /// For each edge whether a longer way leads from its start to its end as well.
    pub fn implied(&self) -> Vec<bool> {
        let words = self.nodes.len().div_ceil(64);
        // For each node the set of nodes that come after it, as bits.
        let mut reached = vec![vec![0_u64; words]; self.nodes.len()];
        for &node in self.order.iter().rev() {
            let mut set = std::mem::take(&mut reached[node]);
            for &next in &self.after[node] {
                set[next / 64] |= 1 << (next % 64);
                set.iter_mut().zip(&reached[next]).for_each(|(word, more)| *word |= more);
            }
            reached[node] = set;
        }
        let comes_after = |node: usize, other: usize| reached[node][other / 64] >> (other % 64) & 1 == 1;
        self.edges.iter().map(|&(from, to)| self.after[from].iter().any(|&next| comes_after(next, to))).collect()
    }
}

fn neighbours(nodes: usize, edges: &[(usize, usize)]) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let (mut before, mut after) = (vec![Vec::new(); nodes], vec![Vec::new(); nodes]);
    for &(from, to) in edges {
        after[from].push(to);
        before[to].push(from);
    }
    (before, after)
}

/// Depth first: of the nodes that are ready, the one that became so last. In a cycle, the first node is taken as ready.
fn order(before: &[Vec<usize>], after: &[Vec<usize>]) -> Vec<usize> {
    let mut waits: Vec<usize> = before.iter().map(Vec::len).collect();
    let mut done = vec![false; before.len()];
    let mut order = Vec::with_capacity(before.len());
    let mut ready: BinaryHeap<(usize, Reverse<usize>)> =
        (0..before.len()).filter(|&node| waits[node] == 0).map(|node| (0, Reverse(node))).collect();
    let mut unseen = 0;
    loop {
        let node = match ready.pop() {
            Some((_, Reverse(node))) => node,
            None => match (unseen..before.len()).find(|&node| !done[node]) {
                Some(node) => {
                    unseen = node;
                    node
                }
                None => return order,
            },
        };
        if std::mem::replace(&mut done[node], true) {
            continue;
        }
        order.push(node);
        for &next in &after[node] {
            waits[next] -= 1;
            if waits[next] == 0 && !done[next] {
                ready.push((order.len(), Reverse(next)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(nodes: usize, edges: &[(usize, usize)]) -> OrderedGraph {
        let nodes = (0..nodes).map(|at| DrawNode { id: at.to_string(), ..DrawNode::default() }).collect();
        OrderedGraph::of(&DrawGraph { nodes, edges: edges.to_vec() })
    }

    #[test]
    fn what_a_node_makes_possible_follows_it_closely() {
        assert_eq!(graph(5, &[(0, 2), (1, 3), (2, 4), (3, 4)]).order, [0, 2, 1, 3, 4]);
    }

    #[test]
    fn edges_that_close_a_cycle_or_lead_nowhere_are_left_out() {
        assert_eq!(graph(3, &[(0, 1), (1, 2), (2, 0), (1, 1), (0, 1), (0, 9)]).edges, [(0, 1), (1, 2)]);
    }

    #[test]
    fn an_edge_beside_a_longer_way_is_implied() {
        assert_eq!(graph(3, &[(0, 1), (0, 2), (1, 2)]).implied(), [false, true, false]);
    }
}
