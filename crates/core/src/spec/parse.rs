//! YAML text → [`Node`].

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

use serde::de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{DuplicateKeyPolicy, Location, Options};

use crate::diagnostic::{Diagnostic, FileId, Span};
use crate::table::vanishes_as_float;

use super::parse_parallel::parse_parallel;
use super::syntax_error::syntax_error;
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
    let builder = Builder::new(file, text);
    if let Some(node) = parse_parallel(&builder, found) {
        return Ok(node);
    }
    builder.read(text, 0, found).map_err(|error| syntax_error(file, text, &error))
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

/// By this name saphyr is asked for a value together with its place, as its own `Spanned` does. `Spanned` cannot be read into a
/// tree that grows while it is read, and makes two places and a text of its own for each value: a quarter of the time that a file
/// of many tasks took. The name is no promise of saphyr's, so its version is pinned; the tests below notice a change.
const PLACED: &str = "__yaml_spanned";

/// A map of more keys than this has a table to find those that occur twice.
const FEW: usize = 16;

/// Reads a document or parts of it.
#[derive(Clone, Copy)]
pub(super) struct Builder<'a> {
    file: FileId,
    text: &'a str,
}

/// Builds nodes of what saphyr hands over.
struct Build<'a> {
    document: Builder<'a>,
    /// Where in the document the part begins that is read.
    offset: usize,
    found: RefCell<Vec<Diagnostic>>,
}

/// Asks for a value with its place.
#[derive(Clone, Copy)]
struct NodeSeed<'a>(&'a Build<'a>);

/// Asks for the value of a node, and for what is underlined for it where its own text has no length: its first item or key.
#[derive(Clone, Copy)]
struct ValueSeed<'a>(&'a Build<'a>);

/// What saphyr hands over of a value with its place, in this order: the value, its place, and more that is not needed.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum SpannedKey {
    Value,
    Referenced,
    #[serde(other)]
    Other,
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_newtype_struct(PLACED, self)
    }
}

impl<'de> Visitor<'de> for NodeSeed<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value and its place")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_struct(PLACED, &["value", "referenced"], self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut value = None;
        while let Some(part) = map.next_key()? {
            match part {
                SpannedKey::Value => value = Some(map.next_value_seed(ValueSeed(self.0))?),
                SpannedKey::Referenced => {
                    let place: Location = map.next_value()?;
                    let (value, first) = value.ok_or_else(|| de::Error::missing_field("value"))?;
                    return Ok(self.0.node(value, first, &place));
                }
                SpannedKey::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Err(de::Error::missing_field("referenced"))
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = (NodeValue, Option<Span>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = (NodeValue, Option<Span>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok((NodeValue::Null, None))
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok((NodeValue::Null, None))
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok((NodeValue::Bool(value), None))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok((NodeValue::Int(value), None))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok((i64::try_from(value).map_or(NodeValue::Float(value as f64), NodeValue::Int), None))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok((NodeValue::Float(value), None))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok((NodeValue::String(value.to_owned()), None))
    }

    fn visit_string<E>(self, value: String) -> Result<Self::Value, E> {
        Ok((NodeValue::String(value), None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(NodeSeed(self.0))? {
            self.0.keeps_digits(&item);
            items.push(item);
        }
        let first = items.first().map(|item| item.span);
        Ok((NodeValue::List(items), first))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Entries::default();
        while let Some(key) = map.next_key_seed(NodeSeed(self.0))? {
            let value = map.next_value_seed(NodeSeed(self.0))?;
            self.0.enter(&mut entries, key, value);
        }
        let first = entries.list.first().map(|(key, _)| key.span);
        Ok((NodeValue::Map(entries.list), first))
    }
}

/// The entries of a map while it is read.
#[derive(Default)]
pub(super) struct Entries {
    list: Vec<(Key, Node)>,
    /// Where each key is in the list, once there are so many that looking at each is slower than this table.
    places: HashMap<String, usize>,
}

impl Entries {
    fn find(&mut self, name: &str) -> Option<&Key> {
        if self.list.len() <= FEW {
            return self.list.iter().map(|(key, _)| key).find(|key| key.name == name);
        }
        for at in self.places.len()..self.list.len() {
            self.places.insert(self.list[at].0.name.clone(), at);
        }
        self.places.get(name).map(|at| &self.list[*at].0)
    }

    /// Adds an entry, or says that its key is there already.
    fn add(&mut self, key: Key, value: Node, found: &mut Vec<Diagnostic>) {
        let Some(first) = self.find(&key.name) else { return self.list.push((key, value)) };
        let twice = Diagnostic::error(format!("the key `{}` occurs twice", key.name));
        found.push(twice.at(key.span, "again here").at(first.span, "first here"));
    }

    /// Adds the entries of one part of a map to those before.
    pub(super) fn extend(&mut self, part: Vec<(Key, Node)>, found: &mut Vec<Diagnostic>) {
        part.into_iter().for_each(|(key, value)| self.add(key, value, found));
    }

    /// A block map of these entries; None without any.
    pub(super) fn into_map(self) -> Option<Node> {
        let span = self.list.first()?.0.span;
        Some(Node { value: NodeValue::Map(self.list), span })
    }
}

impl<'a> Builder<'a> {
    /// Of a document.
    pub(super) fn new(file: FileId, text: &'a str) -> Self {
        Self { file, text }
    }

    /// The whole document.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    /// Reads a part, or what stands for the document: bytes lie where they lie in it, moved by `offset`.
    pub(super) fn read(
        &self,
        part: &str,
        offset: usize,
        found: &mut Vec<Diagnostic>,
    ) -> Result<Node, serde_saphyr::Error> {
        let build = Build { document: *self, offset, found: RefCell::default() };
        let node = serde_saphyr::with_deserializer_from_str_with_options(part, options(), |deserializer| {
            NodeSeed(&build).deserialize(deserializer)
        })?;
        found.extend(build.found.into_inner());
        Ok(node)
    }
}

impl Build<'_> {
    fn node(&self, value: NodeValue, first: Option<Span>, place: &Location) -> Node {
        let mut own = self.span(place);
        if matches!(&value, NodeValue::String(text) if text.contains('\n')) {
            own.start = self.block_header(own.start as usize) as u32;
        }
        // Block maps and lists have no length of their own: they are named by what they begin with.
        let span = if own.start == own.end { first.unwrap_or(own) } else { own };
        Node { value, span }
    }

    /// Refuses a number that would lose digits: YAML sets no bounds, but an int has 64 bits and a float 15 digits.
    fn keeps_digits(&self, value: &Node) {
        let NodeValue::Float(float) = value.value else { return };
        let written = self.document.text.get(value.span.range()).unwrap_or_default();
        let message = match lost_digits(written, float) {
            Some(Lost::Int) => format!("the number {written} is too large for an int, which has 64 bits"),
            Some(Lost::Digits) => format!("a float would make {float} of {written}"),
            None => return,
        };
        let help = format!("write it in quotes, as text: `'{written}'`");
        self.tell(Diagnostic::error(message).at(value.span, "digits would be lost").help(help));
    }

    fn enter(&self, entries: &mut Entries, key: Node, value: Node) {
        self.keeps_digits(&value);
        let span = key.span;
        let name = match key.value {
            NodeValue::String(name) => name,
            NodeValue::List(_) | NodeValue::Map(_) => {
                return self.tell(Diagnostic::error("a key must be a single value").at(span, "this is not"));
            }
            // `null`, `10` and `true` are names where a key stands.
            NodeValue::Null | NodeValue::Bool(_) | NodeValue::Int(_) | NodeValue::Float(_) => {
                self.document.text.get(span.range()).unwrap_or_default().to_owned()
            }
        };
        entries.add(Key { name, span }, value, &mut self.found.borrow_mut());
    }

    fn tell(&self, mistake: Diagnostic) {
        self.found.borrow_mut().push(mistake);
    }

    /// Where a block scalar whose first line begins at `start` has its `|` or `>`; `start` for any other scalar.
    fn block_header(&self, start: usize) -> usize {
        let Some((above, indent)) = self.document.text.get(..start).and_then(|before| before.rsplit_once('\n')) else {
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
        let start = (span.byte_offset().unwrap_or(0) as usize + self.offset).min(self.document.text.len());
        let end = start.saturating_add(span.byte_len().unwrap_or(0) as usize).min(self.document.text.len());
        // A block scalar's text ends before the line break that ends it.
        let trimmed = self.document.text.get(start..end).map_or(0, |text| text.trim_end().len());
        Span { file: self.document.file, start: start as u32, end: (start + trimmed) as u32 }
    }
}

/// What a float loses of a number.
enum Lost {
    /// That it is whole and exact.
    Int,
    /// Digits, or all of it.
    Digits,
}

/// What is lost if `written` becomes that float.
fn lost_digits(written: &str, float: f64) -> Option<Lost> {
    let digits = written.trim_start_matches(['-', '+']);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Lost::Int);
    }
    let has_exponent = digits.contains(['e', 'E']);
    // From here on floats are whole numbers, and not all of them.
    let is_coarse = !has_exponent && float.is_finite() && float.abs() >= (1_u64 << 53) as f64;
    let changes = is_coarse && digits.trim_end_matches('0').trim_end_matches('.') != float.abs().to_string();
    (vanishes_as_float(digits) || changes).then_some(Lost::Digits)
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

    #[test]
    fn numbers_that_would_lose_digits_are_refused() {
        let told = |text: &str| {
            let mut found = Vec::new();
            parse(FileId(0), text, &mut found).expect("it is YAML");
            found.into_iter().map(|diagnostic| diagnostic.message).collect::<Vec<_>>()
        };
        for text in
            ["99999999999999999999", "-9223372036854775809", "9223372036854775808", "12345678901234567.89", "1e-400"]
        {
            for place in [format!("a: {text}\n"), format!("a: [{text}]\n"), format!("a:\n  - b: {text} # it\n")] {
                assert_eq!(told(&place).len(), 1, "{place}");
            }
        }
        let kept = "{a: 9223372036854775807, b: -9223372036854775808, c: 1e30, d: 3.14159265358979323846, e: 0e5, 99999999999999999999: x, f: 9007199254740993.0e0, g: 12345678901234568.0, h: '99999999999999999999'}";
        assert_eq!(told(kept), [""; 0]);
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
