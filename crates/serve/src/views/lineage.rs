//! The way of a column back to its files as a picture.

use std::collections::BTreeSet;

use serde_json::Value;
use tidemill_draw::{DrawGraph, DrawNode, svg_with_links};

use crate::templates::encoded;

/// What is done to a column is drawn no wider.
const WIDEST: usize = 44;
/// And in no more lines.
const LINES: usize = 3;
/// More columns are not drawn.
const MOST: usize = 300;

/// The picture; empty if it would be too large.
pub fn drawn_lineage(project: &str, lineage: &Value) -> String {
    let nodes: Vec<&Value> = lineage["nodes"].as_array().into_iter().flatten().collect();
    if nodes.len() > MOST {
        return String::new();
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let draw = |node: &&Value| {
        let made = node["made"].as_array().into_iter().flatten().take(LINES);
        DrawNode {
            id: text(&node["name"]),
            kind: text(&node["type"]),
            lines: made.map(|made| shortened(made.as_str().unwrap_or_default())).collect(),
            ..DrawNode::default()
        }
    };
    let from = |node: &Value| -> Vec<usize> {
        let places = node["from"].as_array().into_iter().flatten().filter_map(Value::as_u64);
        places.filter_map(|place| usize::try_from(place).ok()).collect()
    };
    let edges: BTreeSet<(usize, usize)> =
        nodes.iter().enumerate().flat_map(|(at, node)| from(node).into_iter().map(move |from| (from, at))).collect();
    let link = |drawn: &DrawNode| {
        let node = nodes.iter().find(|node| node["name"].as_str() == Some(&drawn.id))?;
        let (task, column) = (node["task"].as_str()?, node["column"].as_str().unwrap_or_default());
        Some(format!("/p/{project}/tasks/{}/lineage?column={}", encoded(task), encoded(column)))
    };
    svg_with_links(&DrawGraph { nodes: nodes.iter().map(draw).collect(), edges: edges.into_iter().collect() }, &link)
}

fn shortened(text: &str) -> String {
    match text.chars().count() > WIDEST {
        true => text.chars().take(WIDEST).chain(['…']).collect(),
        false => text.to_owned(),
    }
}
