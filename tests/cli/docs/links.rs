//! Every link leads somewhere, and the book holds every page.

use std::collections::HashMap;
use std::path::Path;

use regex::Regex;

use super::page::{Page, by_path, files, pages, text};
use crate::project::repository;

/// What stands before the path of a file that is not part of the book.
const ONLINE: &str = "https://github.com/tidemill/tidemill/blob/main/";

/// What is wrong with a link; None if nothing is. Other sites are not asked.
fn mistake(page: &Page, link: &str, pages: &HashMap<&str, &Page>) -> Option<String> {
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match path.strip_prefix(ONLINE) {
        Some(path) => path.to_owned(),
        None if path.contains("://") || path.starts_with("mailto:") => return None,
        None if path.is_empty() => page.path.clone(),
        None => joined(&page.path, path),
    };
    let in_book = |path: &str| path.starts_with("docs/");
    if !repository().join(Path::new(&target)).exists() {
        return Some("there is no such file".to_owned());
    }
    if !link.starts_with(ONLINE) && in_book(&page.path) && !in_book(&target) {
        return Some(format!("it is not part of the book; begin it with {ONLINE}"));
    }
    let known = pages.get(target.as_str()).is_none_or(|page| page.anchors.iter().any(|known| known == anchor));
    (!anchor.is_empty() && !known).then(|| format!("{target} has no such heading"))
}

/// The path of a link, from the repository's root.
fn joined(from: &str, link: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn mistakes(page: &Page, pages: &HashMap<&str, &Page>) -> Vec<String> {
    let wrong = |link: &str| mistake(page, link, pages);
    let links = page.links.iter().filter_map(|link| Some((link, wrong(&link.text)?)));
    links.map(|(link, why)| format!("{}:{}: {}: {why}", page.path, link.line, link.text)).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let pages = pages();
    let known = by_path(&pages);
    let wrong: Vec<String> = pages.iter().flat_map(|page| mistakes(page, &known)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let links: usize = pages.iter().map(|page| page.links.len()).sum();
    assert!(links > 100, "only {links} links were found");
}

#[test]
fn a_link_to_nowhere_is_found() {
    let here = "[a](cli.md#nothing) [b](nowhere.md) [c](../Cargo.toml) [d](#here) [e](design/decisions.md#tables)";
    let page = Page::parse("docs/cli.md", here);
    let pages = pages();
    insta::assert_snapshot!(mistakes(&page, &by_path(&pages)).join("\n"));
}

#[test]
fn every_page_that_the_sources_name_is_there() {
    let named = Regex::new(r"\bdocs/[\w/]+\.md\b").expect("a regular expression");
    let mut names = Vec::new();
    for path in ["src", "crates", "tests/cli", "benches", "contrib"].iter().flat_map(|folder| files(folder)) {
        if [".rs", ".py", ".service"].iter().any(|end| path.ends_with(end)) && !path.starts_with("tests/cli/docs/") {
            names.extend(named.find_iter(&text(&path)).map(|name| (path.clone(), name.as_str().to_owned())));
        }
    }
    let gone: Vec<_> = names.iter().filter(|(_, name)| !repository().join(name).exists()).collect();
    assert!(gone.is_empty(), "{gone:?}");
    assert!(names.len() > 5, "only {names:?} were found");
}

#[test]
fn the_book_holds_every_page() {
    let summary = Page::parse("docs/SUMMARY.md", &text("docs/SUMMARY.md"));
    let mut held: Vec<String> = summary.links.iter().map(|link| joined(&summary.path, &link.text)).collect();
    held.push(summary.path);
    held.sort();
    let pages = pages().into_iter().map(|page| page.path).filter(|path| path.starts_with("docs/"));
    assert_eq!(held, pages.collect::<Vec<_>>(), "left: docs/SUMMARY.md, right: the files");
}
