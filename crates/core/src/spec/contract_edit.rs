//! Writing a contract into the text of a pipeline file, every other byte of which stays as it is.

use crate::diagnostic::FileId;

use super::parse::parse;
use super::{Key, Node, NodeValue};

/// A contract is put behind the last of these keys.
const BEFORE: [&str; 11] =
    ["type", "description", "path", "format", "table", "query", "sheet", "run", "inputs", "outputs", "strict"];
/// A contract that is longer gets a line for each column.
const LINE: usize = 110;

/// `columns` as a block of lines, each behind `indent`.
pub fn contract_text(columns: &[(String, String)], indent: usize) -> String {
    let room = " ".repeat(indent);
    let entry = |(name, of_type): &(String, String)| (key_text(name), of_type.clone());
    let flat: Vec<String> = columns.iter().map(entry).map(|(name, of_type)| flow(&name, &of_type)).collect();
    let line = format!("{room}columns: {{{}}}\n", flat.join(", "));
    if line.len() <= LINE {
        return line;
    }
    let lines = columns.iter().map(entry).map(|(name, of_type)| format!("{room}  {name}: {of_type}\n"));
    format!("{room}columns:\n{}", lines.collect::<String>())
}

/// The text with `columns` added to that task.
///
/// # Errors
/// In a sentence why the text cannot be changed safely: then nothing is lost, and the caller has the contract to show.
pub fn with_contract(text: &str, task: &str, columns: &[(String, String)]) -> Result<String, String> {
    let before = read(text)?;
    let (key, node) = before
        .get("tasks")
        .and_then(|(_, tasks)| tasks.get(task))
        .ok_or_else(|| format!("`{task}` does not stand in this file as a task of its own"))?;
    if node.get("columns").is_some() {
        return Err(format!("`{task}` has a contract already"));
    }
    // Whatever is thought of the form: the file must then say what it said, and the contract, and nothing else.
    let mut wanted = before.to_json();
    let contract: serde_json::Map<String, serde_json::Value> =
        columns.iter().map(|(name, of_type)| (name.clone(), of_type.as_str().into())).collect();
    wanted["tasks"][task]["columns"] = contract.into();
    [in_block(text, key, node, columns), in_flow(text, node, columns)]
        .into_iter()
        .flatten()
        .find(|changed| read(changed).is_ok_and(|after| after.to_json() == wanted))
        .ok_or_else(|| {
            format!("`{task}` shares its text with others, or is written in a form that is not understood here")
        })
}

fn read(text: &str) -> Result<Node, String> {
    let mut found = Vec::new();
    let node = parse(FileId::default(), text, &mut found).map_err(|error| error.message)?;
    if found.is_empty() { Ok(node) } else { Err("a key stands in it twice".to_owned()) }
}

/// Into `{type: load, path: x.csv}`, behind a key whose value is a single one, so that its end is known.
fn in_flow(text: &str, node: &Node, columns: &[(String, String)]) -> Option<String> {
    let is_single = |value: &Node| !matches!(value.value, NodeValue::List(_) | NodeValue::Map(_) | NodeValue::Null);
    let behind = |(key, value): &&(Key, Node)| BEFORE.contains(&key.name.as_str()) && is_single(value);
    let (_, value) = node.entries().iter().rev().find(behind)?;
    let at = value.span.end as usize;
    let entries: Vec<String> = columns.iter().map(|(name, of_type)| flow(&key_text(name), of_type)).collect();
    Some(format!("{}, columns: {{{}}}{}", text.get(..at)?, entries.join(", "), text.get(at..)?))
}

/// Between the lines of a block.
fn in_block(text: &str, task: &Key, node: &Node, columns: &[(String, String)]) -> Option<String> {
    let entries = node.entries();
    let first = entries.first()?.0.span.start as usize;
    let line = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let indent = first - line;
    // The first key must open a line of its own, deeper than the task's id.
    if !text[line..first].bytes().all(|byte| byte == b' ') || first <= task.span.start as usize {
        return None;
    }
    let last = entries.iter().rposition(|(key, _)| BEFORE.contains(&key.name.as_str())).unwrap_or(entries.len() - 1);
    let from = entries[last].0.span.start as usize;
    let at = end_of_entry(text, from, indent);
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let contract = contract_text(columns, indent).replace('\n', newline);
    let before = &text[..at];
    let missing = if before.ends_with('\n') { "" } else { newline };
    Some(format!("{before}{missing}{contract}{}", &text[at..]))
}

/// Where the lines of the entry end whose key stands at `from` with that indentation; blank lines and comments behind it
/// belong to what follows.
fn end_of_entry(text: &str, from: usize, indent: usize) -> usize {
    let mut at = from;
    let mut end = from;
    for (place, line) in text[from..].split_inclusive('\n').enumerate() {
        at += line.len();
        let bare = line.trim_start_matches(' ');
        let depth = line.len() - bare.len();
        let is_empty = bare.trim_end().is_empty() || bare.starts_with('#') && depth <= indent;
        let is_within = place == 0 || depth > indent || depth == indent && bare.starts_with("- ");
        if is_within && !is_empty {
            end = at;
        } else if !is_empty {
            break;
        }
    }
    end
}

fn flow(name: &str, of_type: &str) -> String {
    // A comma ends an entry there.
    if of_type.contains(',') { format!("{name}: \"{of_type}\"") } else { format!("{name}: {of_type}") }
}

/// A column's name as a YAML key.
fn key_text(name: &str) -> String {
    const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        && !WORDS.contains(&name.to_ascii_lowercase().as_str());
    if is_plain { name.to_owned() } else { serde_json::Value::from(name).to_string() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn columns() -> Vec<(String, String)> {
        [("id", "int"), ("is on", "bool"), ("amount", "decimal(18,2)")]
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .into()
    }

    fn changed(text: &str) -> String {
        with_contract(text, "raw", &columns()).unwrap_or_else(|refusal| format!("refused: {refusal}"))
    }

    #[test]
    fn comments_and_order_stay() {
        insta::assert_snapshot!(changed(
            "# mine\ntasks:\n\n  raw:      # orders\n    type: load\n    path: a.csv     # here\n\n    # not yet\n    tags: [x]\n  # next\n  other: {type: load, path: b.csv}\n"
        ));
    }

    #[test]
    fn the_last_key_may_be_long() {
        insta::assert_snapshot!(changed(
            "tasks:\n    raw:\n        type: load\n        path: shop.db\n        query: >-\n          select id\n\n          from orders\n          # where x\n\n# end\n"
        ));
    }

    #[test]
    fn a_task_on_one_line_stays_on_it() {
        assert_eq!(
            changed("tasks:\n  raw: {type: load, path: a.csv}   # one\n"),
            "tasks:\n  raw: {type: load, path: a.csv, columns: {id: int, \"is on\": bool, amount: \"decimal(18,2)\"}}   # one\n"
        );
    }

    #[test]
    fn line_ends_are_kept_and_a_missing_one_is_added() {
        assert_eq!(
            changed("tasks:\r\n  raw:\r\n    type: load\r\n    path: a.csv"),
            "tasks:\r\n  raw:\r\n    type: load\r\n    path: a.csv\r\n    columns: {id: int, \"is on\": bool, amount: \"decimal(18,2)\"}\r\n"
        );
    }

    #[test]
    fn many_columns_get_a_line_each() {
        let many: Vec<(String, String)> = (0..20).map(|at| (format!("column_{at}"), "string".to_owned())).collect();
        let text = with_contract("tasks:\n  raw:\n    type: load\n    path: a.csv\n", "raw", &many);
        assert!(text.is_ok_and(|text| text.contains("    columns:\n      column_0: string\n      column_1: string\n")));
    }

    #[test]
    fn what_cannot_be_changed_alone_is_refused() {
        insta::assert_snapshot!(
            [
                "tasks:\n  other: &x {type: load, path: a.csv}\n  raw: *x\n",
                "tasks:\n  raw: &x\n    type: load\n    path: a.csv\n  more: *x\n",
                "tasks: {raw: {type: load, path: a.csv # why\n  }}\n",
                "tasks:\n  raw: {type: load, path: a.csv, columns: {id: int}}\n",
                "tasks:\n  other: {type: load, path: a.csv}\n",
                "tasks:\n  raw: {type: load, type: load}\n",
                "tasks: [",
            ]
            .map(changed)
            .join("\n")
        );
    }

    proptest! {
        /// Whatever the file looks like: it is refused, or says afterwards what it said and the contract, in lines that it had.
        #[test]
        fn nothing_else_changes(
            names in prop::collection::vec("[a-zA-Z \"'#:,äé{}\\[\\]&*!|>%@`-]{1,8}", 1..5),
            comment in "( +# [a-z:{}'\"]{0,8})?",
            flow in any::<bool>(),
            indent in 1..5usize,
        ) {
            let room = " ".repeat(indent);
            let text = if flow {
                format!("tasks:\n{room}raw: {{type: load, path: 'a b.csv'}}{comment}\n{room}b: {{x: 1}}\n")
            } else {
                format!("tasks:{comment}\n{room}raw:{comment}\n{room}{room}type: load{comment}\n{room}{room}path: >-{comment}\n{room}{room}  a\n{room}b: {{x: 1}}\n")
            };
            let mut columns: Vec<(String, String)> = names.into_iter().map(|name| (name, "string".to_owned())).collect();
            columns.sort();
            columns.dedup();
            let changed = with_contract(&text, "raw", &columns);
            prop_assert!(changed.is_ok(), "{text}\n{changed:?}");
            let changed = changed.unwrap_or_default();
            if !flow {
                let kept: Vec<&str> = changed.lines().filter(|line| text.lines().any(|own| own == *line)).collect();
                prop_assert_eq!(kept, text.lines().collect::<Vec<_>>());
            }
        }
    }
}
