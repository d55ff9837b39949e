//! One line a task, with the edges in lanes on the left, as `git log --graph` draws commits.
//!
//! A lane begins at a task and runs down to the last task that needs it. On the line of such a task, `├` or `╰` says
//! that the lane leads there; a lane that is only crossed stays `│`.

use super::TextStyle;
use super::rows::{ColumnWidths, Row};
use crate::ordered_graph::OrderedGraph;

/// The share of the width that lanes may take.
const MOST_LANES: usize = 3;

/// The signs of the drawing.
struct Signs {
    down: char,
    across: char,
    /// A lane that leads to the line's task, by whether it ends there, and whether it is the first, between or the last.
    joins: [[char; 3]; 2],
}

const UNICODE: Signs = Signs { down: '│', across: '─', joins: [['├', '┼', '┤'], ['╰', '┴', '╯']] };
const ASCII: Signs = Signs { down: '|', across: '-', joins: [['+', '+', '+'], ['`', '^', '\'']] };

/// The picture, unless its lanes take more than a third of the width.
pub fn draw(graph: &OrderedGraph, style: TextStyle) -> Option<String> {
    let signs = if style.unicode { &UNICODE } else { &ASCII };
    // The task whose result runs down each lane, and how many tasks still wait for each.
    let mut lanes: Vec<Option<usize>> = Vec::new();
    let mut waiting: Vec<usize> = graph.after.iter().map(Vec::len).collect();
    // The lane of a last task stays free for one line: a mark right below would seem to follow from it.
    let mut resting = None;
    let mut rows = Vec::with_capacity(graph.nodes.len());
    for &node in &graph.order {
        let inputs: Vec<bool> =
            lanes.iter().map(|lane| lane.is_some_and(|of| graph.before[node].binary_search(&of).is_ok())).collect();
        graph.before[node].iter().for_each(|&before| waiting[before] -= 1);
        let ends = |lane: Option<usize>| lane.is_some_and(|of| waiting[of] == 0);
        let own = (0..lanes.len())
            .find(|&lane| inputs[lane] && ends(lanes[lane]))
            .or_else(|| (0..lanes.len()).find(|&lane| lanes[lane].is_none() && resting != Some(lane)))
            .unwrap_or(lanes.len() + usize::from(resting == Some(lanes.len())));
        if own >= lanes.len() {
            lanes.resize(own + 1, None);
        }
        if lanes.len() * 2 * MOST_LANES > style.width {
            return None;
        }
        rows.push(Row::of(&graph.nodes[node], line(signs, &lanes, &inputs, own, ends), lanes.len() * 2));
        for lane in &mut lanes {
            if ends(*lane) {
                *lane = None;
            }
        }
        lanes[own] = (waiting[node] > 0).then_some(node);
        resting = (waiting[node] == 0).then_some(own);
        while lanes.last() == Some(&None) {
            lanes.pop();
        }
    }
    Some(ColumnWidths::of(&rows, style).write(&rows))
}

/// The lanes before and after the task's mark.
fn line(
    signs: &Signs,
    lanes: &[Option<usize>],
    inputs: &[bool],
    own: usize,
    ends: impl Fn(Option<usize>) -> bool,
) -> (String, String) {
    let tied = |lane: usize| lane == own || inputs.get(lane) == Some(&true);
    let first = (0..lanes.len()).find(|&lane| tied(lane)).unwrap_or(own);
    let last = (0..lanes.len()).rev().find(|&lane| tied(lane)).unwrap_or(own);
    let (mut left, mut right) = (String::new(), String::new());
    for (at, &lane) in lanes.iter().enumerate() {
        let side = if at < own { &mut left } else { &mut right };
        let within = first <= at && at <= last;
        if at != own {
            side.push(match (lane, tied(at)) {
                (Some(_), true) => {
                    let position = if at == first { 0 } else { 1 + usize::from(at == last) };
                    signs.joins[usize::from(ends(lane))][position]
                }
                (Some(_), false) => signs.down,
                (None, _) if within => signs.across,
                (None, _) => ' ',
            });
        }
        side.push(if within && at < last { signs.across } else { ' ' });
    }
    (left, right)
}
