//! `docs/semantics.md` lists every function of the registry.

use std::path::Path;

use super::super::{Example, FunctionDefinition, FunctionKind, all};

/// The functions of a kind as a table in Markdown.
fn markdown(kind: FunctionKind) -> String {
    let is_fixture = |name: &str| super::FUNCTIONS.iter().any(|fixture| fixture.name == name);
    let listed = all().filter(|function| function.kind() == kind && !is_fixture(function.name));
    let head = "| function | type | result | example |\n|---|---|---|---|\n".to_owned();
    head + &listed.map(row).collect::<String>()
}

pub(super) fn row(function: &FunctionDefinition) -> String {
    let written = std::iter::once(function.signature()).chain(function.also_written());
    let written: Vec<String> = written.map(|form| code(&form)).collect();
    let example = function.examples.first().map(example).unwrap_or_default();
    format!("| {} | {} | {} | {example} |\n", written.join(", "), function.result(), cell(function.summary))
}

fn example(example: &Example) -> String {
    let over = example.over().map(|column| format!(" of {}", code(&column))).collect::<String>();
    format!("{}{over} → {}", code(example.call), code(example.result))
}

fn code(text: &str) -> String {
    format!("`{}`", cell(text))
}

/// A text within a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The text with the tables between their marks as the registry has them.
fn updated(document: &str) -> String {
    let mut text = document.to_owned();
    for (kind, mark) in [
        (FunctionKind::Scalar, "scalar functions"),
        (FunctionKind::Aggregate, "aggregates"),
        (FunctionKind::Window, "window functions"),
    ] {
        let (begin, end) = (format!("<!-- begin {mark} -->\n"), format!("<!-- end {mark} -->"));
        let start = text.find(&begin).unwrap_or_else(|| panic!("there is no {begin}")) + begin.len();
        let stop = text.find(&end).unwrap_or_else(|| panic!("there is no {end}"));
        text.replace_range(start..stop, &markdown(kind));
    }
    text
}

#[test]
fn every_function_is_in_the_contract() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/semantics.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let wanted = updated(&document);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
        return;
    }
    let known = "docs/semantics.md is not what the registry says: UPDATE_DOCS=1 cargo test -p tidemill-core contract";
    assert!(document == wanted, "{known}");
}
