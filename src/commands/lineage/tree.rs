//! The way back in the terminal: a line down from column to column, branches where several enter.

use std::collections::HashSet;

use unicode_width::UnicodeWidthStr;

use super::web::{LineageNode, Web};
use crate::terminal::Paint;
use crate::text_table::shortened;

/// Of more instances of a `foreach` than these, only the first is drawn.
const MOST_INSTANCES: usize = 3;

/// The tree below a node.
pub fn draw(web: &Web<'_>, root: usize, width: usize, paint: Paint) -> String {
    let mut drawing = Drawing { web, width, paint, text: String::new(), seen: HashSet::new() };
    // What is to be drawn next is on top. No recursion: a chain may have thousands of tasks.
    let mut next = vec![Branch { what: What::Node(root), head: String::new(), body: String::new() }];
    while let Some(branch) = next.pop() {
        drawing.branch(&branch, &mut next);
    }
    drawing.text
}

/// Something to draw, and what stands before its first line and before the others.
struct Branch {
    what: What,
    head: String,
    body: String,
}

enum What {
    Node(usize),
    /// So many more instances, the first and the last of them.
    More(usize, usize, usize),
}

struct Drawing<'a, 'w> {
    web: &'a Web<'w>,
    width: usize,
    paint: Paint,
    text: String,
    seen: HashSet<usize>,
}

impl Drawing<'_, '_> {
    fn branch(&mut self, branch: &Branch, next: &mut Vec<Branch>) {
        let Branch { what, head, body } = branch;
        let at = match what {
            What::Node(at) => *at,
            What::More(count, first, last) => {
                let names = [first, last].map(|at| self.web.nodes[*at].task.as_deref().unwrap_or_default());
                let note = format!("… and {count} more alike, {} to {}", names[0], names[1]);
                self.line(head, &self.paint.dim(shortened(&note, self.width.saturating_sub(head.width()))));
                return;
            }
        };
        let node = &self.web.nodes[at];
        let mark = if node.file.is_some() { "◆" } else { "●" };
        let is_new = self.seen.insert(at);
        let again = if is_new { "" } else { "  as above" };
        let kind = match &node.data_type {
            _ if node.file.is_some() => String::new(),
            Some(data_type) => format!("  {}, {data_type}", node.kind),
            None => format!("  {}", node.kind),
        };
        let name = if node.file.is_some() { node.name.clone() } else { self.paint.bold(&node.name) };
        self.line(head, &format!("{mark} {name}{}{}", self.paint.dim(kind), self.paint.dim(again)));
        if !is_new {
            return;
        }
        let children = self.children(node);
        let below = if children.is_empty() { "  " } else { "│ " };
        let lead = if node.file.is_some() { "" } else { "= " };
        for made in &node.made {
            self.wrapped(&format!("{body}{below}"), lead, made, Paint::cyan);
        }
        for (at, decided) in node.decided_by.iter().enumerate() {
            let lead = if at == 0 { "also decided by  " } else { "                 " };
            let from =
                if decided.from.is_empty() { String::new() } else { format!("  ← {}", decided.from.join(", ")) };
            self.wrapped(&format!("{body}{below}"), lead, &format!("{}{from}", decided.step), Paint::dim);
        }
        let count = children.len();
        let branches = children.into_iter().enumerate().map(|(at, what)| match (count, at + 1 == count) {
            (1, _) => Branch { what, head: body.clone(), body: body.clone() },
            (_, true) => Branch { what, head: format!("{body}└─"), body: format!("{body}  ") },
            (_, false) => Branch { what, head: format!("{body}├─"), body: format!("{body}│ ") },
        });
        let branches: Vec<Branch> = branches.collect();
        next.extend(branches.into_iter().rev());
    }

    /// What stands below a node; many instances of one `foreach` as one and a count.
    fn children(&self, node: &LineageNode) -> Vec<What> {
        let nodes = &self.web.nodes;
        let group = |at: usize| nodes[at].group.as_ref().map(|group| (group, &nodes[at].column));
        let mut children = Vec::new();
        let mut rest = node.from.as_slice();
        while let [first, ..] = rest {
            let count = match group(*first) {
                Some(own) => rest.iter().take_while(|at| group(**at) == Some(own)).count(),
                None => 1,
            };
            let (alike, others) = rest.split_at(count);
            match alike {
                [first, second, .., last] if count > MOST_INSTANCES => {
                    children.push(What::Node(*first));
                    children.push(What::More(count - 1, *second, *last));
                }
                _ => children.extend(alike.iter().map(|at| What::Node(*at))),
            }
            rest = others;
        }
        children
    }

    fn line(&mut self, head: &str, text: &str) {
        self.text += &self.paint.dim(head);
        self.text += text;
        self.text.push('\n');
    }

    /// A text in as many lines as it needs, each behind `head` and as much room as `lead` takes.
    fn wrapped(&mut self, head: &str, lead: &str, text: &str, look: fn(Paint, String) -> String) {
        let room = self.width.saturating_sub(head.width() + 2 + lead.width()).max(24);
        let mut lines = vec![String::new()];
        for word in text.split(' ') {
            let line = lines.last_mut().filter(|line| line.is_empty() || line.width() + 1 + word.width() <= room);
            match line {
                Some(line) => {
                    if !line.is_empty() {
                        line.push(' ');
                    }
                    line.push_str(word);
                }
                None => lines.push(word.to_owned()),
            }
        }
        for (at, line) in lines.into_iter().enumerate() {
            let lead = if at == 0 { lead.to_owned() } else { " ".repeat(lead.width()) };
            let painted = look(self.paint, format!("{lead}{line}"));
            self.line(&format!("{head}  "), &painted);
        }
    }
}
