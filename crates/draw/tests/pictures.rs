//! What people and programs see of a graph.

use proptest::prelude::*;
use tidemill_draw::{DrawGraph, DrawNode, DrawStatus, TextStyle, ascii, dot, html, json, mermaid, svg};
use unicode_width::UnicodeWidthStr;

const PLAIN: TextStyle = TextStyle { width: 80, colour: false, unicode: true };

/// The smart-retail pipeline: `task type: tasks before it`.
fn retail() -> DrawGraph {
    graph(include_str!("retail.txt"))
}

/// Some types have a colour.
fn colour(kind: &str) -> Option<&'static str> {
    let colours = [
        ("load", "#2f6fb5"),
        ("normalize", "#0f857c"),
        ("join", "#7a4fb3"),
        ("aggregate", "#a8570f"),
        ("sql", "#8a6a00"),
        ("chart", "#b3386b"),
        ("report", "#3f7d2c"),
        ("email", "#b23b32"),
        ("command", "#4d5b6a"),
    ];
    colours.iter().find(|(known, _)| *known == kind).map(|(_, colour)| *colour)
}

fn graph(text: &str) -> DrawGraph {
    let mut graph = DrawGraph::default();
    for line in text.lines() {
        let (task, before) = line.split_once(':').unwrap();
        let (id, kind) = task.split_once(' ').unwrap();
        for before in before.split_whitespace() {
            let from = graph.nodes.iter().position(|node| node.id == before).unwrap();
            graph.edges.push((from, graph.nodes.len()));
        }
        graph.nodes.push(DrawNode { id: id.into(), kind: kind.into(), colour: colour(kind), ..DrawNode::default() });
    }
    graph
}

fn ran(mut graph: DrawGraph) -> DrawGraph {
    for (at, node) in graph.nodes.iter_mut().enumerate() {
        (node.status, node.lines) = match at % 9 {
            0 => (Some(DrawStatus::Cached), vec!["1,000 rows".into()]),
            7 => (Some(DrawStatus::Failed), vec![]),
            8 => (Some(DrawStatus::Skipped), vec![]),
            _ => (Some(DrawStatus::Success), vec!["10,200 rows".into(), format!("{at} ms")]),
        };
    }
    graph
}

#[test]
fn retail_in_80_columns() {
    insta::assert_snapshot!(ascii(&retail(), PLAIN));
}

#[test]
fn retail_in_boxes_of_ascii_letters() {
    let text = ascii(&retail(), TextStyle { unicode: false, ..PLAIN });
    assert!(text.is_ascii());
    insta::assert_snapshot!(text);
}

#[test]
fn lines_that_cross_do_not_join() {
    insta::assert_snapshot!(ascii(
        &graph(
            "left load:\nright load:\nwide_one sql: left right\nwide_two sql: left right\nend report: wide_two left"
        ),
        PLAIN
    ));
}

#[test]
fn retail_after_a_run_in_ascii_letters() {
    insta::assert_snapshot!(ascii(&ran(retail()), TextStyle { unicode: false, ..PLAIN }));
}

#[test]
fn a_small_graph_has_boxes() {
    insta::assert_snapshot!(ascii(
        &graph("a load:\nb load:\nboth join: a b\nsum aggregate: both\nmail email: sum"),
        PLAIN
    ));
}

#[test]
fn a_hub_of_five_hundred_names_its_neighbours() {
    let mut graph = DrawGraph::default();
    for at in 0..500 {
        graph.nodes.push(DrawNode {
            id: format!("part_{at:03}"),
            kind: "load".into(),
            colour: colour("load"),
            ..DrawNode::default()
        });
        graph.edges.push((at, 500));
    }
    graph.nodes.push(DrawNode { id: "all".into(), kind: "sql".into(), colour: colour("sql"), ..DrawNode::default() });
    let text = ascii(&graph, PLAIN);
    assert_eq!(text.lines().count(), 501);
    insta::assert_snapshot!(text.lines().skip(498).collect::<Vec<_>>().join("\n"));
}

#[test]
fn instances_are_one_node() {
    let mut graph = graph("countries load:\npart@fr sql: countries\npart@de sql: countries\nall sql: part@fr part@de");
    graph.nodes[1].group = Some("part".into());
    graph.nodes[2].group = Some("part".into());
    insta::assert_snapshot!(ascii(&graph, PLAIN));
}

#[test]
fn formats_for_programs() {
    let mut graph = graph("raw load:\nclean normalize: raw");
    graph.nodes[1].lines.push("512 rows, \"488\" <rejected>".into());
    insta::assert_snapshot!("dot", dot(&graph));
    insta::assert_snapshot!("mermaid", mermaid(&graph));
    insta::assert_snapshot!("json", json(&graph));
    insta::assert_snapshot!("svg", svg(&graph));
    // Of all that is drawn only the colours are no fact about the graph.
    graph.nodes.iter_mut().for_each(|node| node.colour = None);
    assert_eq!(serde_json::from_str::<DrawGraph>(&json(&graph)).unwrap(), graph);
}

#[test]
fn colours_only_when_asked_for() {
    assert!(!ascii(&ran(retail()), PLAIN).contains('\u{1b}'));
    assert!(ascii(&ran(retail()), TextStyle { colour: true, ..PLAIN }).contains("\u{1b}[31;1m✗"));
}

#[test]
fn the_page_needs_nothing_else() {
    let page = html(&retail());
    assert!(page.contains("data_complete"));
    let own = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!own.contains("http") && !own.contains("src="), "the page refers to something outside");
}

#[test]
fn nothing_at_all_can_be_drawn() {
    let none = DrawGraph::default();
    assert_eq!(ascii(&none, PLAIN), "");
    assert!(svg(&none).contains("</svg>") && !svg(&none).contains("NaN"));
}

#[test]
fn boxes_do_not_overlap() {
    let drawing = svg(&retail());
    let boxes: Vec<[f64; 4]> = drawing
        .split("<rect class=\"box\"")
        .skip(1)
        .map(|rect| {
            let mut values = rect.split('"').skip(1).step_by(2).map(|value| value.parse().unwrap());
            std::array::from_fn(|_| values.next().unwrap())
        })
        .collect();
    assert_eq!(boxes.len(), retail().nodes.len());
    for (at, a) in boxes.iter().enumerate() {
        for b in &boxes[..at] {
            let apart = |side: usize| a[side] + a[side + 2] < b[side] || b[side] + b[side + 2] < a[side];
            assert!(apart(0) || apart(1), "{a:?} overlaps {b:?}");
        }
    }
}

prop_compose! {
    /// Edges lead from a lower to a higher place, so there is no cycle.
    fn any_graph()(size in 1_usize..40)(
        edges in prop::collection::vec((0..size, 0..size), 0..80),
        details in prop::collection::vec((any::<bool>(), 0_usize..9, "[ -~é日\"&<]{0,12}"), size),
    ) -> DrawGraph {
        let status = [DrawStatus::Cached, DrawStatus::Success, DrawStatus::Pending, DrawStatus::Failed];
        DrawGraph {
            nodes: details.iter().enumerate().map(|(at, (line, pick, text))| DrawNode {
                id: format!("t{at}_"),
                kind: ["load", "join", "other"][pick % 3].into(),
                status: status.get(*pick).copied(),
                lines: if *line { vec![text.clone()] } else { Vec::new() },
                ..DrawNode::default()
            }).collect(),
            edges: edges.into_iter().filter(|(a, b)| a != b).map(|(a, b)| (a.min(b), a.max(b))).collect(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_task_is_in_every_picture(graph in any_graph(), width in 40_usize..120, colour: bool, unicode: bool) {
        let text = ascii(&graph, TextStyle { width, colour, unicode });
        prop_assert!(unicode || graph.nodes.iter().any(|node| !node.lines.concat().is_ascii()) || text.is_ascii());
        if !colour {
            prop_assert!(text.lines().all(|line| line.width() <= width), "wider than {}:\n{}", width, text);
        }
        for picture in [text, dot(&graph), mermaid(&graph), json(&graph), svg(&graph), html(&graph)] {
            for node in &graph.nodes {
                prop_assert!(picture.contains(&node.id), "{} is missing in {}", node.id, picture);
            }
            prop_assert!(!picture.contains("NaN"));
        }
    }

    #[test]
    fn cycles_harm_no_picture(edges in prop::collection::vec((0_usize..8, 0_usize..8), 0..30)) {
        let nodes = (0..8).map(|at| DrawNode { id: format!("t{at}"), ..DrawNode::default() }).collect();
        let graph = DrawGraph { nodes, edges };
        prop_assert!(ascii(&graph, PLAIN).contains("t7"));
        prop_assert!(svg(&graph).contains("t7"));
    }
}
