//! The tables of the docs that follow from a registry. `UPDATE_DOCS=1 cargo test --test cli generated` writes them anew.

use tidemill_core::table::FormatDescriptor;
use tidemill_engine_local::FormatCodecs;

use crate::project::repository;

/// Each table's mark in `docs/pipeline.md`, and its rows behind the head.
fn tables() -> [(&'static str, String); 2] {
    let types = tidemill_tasks::all();
    let checks = types.checks().iter().map(|check| row([code(&[check.name()]), cell(check.summary())]));
    let formats = FormatCodecs::all().formats();
    [
        ("checks", "| key | what it states |\n|---|---|\n".to_owned() + &checks.collect::<String>()),
        (
            "formats",
            "| format | file | endings | keys of a load | keys of an output |\n|---|---|---|---|---|\n".to_owned()
                + &formats.iter().map(format_row).collect::<String>(),
        ),
    ]
}

fn format_row(format: &FormatDescriptor) -> String {
    let endings = |list: &[&str]| code(&list.iter().map(|ending| format!(".{ending}")).collect::<Vec<_>>());
    let read = if format.read_endings.is_empty() {
        String::new()
    } else {
        format!("; read: {}", endings(format.read_endings))
    };
    let endings = endings(format.endings) + &read;
    row([code(&[format.name]), cell(format.summary), endings, code(format.options), code(format.sink_options)])
}

fn row<const N: usize>(cells: [String; N]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn code(words: &[impl std::fmt::Display]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// A sentence within a table.
fn cell(text: &str) -> String {
    text.trim_end_matches('.').replace('|', "\\|")
}

#[test]
fn generated_tables_are_what_the_registries_say() {
    let path = repository().join("docs/pipeline.md");
    let document = std::fs::read_to_string(&path).expect("the page");
    let mut wanted = document.clone();
    for (mark, table) in tables() {
        let (begin, end) = (format!("<!-- begin {mark} -->\n"), format!("<!-- end {mark} -->"));
        let start = wanted.find(&begin).unwrap_or_else(|| panic!("there is no {begin}")) + begin.len();
        let stop = wanted.find(&end).unwrap_or_else(|| panic!("there is no {end}"));
        wanted.replace_range(start..stop, &table);
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return std::fs::write(&path, &wanted).expect("the page can be written");
    }
    assert!(document == wanted, "docs/pipeline.md: UPDATE_DOCS=1 cargo test --test cli generated");
}
