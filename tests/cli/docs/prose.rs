//! No paragraph is longer than people read.

use super::page::{Page, pages};

/// A paragraph, or an item of a list, has at most so many words.
const WORDS: usize = 80;

fn too_long(page: &Page) -> Vec<String> {
    let words = |text: &str| text.split_whitespace().count();
    let long = page.paragraphs.iter().filter(|paragraph| words(&paragraph.text) > WORDS);
    long.map(|found| format!("{}:{}: {} words", page.path, found.line, words(&found.text))).collect()
}

#[test]
fn no_paragraph_has_more_than_eighty_words() {
    let long: Vec<String> = pages().iter().flat_map(too_long).collect();
    assert!(long.is_empty(), "make short sentences, lists or tables of these:\n{}", long.join("\n"));
}

#[test]
fn a_long_paragraph_is_found() {
    let page = Page::parse("a.md", &format!("{}\n\n{}\n", "word ".repeat(80), "word ".repeat(81)));
    assert_eq!(too_long(&page), ["a.md:3: 81 words"]);
}
