//! The first lines of a CSV file as rows, for people to look at.

use std::io::{BufReader, Read};
use std::path::Path;

use serde_json::{Value, json};
use tidemill_core::printable::printable;

/// So much of a file is looked at.
const MOST: u64 = 256 << 10;

/// The head of a file and its first rows; whether there is more. None if it cannot be read.
pub fn head(path: &Path, delimiter: u8, most: usize) -> Option<Value> {
    let file = std::fs::File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    let mut bytes = Vec::new();
    BufReader::new(file).take(MOST).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut rows = rows(text, char::from(delimiter));
    // What was cut off in the middle of a row is no row.
    let is_cut = length > MOST && rows.pop().is_some() || rows.len() > most + 1;
    rows.truncate(most + 1);
    let mut rows = rows.into_iter();
    let columns = rows.next().unwrap_or_default();
    Some(json!({"columns": columns, "rows": rows.collect::<Vec<_>>(), "is_cut": is_cut}))
}

/// RFC 4180, and whatever else there is in a way that loses nothing.
fn rows(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' if quoted || field.is_empty() => quoted = !quoted,
            '\r' if !quoted && letters.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                row.push(shown(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            letter if letter == delimiter && !quoted => row.push(shown(&mut field)),
            letter => field.push(letter),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(shown(&mut field));
        rows.push(row);
    }
    rows
}

fn shown(field: &mut String) -> String {
    printable(&std::mem::take(field)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_fields_may_hold_everything() {
        let text = "a,b\r\n1,\"x, \"\"y\"\"\nz\"\n,\nlast";
        let expected = [vec!["a", "b"], vec!["1", "x, \"y\"\nz"], vec!["", ""], vec!["last"]];
        assert_eq!(rows(text, ','), expected);
        assert!(rows("", ',').is_empty());
    }
}
