//! Where in a YAML file somebody types: the keys that lead there. The text is half-written and need not be YAML, so it is read by
//! its indentation, backwards from the cursor.

/// A place at which something is typed.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Typed {
    /// The keys that lead to it.
    pub path: Vec<String>,
    /// The value so far; None where a key is typed.
    pub value: Option<String>,
}

/// The place of the end of `before`, the text before the cursor.
pub fn at(before: &str) -> Typed {
    let mut lines: Vec<&str> = before.split('\n').collect();
    let last = lines.pop().unwrap_or_default();
    let (column, rest) = dedented(last);
    if let Some(block) = block_scalar(&lines, indentation(last)) {
        let mut path = parents(&lines[..block], indentation(lines[block]));
        path.extend(key_of(lines[block]).map(str::to_owned));
        return Typed { path, value: Some(rest.to_owned()) };
    }
    let mut path = parents(&lines, column);
    let mut value = last.trim_start().starts_with("- ").then_some(rest);
    if let Some((key, after)) = key_and_value(rest) {
        path.push(key.to_owned());
        value = Some(after);
    }
    if let Some(inner) = value.filter(|value| value.starts_with(['{', '['])) {
        let (keys, innermost) = flow(inner);
        path.extend(keys);
        value = innermost;
    }
    Typed { path, value: value.map(str::to_owned) }
}

/// A line without its indentation and the marks of lists, and the column at which that begins.
fn dedented(line: &str) -> (usize, &str) {
    let mut column = indentation(line);
    let mut rest = &line[column..];
    while let Some(after) = rest.strip_prefix("- ") {
        let blanks = after.len() - after.trim_start().len();
        column += 2 + blanks;
        rest = &after[blanks..];
    }
    (column, rest)
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// `key: value`, also where the value is still to come; a text with blanks before its colon is no key.
fn key_and_value(text: &str) -> Option<(&str, &str)> {
    let (key, after) = text.split_once(':')?;
    let is_key = !key.is_empty() && !key.contains([' ', '{', '[', '"', '\'', '#', '$', '(']);
    let (key, after) = match quoted_key(text) {
        Some(found) => found,
        None if is_key => (key, after),
        None => return None,
    };
    (after.is_empty() || after.starts_with(' ')).then(|| (key, after.trim_start()))
}

fn quoted_key(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let (key, after) = text[1..].split_once(quote)?;
    Some((key, after.strip_prefix(':')?))
}

fn key_of(line: &str) -> Option<&str> {
    key_and_value(dedented(line).1).map(|(key, _)| key)
}

/// The line that begins a block scalar to which a line of that indentation belongs.
fn block_scalar(lines: &[&str], column: usize) -> Option<usize> {
    let mut least = column;
    for (at, line) in lines.iter().enumerate().rev() {
        if line.trim().is_empty() {
            continue;
        }
        let indent = indentation(line);
        if indent >= least && !(indent == least && begins_block(line)) {
            // A line of the same text, or of another further right.
            if indent == 0 {
                return None;
            }
            continue;
        }
        if begins_block(line) && indent < column {
            return Some(at);
        }
        if key_of(line).is_some() {
            return None;
        }
        least = indent;
    }
    None
}

fn begins_block(line: &str) -> bool {
    let value = key_and_value(dedented(line).1).map(|(_, value)| value);
    value.is_some_and(|value| matches!(value.trim_end(), "|" | "|-" | "|+" | ">" | ">-" | ">+"))
}

/// The keys above a line that begins at that column, the outermost first.
fn parents(lines: &[&str], column: usize) -> Vec<String> {
    let mut path = Vec::new();
    let mut least = column;
    for line in lines.iter().rev() {
        if least == 0 {
            break;
        }
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let (column, rest) = dedented(line);
        // A key stands above what is further right; the mark of a list may stand as far left as the key that has the list.
        let is_above = column < least || indentation(line) < least && column > indentation(line);
        if let Some((key, value)) = key_and_value(rest).filter(|_| is_above)
            && column < least
            && (value.is_empty() || value.starts_with(['#', '|', '>', '&']))
        {
            path.insert(0, key.to_owned());
            least = column.min(indentation(line));
            if column > indentation(line) {
                // The key is the first of an item of a list: what has the list stands left of the mark, or under it.
                least = indentation(line) + 1;
            }
        }
    }
    path
}

/// The keys within `{` and `[` that are open at the end of a text, and what stands behind the last mark; None where a key is typed.
fn flow(text: &str) -> (Vec<String>, Option<&str>) {
    let mut keys: Vec<Option<String>> = Vec::new();
    let mut quote = None;
    let mut start = 0;
    let mut is_map = Vec::new();
    let mut last_key: Option<String> = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '{' | '[') => {
                keys.push(last_key.take());
                is_map.push(letter == '{');
                start = at + 1;
            }
            (None, '}' | ']') => {
                keys.pop();
                is_map.pop();
                start = at + 1;
                last_key = None;
            }
            (None, ',') => {
                last_key = None;
                start = at + 1;
            }
            (None, ':') if is_map.last() == Some(&true) && last_key.is_none() => {
                last_key = Some(text[start..at].trim().trim_matches(['"', '\'']).to_owned());
                start = at + 1;
            }
            _ => {}
        }
    }
    let mut path: Vec<String> = keys.into_iter().flatten().collect();
    let is_value = last_key.is_some() || is_map.last() == Some(&false);
    path.extend(last_key);
    (path, is_value.then(|| text[start..].trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: &str) -> String {
        let typed = at(before);
        format!("{}{}", typed.path.join("/"), typed.value.map(|value| format!("={value}")).unwrap_or_default())
    }

    #[test]
    fn the_keys_that_lead_to_the_cursor_are_found() {
        let tasks = "version: 1\ntasks:\n  orders:\n    type: load\n";
        assert_eq!(shown("ver"), "");
        assert_eq!(shown(tasks), "");
        assert_eq!(shown(&format!("{tasks}    pa")), "tasks/orders");
        assert_eq!(shown(&format!("{tasks}    path: da")), "tasks/orders/path=da");
        assert_eq!(shown(&format!("{tasks}    columns:\n      a: in")), "tasks/orders/columns/a=in");
        assert_eq!(shown(&format!("{tasks}    depends_on:\n      - a\n      - b")), "tasks/orders/depends_on=b");
        assert_eq!(shown(&format!("{tasks}    checks:\n      - unique: a\n        sev")), "tasks/orders/checks");
        assert_eq!(shown(&format!("{tasks}  x: {{type: sql, sql: \"select a, ")), "tasks/x/sql=\"select a, ");
        assert_eq!(shown(&format!("{tasks}  x: {{type: join, on: [a, b")), "tasks/x/on=b");
        assert_eq!(shown(&format!("{tasks}  x: {{type: aggregate, metrics: {{n: co")), "tasks/x/metrics/n=co");
        assert_eq!(shown(&format!("{tasks}  x: {{type: join, le")), "tasks/x");
    }

    #[test]
    fn a_block_of_text_belongs_to_its_key() {
        let text = "tasks:\n  a:\n    type: sql\n    sql: |\n      select a,\n        b\n      from ";
        assert_eq!(shown(text), "tasks/a/sql=from ");
        assert_eq!(shown("tasks:\n  a:\n    sql: |\n      select 1\n    out"), "tasks/a");
    }
}
