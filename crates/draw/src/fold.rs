//! The instances of a `foreach` as one node.

use std::collections::HashMap;

use crate::{DrawGraph, DrawNode, DrawStatus};

/// The graph with each group as one node `name ×12`, in the place of its first instance.
pub fn fold(graph: &DrawGraph) -> DrawGraph {
    let mut nodes: Vec<DrawNode> = Vec::new();
    let mut members: Vec<Vec<&DrawNode>> = Vec::new();
    let mut place_of_group: HashMap<&str, usize> = HashMap::new();
    let places: Vec<usize> = graph
        .nodes
        .iter()
        .map(|node| {
            let known = node.group.as_deref().and_then(|group| place_of_group.get(group).copied());
            let place = known.unwrap_or_else(|| {
                nodes.push(node.clone());
                members.push(Vec::new());
                nodes.len() - 1
            });
            if let Some(group) = &node.group {
                place_of_group.insert(group, place);
            }
            members[place].push(node);
            place
        })
        .collect();
    for (node, members) in nodes.iter_mut().zip(&members) {
        if let Some(group) = &node.group {
            node.id = format!("{group} ×{}", members.len());
            node.status = members.iter().filter_map(|member| member.status).max();
            node.lines = counts(members);
            node.facts = Vec::new();
        }
    }
    let place = |at: usize| places.get(at).copied();
    let edges = graph.edges.iter().filter_map(|&(from, to)| Some((place(from)?, place(to)?))).collect();
    DrawGraph { nodes, edges }
}

/// `10 success, 2 failed`, when the instances have a status.
fn counts(members: &[&DrawNode]) -> Vec<String> {
    let mut counts: Vec<(DrawStatus, usize)> = Vec::new();
    for status in members.iter().filter_map(|member| member.status) {
        match counts.iter_mut().find(|(known, _)| *known == status) {
            Some((_, count)) => *count += 1,
            None => counts.push((status, 1)),
        }
    }
    counts.sort();
    let words: Vec<String> = counts.iter().map(|(status, count)| format!("{count} {}", status.word())).collect();
    if words.is_empty() { Vec::new() } else { vec![words.join(", ")] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_become_one_node_with_the_worst_status() {
        let instance = |key: &str, status| DrawNode {
            id: format!("part@{key}"),
            kind: "load".into(),
            status: Some(status),
            lines: vec!["9 rows".into()],
            group: Some("part".into()),
            ..DrawNode::default()
        };
        let graph = DrawGraph {
            nodes: vec![
                instance("a", DrawStatus::Success),
                DrawNode { id: "all".into(), ..DrawNode::default() },
                instance("b", DrawStatus::Failed),
                instance("c", DrawStatus::Success),
            ],
            edges: vec![(0, 1), (2, 1), (3, 1)],
        };
        let folded = fold(&graph);
        assert_eq!(folded.nodes.len(), 2);
        assert_eq!(folded.nodes[0].id, "part ×3");
        assert_eq!(folded.nodes[0].status, Some(DrawStatus::Failed));
        assert_eq!(folded.nodes[0].lines, ["2 success, 1 failed"]);
        assert_eq!(folded.edges, [(0, 1), (0, 1), (0, 1)]);
    }
}
