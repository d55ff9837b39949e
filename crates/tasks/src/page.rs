//! The page around an HTML report whose template brings none of its own.

use std::sync::LazyLock;

use minijinja::HtmlEscape;
use regex::Regex;

/// Readable on a phone, in mail programs and on paper, in light and dark.
const STYLE: &str = include_str!("page.css");

/// Whether a template has the elements that make a page of it.
pub fn brings_its_own(template: &str) -> bool {
    static PAGE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)<(?:!doctype|html|head|body)[\s>]").ok());
    PAGE.as_ref().is_some_and(|page| page.is_match(template))
}

/// A page with that content. Its title is the first heading, else the name given.
pub fn around(content: &str, name: &str) -> String {
    let title = heading(content).unwrap_or_else(|| HtmlEscape(name).to_string());
    let content = content.trim_end();
    format!(
        "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{content}\n</main>\n</body>\n</html>\n"
    )
}

/// The text of the first heading, without the elements in it.
fn heading(content: &str) -> Option<String> {
    static HEADING: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?is)<h1(?:\s[^>]*)?>(.*?)</h1>").ok());
    static ELEMENT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"<[^>]*>").ok());
    let inner = HEADING.as_ref()?.captures(content)?.get(1)?.as_str();
    let text = ELEMENT.as_ref()?.replace_all(inner, "").split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_put_around_what_is_none() {
        for own in ["<!doctype html><p>", "<HTML lang=en>", "a <body\nclass=x>", "<head>"] {
            assert!(brings_its_own(own), "{own}");
        }
        for part in ["<header>x</header>", "<h1>x</h1>", "", "body"] {
            assert!(!brings_its_own(part), "{part}");
        }
        let page = around("<h1 id=a>The <b>best</b>\n&amp; rest</h1>\n", "x");
        assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<meta charset=\"utf-8\">"));
        assert!(page.contains("<title>The best &amp; rest</title>"));
        assert!(around("<p>", "a<b").contains("<title>a&lt;b</title>"));
    }
}
