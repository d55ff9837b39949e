//! All columns of a task in short: what is done last, and the files they come from.

use std::collections::HashSet;

use super::web::Web;
use crate::terminal::Paint;
use crate::text_table::{Cell, Emphasis, TextTable};

/// More files than these are counted.
const MOST_FILES: usize = 3;

/// A line a column.
pub fn draw(web: &Web<'_>, task: &str, roots: &[usize], width: usize, paint: Paint) -> String {
    let mut table = TextTable::new().name("column").whole("type").text("made by").text("comes from");
    for root in roots {
        let node = &web.nodes[*root];
        let files = files_below(web, *root);
        let shown = files.iter().take(MOST_FILES).map(String::as_str).collect::<Vec<_>>().join("; ");
        let more = files.len().saturating_sub(MOST_FILES);
        let more = if more > 0 { format!("; {more} more") } else { String::new() };
        let made = first_made(web, *root);
        table.row([
            Cell::from(node.column.clone().unwrap_or_default()),
            Cell::new(node.data_type.clone().unwrap_or_default(), Emphasis::Active),
            Cell::from(made),
            Cell::new(format!("{shown}{more}"), Emphasis::Dim),
        ]);
    }
    let count = if roots.len() == 1 { "1 column".to_owned() } else { format!("{} columns", roots.len()) };
    format!("{}  {count}\n\n{}", paint.bold(task), table.write(width, 2, paint))
}

/// The last thing that is done to make it: passing on is nothing.
fn first_made(web: &Web<'_>, root: usize) -> String {
    let mut at = root;
    loop {
        let node = &web.nodes[at];
        match (node.made.first(), node.from.as_slice()) {
            (Some(made), _) if node.file.is_none() && at == root => return made.clone(),
            (Some(made), _) if node.file.is_none() => {
                return format!("{made} in {}", node.task.as_deref().unwrap_or_default());
            }
            (_, [one]) => at = *one,
            _ => return String::new(),
        }
    }
}

/// The columns of files that a node is made of, in the order in which they are met.
fn files_below(web: &Web<'_>, root: usize) -> Vec<String> {
    let mut seen = HashSet::from([root]);
    let mut next = vec![root];
    let mut files = Vec::new();
    while let Some(at) = next.pop() {
        let node = &web.nodes[at];
        if node.file.is_some() {
            files.push(node.name.clone());
        }
        next.extend(node.from.iter().rev().copied().filter(|from| seen.insert(*from)));
    }
    files
}
