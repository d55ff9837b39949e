//! A page of the docs, as far as the tests need it: its code, its paragraphs, its headings and its links.

use std::collections::HashMap;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use crate::project::repository;

/// A Markdown file.
#[derive(Debug, Default)]
pub struct Page {
    /// Its path within the repository, with `/` between folders.
    pub path: String,
    /// Its blocks of code.
    pub blocks: Vec<Block>,
    /// Its paragraphs and items of lists. Tables and code are none.
    pub paragraphs: Vec<Text>,
    /// What its headings are called in links, without the `#`.
    pub anchors: Vec<String>,
    /// Where its links and pictures lead.
    pub links: Vec<Text>,
}

/// A block between two fences.
#[derive(Debug)]
pub struct Block {
    /// The line of the first fence, from 1.
    pub line: usize,
    /// What stands behind the first fence: the language, and marks after commas.
    pub info: String,
    /// The lines between the fences.
    pub text: String,
}

impl Block {
    /// The language.
    pub fn language(&self) -> &str {
        self.info.split(',').next().unwrap_or_default()
    }

    /// The marks behind the language.
    pub fn marks(&self) -> impl Iterator<Item = &str> {
        self.info.split(',').skip(1)
    }

    /// The path of the file that the block is, by its mark `file=…`.
    pub fn file(&self) -> Option<&str> {
        self.marks().find_map(|mark| mark.strip_prefix("file="))
    }
}

/// A text and its line, from 1.
#[derive(Debug, PartialEq)]
pub struct Text {
    pub line: usize,
    pub text: String,
}

static LINK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\]\(<?([^)\s>]+)").expect("a regular expression"));
static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"`[^`]*`").expect("a regular expression"));
static ITEM: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^([-*+]|\d+[.)]) ").expect("a regular expression"));
static NO_NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[^\w\- ]").expect("a regular expression"));

impl Page {
    /// Reads a page.
    pub fn parse(path: &str, text: &str) -> Self {
        let mut page = Self { path: path.to_owned(), ..Self::default() };
        let mut open: Option<Text> = None;
        let mut lines = text.lines().zip(1..);
        while let Some((line, number)) = lines.next() {
            let line = line.trim();
            if let Some(info) = line.strip_prefix("```") {
                page.paragraphs.extend(open.take());
                let code: Vec<&str> =
                    lines.by_ref().map(|(line, _)| line).take_while(|line| line.trim() != "```").collect();
                page.blocks.push(Block { line: number, info: info.to_owned(), text: code.join("\n") + "\n" });
                continue;
            }
            page.links.extend(links(line).map(|text| Text { line: number, text }));
            if let Some(heading) = line.strip_prefix('#') {
                page.add_anchor(heading.trim_start_matches('#').trim());
            }
            let is_prose = !line.is_empty() && !["#", "|", "<!--"].iter().any(|sign| line.starts_with(sign));
            if !is_prose || ITEM.is_match(line) {
                page.paragraphs.extend(open.take());
            }
            if is_prose {
                let paragraph = open.get_or_insert(Text { line: number, text: String::new() });
                paragraph.text.push_str(line);
                paragraph.text.push(' ');
            }
        }
        page.paragraphs.extend(open);
        page
    }

    /// Adds a heading by the name that GitHub and mdBook give it.
    fn add_anchor(&mut self, heading: &str) {
        let name = NO_NAME.replace_all(&heading.to_lowercase(), "").replace(' ', "-");
        let before = self.anchors.iter().filter(|known| **known == name).count();
        self.anchors.push(if before == 0 { name } else { format!("{name}-{before}") });
    }
}

/// The targets of the links in a line. What stands in code is no link.
fn links(line: &str) -> impl Iterator<Item = String> {
    let line = CODE.replace_all(line, "`").into_owned();
    LINK.captures_iter(&line).map(|found| found[1].to_owned()).collect::<Vec<_>>().into_iter()
}

/// All pages that people read, by their paths: README, changes, and what is below `docs/`.
pub fn pages() -> Vec<Page> {
    let mut paths = files("docs");
    paths.retain(|path| path.ends_with(".md"));
    paths.extend(["README.md".to_owned(), "CHANGELOG.md".to_owned()]);
    paths.sort();
    paths.iter().map(|path| Page::parse(path, &text(path))).collect()
}

/// The paths of all files below a folder of this repository, without hidden ones.
pub fn files(folder: &str) -> Vec<String> {
    let entries = repository().join(folder).read_dir().expect("a folder").flatten();
    let visible = entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
    visible
        .flat_map(|entry| {
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() { files(&path) } else { vec![path] }
        })
        .collect()
}

/// The text of a file of this repository.
pub fn text(path: &str) -> String {
    std::fs::read_to_string(repository().join(Path::new(path))).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The pages by their paths.
pub fn by_path(pages: &[Page]) -> HashMap<&str, &Page> {
    pages.iter().map(|page| (page.path.as_str(), page)).collect()
}

#[test]
fn a_page_comes_apart_into_what_it_is_made_of() {
    let page = Page::parse(
        "a.md",
        "# A `b` c\n\nOne\ntwo [x](y.md#z).\n- three `[no](link)`\n- four\n\n| five | six |\n\n```yaml,wrong\na: 1\n```\nseven\n## A b c\n",
    );
    let paragraphs: Vec<&str> = page.paragraphs.iter().map(|found| found.text.as_str()).collect();
    assert_eq!(paragraphs, ["One two [x](y.md#z). ", "- three `[no](link)` ", "- four ", "seven "]);
    assert_eq!(page.links, [Text { line: 4, text: "y.md#z".to_owned() }]);
    assert_eq!(page.anchors, ["a-b-c", "a-b-c-1"]);
    let block = &page.blocks[0];
    assert_eq!((block.line, block.language(), block.text.as_str()), (10, "yaml", "a: 1\n"));
    assert_eq!(block.marks().collect::<Vec<_>>(), ["wrong"]);
}
