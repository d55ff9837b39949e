//! The graph as a drawing for a web page or a document.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use crate::layout::{BoxSize, Layout, Passage, Placed, layout};
use crate::ordered_graph::OrderedGraph;
use crate::{DrawGraph, DrawNode, DrawStatus};

const MARGIN: f64 = 28.0;
const BOX_HEIGHT: f64 = 46.0;
const LINE_HEIGHT: f64 = 16.0;
/// The room left and right of a box's text.
const PADDING: f64 = 16.0;

/// The look, in light and dark. Plain colours come first, for programs that know no media queries.
const STYLE: &str = "\
svg{background:#fff}\
.box{fill:#fff;stroke:#cfd6de;stroke-width:1.2}\
.id{font:600 14px 'Inter','Helvetica Neue',Helvetica,Arial,'DejaVu Sans',sans-serif;fill:#1d2733}\
.kind,.more{font:11.5px 'Inter','Helvetica Neue',Helvetica,Arial,'DejaVu Sans',sans-serif;fill:#66727f}\
.edge{fill:none;stroke:#a3adb8;stroke-width:1.4}\
.implied{stroke:#cdd4db;stroke-width:1.2}\
.tip{fill:#a3adb8}\
.tip.implied{fill:#cdd4db;stroke:none}\
@media (prefers-color-scheme:dark){\
svg{background:#14181d}.box{fill:#1f252d;stroke:#3a4450}.id{fill:#e6ebf0}.kind,.more{fill:#9aa6b2}\
.edge{stroke:#667380}.implied{stroke:#414b56}.tip{fill:#667380}.tip.implied{fill:#414b56}}";

/// The graph as an SVG document.
pub fn svg(graph: &DrawGraph) -> String {
    drawing(graph, &format!("<style>{STYLE}</style>\n"), "img", &|_| None)
}

/// The same as a part of a page: without a look of its own, each task a link. The page's rules find it by its classes.
pub fn svg_with_links(graph: &DrawGraph, link: &dyn Fn(&DrawNode) -> Option<String>) -> String {
    // What holds links is no picture to those who hear it.
    drawing(graph, "", "group", link)
}

fn drawing(graph: &DrawGraph, style: &str, role: &str, link: &dyn Fn(&DrawNode) -> Option<String>) -> String {
    let graph = OrderedGraph::of(graph);
    let sizes: Vec<BoxSize> = graph.nodes.iter().map(size).collect();
    let placed = layout(&graph, &sizes);
    let (width, height) = (placed.width + 2.0 * MARGIN, placed.height + 2.0 * MARGIN);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"{role}\" aria-label=\"Graph of tasks\">\n\
         {style}<g class=\"graph\" transform=\"translate({MARGIN} {MARGIN})\">\n"
    );
    edges(&graph, &placed, &mut text);
    for (at, (node, place)) in graph.nodes.iter().zip(&placed.boxes).enumerate() {
        let link = link(node);
        if let Some(link) = &link {
            let _ = write!(text, "<a href=\"{}\">", escape(link));
        }
        draw_box(at, node, place, &mut text);
        if link.is_some() {
            text.push_str("</a>\n");
        }
    }
    text.push_str("</g>\n</svg>\n");
    text
}

fn size(node: &DrawNode) -> BoxSize {
    // Measured on the fonts above: no letter of an id is wider on average, so nothing is cut.
    let dot = if node.status.is_some() { 12.0 } else { 0.0 };
    let id = node.id.width() as f64 * 8.2 + dot;
    let more = node.lines.iter().map(|line| line.width()).chain([second_line(node).width() + 2]).max().unwrap_or(0);
    let width = id.max(more as f64 * 6.4) + 2.0 * PADDING;
    BoxSize { width: width.max(96.0), height: BOX_HEIGHT + LINE_HEIGHT * node.lines.len() as f64 }
}

fn second_line(node: &DrawNode) -> String {
    match node.status {
        Some(status) => format!("{} · {}", node.kind, status.word()),
        None => node.kind.clone(),
    }
}

/// Edges that a longer way implies are fainter and lie below the others.
fn edges(graph: &OrderedGraph, placed: &Layout, text: &mut String) {
    let implied = graph.implied();
    let mut order: Vec<usize> = (0..graph.edges.len()).collect();
    order.sort_by_key(|&edge| !implied[edge]);
    for edge in order {
        let (from, to) = graph.edges[edge];
        let class = if implied[edge] { " implied" } else { "" };
        let (line, x, y) = path(&placed.boxes[from], &placed.passages[edge], &placed.boxes[to]);
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(
            text,
            "<g class=\"link\" data-from=\"{from}\" data-to=\"{to}\"><path class=\"edge{class}\" d=\"{line}\"/>\
             <path class=\"tip{class}\" d=\"M{x:.1} {y:.1}l-7 -3.6v7.2z\"/></g>"
        );
    }
}

/// A smooth line that is level where it leaves, passes a layer and arrives; and where its tip is.
fn path(from: &Placed, passages: &[Passage], to: &Placed) -> (String, f64, f64) {
    let (mut x, mut y) = (from.x + from.size.width, from.y + from.size.height / 2.0);
    let mut line = format!("M{x:.1} {y:.1}");
    let bend = |line: &mut String, x: f64, y: f64, to_x: f64, to_y: f64| {
        let middle = (x + to_x) / 2.0;
        let _ = write!(line, "C{middle:.1} {y:.1} {middle:.1} {to_y:.1} {to_x:.1} {to_y:.1}");
    };
    for passage in passages {
        bend(&mut line, x, y, passage.from_x, passage.y);
        let _ = write!(line, "H{:.1}", passage.to_x);
        (x, y) = (passage.to_x, passage.y);
    }
    let (tip_x, tip_y) = (to.x - 1.0, to.y + to.size.height / 2.0);
    bend(&mut line, x, y, tip_x - 6.0, tip_y);
    (line, tip_x, tip_y)
}

fn draw_box(at: usize, node: &DrawNode, place: &Placed, text: &mut String) {
    let Placed { x, y, size } = place;
    let colour = node.colour();
    let title = [node.id.clone(), second_line(node)].into_iter();
    let title: Vec<String> =
        title.chain(node.lines.iter().chain(&node.facts).cloned()).map(|line| escape(&line)).collect();
    let _ = write!(
        text,
        "<g class=\"node\" data-node=\"{at}\"><title>{}</title>\
         <rect class=\"box\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"8\"/>\
         <rect x=\"{x:.1}\" y=\"{:.1}\" width=\"4\" height=\"{:.1}\" rx=\"2\" fill=\"{colour}\"/>\
         <text class=\"id\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\
         <text class=\"kind\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        title.join("\n"),
        size.width,
        size.height,
        y + 10.0,
        size.height - 20.0,
        x + PADDING,
        y + 20.0,
        escape(&node.id),
        x + PADDING,
        y + 36.0,
        escape(&second_line(node)),
    );
    for (line, more) in node.lines.iter().enumerate() {
        let below = y + 36.0 + LINE_HEIGHT * (line + 1) as f64;
        let _ = write!(text, "<text class=\"more\" x=\"{:.1}\" y=\"{below:.1}\">{}</text>", x + PADDING, escape(more));
    }
    if let Some(status) = node.status {
        let (cx, cy) = (x + size.width - 13.0, y + 14.0);
        let _ = write!(text, "<circle cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"4.5\" fill=\"{}\"/>", status_colour(status));
    }
    text.push_str("</g>\n");
}

fn status_colour(status: DrawStatus) -> &'static str {
    match status {
        DrawStatus::Success => "#2e9e4f",
        DrawStatus::Cached => "#8fbf9f",
        DrawStatus::Pending => "#d9a514",
        DrawStatus::Skipped => "#a8b0b8",
        DrawStatus::Running => "#2f7fd6",
        DrawStatus::Cancelled => "#8a5fb0",
        DrawStatus::Failed => "#d03a34",
    }
}

/// `text` as XML and HTML want it.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Not allowed in XML, not even escaped.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
