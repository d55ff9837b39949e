//! Files that a command's text names and does not declare.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use tidemill_core::diagnostic::Diagnostic;
use tidemill_core::plan::resolve;
use tidemill_core::spec::Template;
use tidemill_core::table::Location;
use tidemill_core::task::CheckContext;

use super::Command;

/// A warning for each: when such a file changes, nobody runs the command again.
pub fn undeclared(command: &Command, cx: &CheckContext<'_>) -> Vec<Diagnostic> {
    // Without outputs it always runs.
    if command.outputs.is_empty() {
        return Vec::new();
    }
    let inputs = command.inputs.iter().map(|(_, key)| Location::new(key.value.named()));
    let outputs = command.outputs.iter().map(|(_, path)| path.value.clone());
    let declared: Vec<PathBuf> = inputs.chain(outputs).map(|path| resolve(cx.project, &path)).collect();
    let is_declared = |path: &Path| {
        declared.iter().any(|known| {
            path == known
                || known
                    .to_str()
                    .and_then(|text| glob::Pattern::new(text).ok())
                    .is_some_and(|glob| glob.matches_path(path))
        })
    };
    let cwd = command.cwd.as_ref().map_or_else(|| cx.project.to_owned(), |cwd| resolve(cx.project, &cwd.value));
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for text in command.run.iter() {
        for range in words(text) {
            let word = &text.text[range.clone()];
            let path = resolve(&cwd, &Location::new(word));
            let inside = path.starts_with(cx.project) && path != cx.project;
            let is_there = inside && (path.is_file() || (cx.published)(&Location::new(word)));
            if is_there && !is_declared(&path) && seen.insert(path) {
                let span = cx.sources.within_scalar(text.span, &text.text, range);
                found.push(
                    Diagnostic::warning(format!("`{word}` is not declared"))
                        .at(span, "when this file changes, the command does not run again")
                        .help("name it under `inputs`, or under `outputs` if the command writes it"),
                );
            }
        }
    }
    found
}

/// What could be paths: pieces between blanks, quotes and the shell's own signs, without any `${{ }}`.
fn words(text: &Template) -> Vec<std::ops::Range<usize>> {
    let holes = text.holes();
    let mut words = Vec::new();
    let mut start = None;
    let parts = |c: char| c.is_whitespace() || "\"'`$;&|<>()={}*?\\,".contains(c);
    for (at, c) in text.text.char_indices().chain([(text.text.len(), ' ')]) {
        let in_hole = holes.iter().any(|hole| hole.whole.contains(&at));
        match (start, parts(c) || in_hole) {
            (None, false) => start = Some(at),
            (Some(from), true) => {
                words.push(from..at);
                start = None;
            }
            _ => {}
        }
    }
    // What touches a `${{ }}` is only a part of a word.
    words.retain(|word| !holes.iter().any(|hole| hole.whole.end == word.start || hole.whole.start == word.end));
    words
}
