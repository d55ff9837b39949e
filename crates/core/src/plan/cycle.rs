//! Finding cycles, and telling them whole.

use std::collections::BTreeSet;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::ids::TaskIx;
use crate::task::EdgeKind;

/// One shortest cycle of each knot of the graph, as the tasks along it; empty if the graph has none.
///
/// Each begins with its first task in the file, so that the same file gives the same message.
pub(super) fn cycles(graph: &DiGraph<TaskIx, EdgeKind>) -> Vec<Vec<TaskIx>> {
    // Not Tarjan's algorithm: petgraph's recurses, and a chain may be as long as the stack is deep.
    let mut found: Vec<Vec<TaskIx>> = kosaraju_scc(graph)
        .into_iter()
        .filter(|knot| knot.len() > 1 || knot.iter().any(|node| graph.contains_edge(*node, *node)))
        .filter_map(|knot| {
            let start = knot.iter().copied().min_by_key(|node| graph[*node])?;
            let knot: BTreeSet<NodeIndex> = knot.into_iter().collect();
            shortest_way_back(graph, start, &knot)
        })
        .collect();
    found.sort();
    found
}

/// Breadth-first from `start` within its knot until an edge leads back to it.
fn shortest_way_back(
    graph: &DiGraph<TaskIx, EdgeKind>,
    start: NodeIndex,
    knot: &BTreeSet<NodeIndex>,
) -> Option<Vec<TaskIx>> {
    let mut came_from = std::collections::HashMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        let mut next: Vec<NodeIndex> = graph.neighbors(node).filter(|next| knot.contains(next)).collect();
        next.sort_by_key(|next| graph[*next]);
        for next in next {
            if next == start {
                let mut path = vec![graph[node]];
                let mut at = node;
                while at != start {
                    at = *came_from.get(&at)?;
                    path.push(graph[at]);
                }
                path.reverse();
                return Some(path);
            }
            if let std::collections::hash_map::Entry::Vacant(entry) = came_from.entry(next) {
                entry.insert(node);
                queue.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(nodes: u32, edges: &[(u32, u32)]) -> DiGraph<TaskIx, EdgeKind> {
        let mut graph = DiGraph::new();
        for node in 0..nodes {
            graph.add_node(TaskIx(node));
        }
        for (from, to) in edges {
            graph.add_edge(NodeIndex::new(*from as usize), NodeIndex::new(*to as usize), EdgeKind::Table);
        }
        graph
    }

    fn found(nodes: u32, edges: &[(u32, u32)]) -> Vec<Vec<u32>> {
        cycles(&graph(nodes, edges)).into_iter().map(|path| path.into_iter().map(|ix| ix.0).collect()).collect()
    }

    #[test]
    fn a_graph_without_cycles_has_none() {
        assert!(found(3, &[(0, 1), (1, 2), (0, 2)]).is_empty());
    }

    #[test]
    fn the_shortest_cycle_is_told_from_its_first_task() {
        assert_eq!(found(4, &[(0, 1), (1, 2), (2, 3), (3, 0), (2, 0)]), [[0, 1, 2]]);
    }

    #[test]
    fn a_cycle_of_a_hundred_thousand_is_found() {
        let edges: Vec<(u32, u32)> = (0..100_000).map(|at| (at, (at + 1) % 100_000)).collect();
        assert_eq!(found(100_000, &edges)[0].len(), 100_000);
    }

    #[test]
    fn a_task_that_needs_itself_and_two_knots_are_told_each() {
        assert_eq!(found(4, &[(0, 0), (2, 3), (3, 2)]), [vec![0], vec![2, 3]]);
    }
}
