//! YAML text → [`Node`].

use std::collections::HashMap;
use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{DuplicateKeyPolicy, Location, Options, Spanned};

use crate::diagnostic::{Diagnostic, FileId, Span};

use super::{Key, Node, NodeValue};

/// Reads one YAML document. Duplicate keys are all reported, and the first one of each stays in the tree.
///
/// # Errors
/// Where the text is no YAML: then there is no tree.
pub(crate) fn parse(file: FileId, text: &str, found: &mut Vec<Diagnostic>) -> Result<Node, Diagnostic> {
    if u32::try_from(text.len()).is_err() {
        return Err(Diagnostic::error("the file is larger than 4 GiB"));
    }
    if text.lines().all(|line| line.trim_start().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Node { value: NodeValue::Null, span: Span { file, start: 0, end: 0 } });
    }
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options()) {
        Ok(raw) => {
            let mut build = Build { file, text, found };
            Ok(build.node(raw))
        }
        Err(error) => Err(syntax_error(file, text, &error)),
    }
}

/// What differs from saphyr's defaults: nothing is guessed (`yes`, `017`, `1_000` are text), duplicate keys reach us so that
/// all of them are reported, and a file of 100,000 tasks is within the limits that stop exploding aliases.
fn options() -> Options {
    serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_events: 12_000_000,
            max_nodes: 6_000_000,
            max_depth: 48,
        },
    }
}

/// A value as saphyr hands it over.
enum Raw {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Raw, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(i64::try_from(value).map_or(Raw::Float(value as f64), Raw::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

/// A map of more keys than this has a table to find those that occur twice.
const FEW: usize = 16;

/// Turns what saphyr hands over into nodes.
struct Build<'a> {
    file: FileId,
    text: &'a str,
    found: &'a mut Vec<Diagnostic>,
}

impl Build<'_> {
    fn node(&mut self, raw: Spanned<Raw>) -> Node {
        let mut own = self.span(&raw.referenced);
        if matches!(&raw.value, Raw::String(text) if text.contains('\n')) {
            own.start = self.block_header(own.start as usize) as u32;
        }
        let (value, first) = match raw.value {
            Raw::Null => (NodeValue::Null, None),
            Raw::Bool(value) => (NodeValue::Bool(value), None),
            Raw::Int(value) => (NodeValue::Int(value), None),
            Raw::Float(value) => (NodeValue::Float(value), None),
            Raw::String(value) => (NodeValue::String(value), None),
            Raw::List(items) => {
                let items: Vec<Node> = items.into_iter().map(|item| self.node(item)).collect();
                let first = items.first().map(|item| item.span);
                (NodeValue::List(items), first)
            }
            Raw::Map(entries) => {
                let entries = self.entries(entries);
                let first = entries.first().map(|(key, _)| key.span);
                (NodeValue::Map(entries), first)
            }
        };
        // Block maps and lists have no length of their own: they are named by what they begin with.
        let span = if own.start == own.end { first.unwrap_or(own) } else { own };
        Node { value, span }
    }

    fn entries(&mut self, raw: Vec<(Spanned<Raw>, Spanned<Raw>)>) -> Vec<(Key, Node)> {
        // Of a few keys, looking at each is quicker than hashing.
        let mut seen: Option<HashMap<String, Span>> = (raw.len() > FEW).then(|| HashMap::with_capacity(raw.len()));
        let mut entries: Vec<(Key, Node)> = Vec::with_capacity(raw.len());
        for (key, value) in raw {
            let span = self.span(&key.referenced);
            let node = self.node(value);
            let name = match key.value {
                Raw::String(name) => name,
                Raw::List(_) | Raw::Map(_) => {
                    self.found.push(Diagnostic::error("a key must be a single value").at(span, "this is not"));
                    continue;
                }
                // `null`, `10` and `true` are names where a key stands.
                Raw::Null | Raw::Bool(_) | Raw::Int(_) | Raw::Float(_) => {
                    self.text.get(span.range()).unwrap_or_default().to_owned()
                }
            };
            let first = match &seen {
                Some(seen) => seen.get(&name).copied(),
                None => entries.iter().find(|(key, _)| key.name == name).map(|(key, _)| key.span),
            };
            if let Some(first) = first {
                let message = format!("the key `{name}` occurs twice");
                self.found.push(Diagnostic::error(message).at(span, "again here").at(first, "first here"));
                continue;
            }
            if let Some(seen) = &mut seen {
                seen.insert(name.clone(), span);
            }
            entries.push((Key { name, span }, node));
        }
        entries
    }

    /// Where a block scalar whose first line begins at `start` has its `|` or `>`; `start` for any other scalar.
    fn block_header(&self, start: usize) -> usize {
        let Some((above, indent)) = self.text.get(..start).and_then(|before| before.rsplit_once('\n')) else {
            return start;
        };
        let above = above.trim_end();
        let line_start = above.rfind('\n').map_or(0, |at| at + 1);
        let line = &above[line_start..];
        let header = line.split(" #").next().unwrap_or(line).trim_end();
        let sign = header.trim_end_matches(|c: char| c.is_ascii_digit() || c == '+' || c == '-');
        if indent.trim().is_empty() && sign.ends_with(['|', '>']) { line_start + sign.len() - 1 } else { start }
    }

    fn span(&self, location: &Location) -> Span {
        let span = location.span();
        let start = span.byte_offset().unwrap_or(0).min(self.text.len() as u64) as usize;
        let end = start.saturating_add(span.byte_len().unwrap_or(0) as usize).min(self.text.len());
        // A block scalar's text ends before the line break that ends it.
        let trimmed = self.text.get(start..end).map_or(0, |text| text.trim_end().len());
        Span { file: self.file, start: start as u32, end: (start + trimmed) as u32 }
    }
}

/// What saphyr has against the text, without the names of its own options.
fn syntax_error(file: FileId, text: &str, error: &serde_saphyr::Error) -> Diagnostic {
    let place = error.location();
    let start = place.and_then(|at| at.span().byte_offset().map(|offset| offset as usize));
    // Some errors are placed by line and column alone.
    let start = start.or_else(|| place.and_then(|at| offset_of(text, at.line(), at.column())));
    let mut start = start.unwrap_or(text.len()).min(text.len());
    if start == text.len() {
        // At the end of the text there is nothing to underline: the last letter is the place.
        start = text.trim_end().char_indices().next_back().map_or(0, |(at, _)| at);
    }
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    if let Some(tab) = text[line_start..start].find('\t').filter(|_| error.to_string().contains("tab")) {
        start = line_start + tab;
    }
    let end = text[start..].chars().next().map_or(start, |c| start + c.len_utf8());
    let message = match error {
        serde_saphyr::Error::MultipleDocuments { .. } => "a pipeline file holds one YAML document".to_owned(),
        other if other.to_string().contains("budget breached") => {
            "this file is too large or too deep, or its aliases unfold to too much".to_owned()
        }
        other => {
            let full = other.to_string();
            let line = full.lines().next().unwrap_or("not YAML").trim();
            // The place is said by the label.
            let line = line.split(" at line ").next().unwrap_or(line);
            let line = line.rsplit_once(": line ").map_or(line, |(head, _)| head);
            format!("not valid YAML: {}", line.trim_end_matches(['.', ',', ':']))
        }
    };
    let diagnostic = Diagnostic::error(message).at(Span { file, start: start as u32, end: end as u32 }, "");
    let before = text[..start].rsplit('\n').next().unwrap_or_default();
    let line = text[start - before.len()..].lines().next().unwrap_or_default();
    let (head, hole) = line.split_once("${{").unwrap_or((line, ""));
    if before.trim().is_empty() && text[start..].starts_with('\t') {
        diagnostic.help("indent with blanks, not tabs")
    } else if !hole.is_empty() && head.contains(['[', '{']) {
        diagnostic.help("inside `[ ]` and `{ }`, put a `${{ … }}` in quotes")
    } else {
        diagnostic
    }
}

/// The byte at a line and column, both from 1.
fn offset_of(text: &str, line: u64, column: u64) -> Option<usize> {
    let line_no = usize::try_from(line).ok()?.checked_sub(1)?;
    let column_no = usize::try_from(column).ok()?.checked_sub(1)?;
    let line = text.split('\n').nth(line_no)?;
    let before: usize = text.split('\n').take(line_no).map(|line| line.len() + 1).sum();
    Some(before + line.char_indices().nth(column_no).map_or(line.len(), |(at, _)| at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_yaml_takes_for_null_or_a_number_is_a_name_where_a_key_stands() {
        let text = "{null: NA, 10: ten, true: yes}";
        let node = parse(FileId(0), text, &mut Vec::new()).expect("it is YAML");
        let names: Vec<&str> = node.entries().iter().map(|(key, _)| key.name.as_str()).collect();
        assert_eq!(names, ["null", "10", "true"]);
    }

    fn outline(text: &str) -> String {
        fn walk(node: &Node, text: &str, path: &str, out: &mut String) {
            let own = &text[node.span.range()];
            match &node.value {
                NodeValue::List(items) => {
                    out.push_str(&format!("{path}: list at {own:?}\n"));
                    items.iter().enumerate().for_each(|(no, item)| walk(item, text, &format!("{path}[{no}]"), out));
                }
                NodeValue::Map(entries) => {
                    out.push_str(&format!("{path}: map at {own:?}\n"));
                    for (key, value) in entries {
                        walk(value, text, &format!("{path}.{}", &text[key.span.range()]), out);
                    }
                }
                other => out.push_str(&format!("{path}: {other:?} at {own:?}\n")),
            }
        }
        let mut found = Vec::new();
        let node = parse(FileId(0), text, &mut found).expect("it is YAML");
        let mut out = String::new();
        walk(&node, text, "", &mut out);
        for diagnostic in found {
            let places: Vec<&str> = diagnostic.labels.iter().map(|label| &text[label.span.range()]).collect();
            out.push_str(&format!("{} {places:?}\n", diagnostic.message));
        }
        out
    }

    #[test]
    fn every_key_and_value_knows_its_place() {
        insta::assert_snapshot!(outline("a: é\nb: 'x'\nc:\n  - 1\n  - {y: yes, z: true}\nd: |\n  one\n  two\ne:\n  f: 017\n"), @r#"
        : map at "a"
        .a: String("é") at "é"
        .b: String("x") at "'x'"
        .c: list at "1"
        .c[0]: Int(1) at "1"
        .c[1]: map at "{"
        .c[1].y: String("yes") at "yes"
        .c[1].z: Bool(true) at "true"
        .d: String("one\ntwo\n") at "|\n  one\n  two"
        .e: map at "f"
        .e.f: String("017") at "017"
        "#);
    }

    #[test]
    fn duplicate_keys_are_all_found() {
        insta::assert_snapshot!(outline("a: 1\nb: {x: 1, x: 2}\na: 2\na: 3\n"), @r#"
        : map at "a"
        .a: Int(1) at "1"
        .b: map at "{"
        .b.x: Int(1) at "1"
        the key `x` occurs twice ["x", "x"]
        the key `a` occurs twice ["a", "a"]
        the key `a` occurs twice ["a", "a"]
        "#);
    }

    #[test]
    fn a_duplicate_among_many_keys_is_found() {
        for keys in [FEW, FEW + 1, 10 * FEW] {
            let text: String = (1..keys).chain([1]).map(|key| format!("k{key}: {key}\n")).collect();
            let mut found = Vec::new();
            let node = parse(FileId(0), &text, &mut found).expect("it is YAML");
            let messages: Vec<&str> = found.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
            assert_eq!((node.entries().len(), messages.as_slice()), (keys - 1, &["the key `k1` occurs twice"][..]));
        }
    }

    #[test]
    fn what_is_not_yaml_says_where() {
        for (text, place) in [("a: [1, 2\nb: 3\n", 2), ("a: b: c\n", 1), ("a: 1\n---\nb: 2\n", 2), ("a:\n\tb: 1\n", 2)]
        {
            let map = crate::diagnostic::SourceMap::default();
            let file = map.add("p.yaml", text);
            let error = parse(file, text, &mut Vec::new()).expect_err("it is no YAML");
            let (line, _) = map.line_column(error.labels[0].span).expect("it has a place");
            assert!(line <= place + 1, "{error:?}");
        }
    }
}
