//! The way back for Mermaid, which many places that show Markdown draw: from the files at the left to the column.

use std::collections::HashMap;
use std::fmt::Write;

use tidemill_draw::mermaid_text;

use super::web::Web;

/// A flowchart; what only decides is tied by broken lines.
pub fn draw(web: &Web<'_>) -> String {
    let mut text = String::from("flowchart LR\n");
    let mut places: HashMap<&str, String> = HashMap::new();
    // Writing to a string cannot fail, here and below.
    for (at, node) in web.nodes.iter().enumerate() {
        let (open, close) = if node.file.is_some() { ("[(", ")]") } else { ("[", "]") };
        let kind = if node.file.is_some() { String::new() } else { format!("<br>{}", mermaid_text(&node.kind)) };
        let made: String = node.made.iter().map(|made| format!("<br><i>{}</i>", mermaid_text(made))).collect();
        let _ = writeln!(text, "    n{at}{open}\"<b>{}</b>{kind}{made}\"{close}", mermaid_text(&node.name));
        places.insert(&node.name, format!("n{at}"));
    }
    for (at, node) in web.nodes.iter().enumerate() {
        for from in &node.from {
            let _ = writeln!(text, "    n{from} --> n{at}");
        }
    }
    let mut others = 0;
    for (at, node) in web.nodes.iter().enumerate() {
        for decided in &node.decided_by {
            for from in &decided.from {
                if !places.contains_key(from.as_str()) {
                    let _ = writeln!(text, "    d{others}[\"{}\"]", mermaid_text(from));
                    places.insert(from, format!("d{others}"));
                    others += 1;
                }
                let _ =
                    writeln!(text, "    {} -. \"{}\" .-> n{at}", places[from.as_str()], mermaid_text(&decided.step));
            }
        }
    }
    text
}
