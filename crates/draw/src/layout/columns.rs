//! Which layer each node stands in.

use crate::ordered_graph::OrderedGraph;

/// The layer of each node, from 0: as far left as what comes before it allows, but beside what comes after it when
/// more edges lead there, so that few edges are long.
pub fn columns(graph: &OrderedGraph) -> Vec<usize> {
    let mut columns = vec![0; graph.nodes.len()];
    for &node in &graph.order {
        columns[node] = graph.before[node].iter().map(|&before| columns[before] + 1).max().unwrap_or(0);
    }
    for &node in graph.order.iter().rev() {
        let (before, after) = (&graph.before[node], &graph.after[node]);
        if after.len() > before.len()
            && let Some(next) = after.iter().map(|&after| columns[after]).min()
        {
            columns[node] = next - 1;
        }
    }
    columns
}
