//! A large YAML document, read by all cores.
//!
//! Scanning YAML is one pass after another letter by letter, and most of the time that a file of many tasks takes. Nearly all of such
//! a file is one block map, whose entries can be read apart from each other: each begins on a line of the map's own indentation.
//! Where that is not sure, or where anything is wrong, the document is read as a whole, so that messages are the same.

use std::ops::Range;
use std::thread;

use crate::diagnostic::Diagnostic;

use super::parse::{Builder, Entries};
use super::{Key, Node, NodeValue};

/// A shorter document is read sooner than threads are started.
const SHORTEST: usize = 64 << 10;
/// Values are read by recursion.
const STACK_BYTES: usize = 8 << 20;

/// Reads a document by several threads; None if it is read as a whole.
pub(super) fn parse_parallel(builder: &Builder<'_>, found: &mut Vec<Diagnostic>) -> Option<Node> {
    let text = builder.text();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    if text.len() < SHORTEST || threads == 1 {
        return None;
    }
    parse_by(builder, threads, found)
}

fn parse_by(builder: &Builder<'_>, threads: usize, found: &mut Vec<Diagnostic>) -> Option<Node> {
    let text = builder.text();
    let block = longest_block(text)?;
    let parts = parts(text, block.entries.clone(), threads)?;
    let mut told = Vec::new();
    let mut root = frame(builder, block.entries, &mut told)?;
    let mut entries = Entries::default();
    for (part, of_part) in read_all(builder, parts)? {
        told.extend(of_part);
        entries.extend(part, &mut told);
    }
    let NodeValue::Map(values) = &mut root.value else { return None };
    // A header that stands inside a longer value, such as a text in quotes, is no key of the document.
    let (_, value) = values.iter_mut().find(|(key, _)| key.span.start as usize == block.header)?;
    if value.value != NodeValue::Null {
        return None;
    }
    *value = entries.into_map()?;
    told.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| label.span.start));
    found.extend(told);
    Some(root)
}

/// The document without those lines.
fn frame(builder: &Builder<'_>, left_out: Range<usize>, found: &mut Vec<Diagnostic>) -> Option<Node> {
    let text = builder.text();
    let mut frame = text.to_owned();
    // One blank line as long as all of them: places behind it stay what they are.
    let blank = " ".repeat(left_out.len().saturating_sub(1)) + "\n";
    frame.replace_range(left_out, &blank);
    builder.read(&frame, 0, found).ok()
}

/// The entries of a part, and what was found in it.
type ReadPart = (Vec<(Key, Node)>, Vec<Diagnostic>);

/// All parts, each by a thread of its own; None if one is no map or not YAML.
fn read_all(builder: &Builder<'_>, parts: Vec<Range<usize>>) -> Option<Vec<ReadPart>> {
    let read = |part: Range<usize>| {
        let mut found = Vec::new();
        let node = builder.read(&builder.text()[part.clone()], part.start, &mut found).ok()?;
        let NodeValue::Map(entries) = node.value else { return None };
        Some((entries, found))
    };
    thread::scope(|scope| {
        let spawn = |part| thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, move || read(part)).ok();
        let threads: Option<Vec<_>> = parts.into_iter().map(spawn).collect();
        threads?.into_iter().map(|thread| thread.join().ok()?).collect()
    })
}

/// A block map that is the value of a document's own key.
struct Block {
    /// Where its key begins.
    header: usize,
    /// The lines of its entries.
    entries: Range<usize>,
}

/// The longest value that stands below a line with nothing but its key. None if the text may be more than one document.
fn longest_block(text: &str) -> Option<Block> {
    let mut longest: Option<Block> = None;
    let mut open: Option<Block> = None;
    let mut close = |block: Option<Block>, end: usize| {
        let Some(mut block) = block else { return };
        block.entries.end = end;
        if longest.as_ref().is_none_or(|longest| longest.entries.len() < block.entries.len()) {
            longest = Some(block);
        }
    };
    for (start, line) in lines(text) {
        match line.as_bytes()[0] {
            b' ' | b'#' | b'\n' | b'\r' => continue,
            b'-' | b'.' | b'%' => return None,
            _ => {}
        }
        close(open.take(), start);
        open = is_header(line).then(|| Block { header: start, entries: start + line.len()..text.len() });
    }
    close(open, text.len());
    longest
}

/// `key:` and nothing else but a comment.
fn is_header(line: &str) -> bool {
    let Some((key, rest)) = line.split_once(':') else { return false };
    let rest = rest.trim_end();
    key.bytes().all(is_plain) && (rest.is_empty() || rest.starts_with(" ") && rest.trim_start().starts_with('#'))
}

/// A letter that a key may begin with without being anything else: no quote, no mark of a list, a reference or a key of many lines.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// The lines of a block map in so many parts of about the same length, each beginning with an entry.
fn parts(text: &str, block: Range<usize>, count: usize) -> Option<Vec<Range<usize>>> {
    let length = block.len().div_ceil(count).max(1);
    let mut indent = None;
    let mut parts = Vec::with_capacity(count);
    let mut start = block.start;
    for (at, line) in lines(&text[block.clone()]) {
        let content = line.trim_start_matches(' ');
        let own = line.len() - content.len();
        let first = content.as_bytes()[0];
        if matches!(first, b'#' | b'\n' | b'\r') || own != *indent.get_or_insert(own) {
            continue;
        }
        if own == 0 || first == b'-' || !is_plain(first) {
            return None;
        }
        let at = block.start + at;
        if at - start >= length {
            parts.push(start..at);
            start = at;
        }
    }
    parts.push(start..block.end);
    Some(parts)
}

/// Each line with its line break, and where it begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let at = start;
        start += line.len();
        (at, line)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::parse::parse;
    use super::*;
    use crate::diagnostic::FileId;

    /// The document by so many threads, if that can be.
    fn by(text: &str, threads: usize) -> Option<(Node, Vec<Diagnostic>)> {
        let mut found = Vec::new();
        let node = parse_by(&Builder::new(FileId(0), text), threads, &mut found)?;
        Some((node, found))
    }

    /// The document as a whole: all of these are too short for threads.
    fn whole(text: &str) -> Option<(Node, Vec<Diagnostic>)> {
        let mut found = Vec::new();
        Some((parse(FileId(0), text, &mut found).ok()?, found))
    }

    const TASKS: &str = "version: 1\ntasks: # all\n\n  a: {type: load, path: 1.50}\n  # about b\n  b:\n    sql: |\n      select 'x'\n\n      from a\n    n: 99999999999999999999\n  c:\n    - 1\n    - {d: é}\n  a: 2\n  e: &x 1\nfolder: *x\n";

    #[test]
    fn parts_give_what_the_whole_gives() {
        let text = TASKS.replace("*x", "y");
        for threads in 1..8 {
            assert_eq!(by(&text, threads), whole(&text), "{threads}");
            assert!(by(&text, threads).is_some());
        }
    }

    #[test]
    fn what_only_looks_like_entries_is_not_taken_for_them() {
        for text in [
            TASKS,                                  // an alias of what stands in another part
            "tasks:\n  - a: 1\n  - b: 2\n",         // a list
            "tasks:\n  ? a\n  : b\n",               // keys of many lines
            "tasks:\n  a b\n  c d\n",               // a text
            "a: \"x\ntasks:\n  b: 1\n  c: 2\n\"\n", // inside of a text
            "a: {x: 1,\ntasks:\n  {b: 1}}\n",       // inside of a map
            "tasks:\n  a: \"x\n  b: 1\"\n  c: 2\n", // a text over the entries of the map
            "---\ntasks:\n  a: 1\n---\ntasks:\n  b: 1\n",
            "tasks:\n    a: 1\n  b: 2\n",
            "{tasks: {a: 1}}\n",
            "a: 1\n",
        ] {
            for threads in 2..5 {
                assert!(by(text, threads).is_none_or(|parts| Some(parts) == whole(text)), "{text}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn any_lines_give_what_the_whole_gives(
            lines in prop::collection::vec("( |  |   |    )?(tasks:|a:|b:|c: |- |x|'|\"|\\||>|\\{|\\}|#|&a |\\*a|: 1|\\? |<<: |é){0,3}", 1..9),
            threads in 1usize..5,
        ) {
            let text = lines.join("\n") + "\n";
            if let Some(parts) = by(&text, threads) {
                prop_assert_eq!(Some(parts), whole(&text));
            }
        }
    }
}
