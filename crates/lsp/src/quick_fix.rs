//! An edit for every "did you mean".

use std::path::Path;

use lsp_types::{CodeAction, CodeActionKind, Range, TextEdit, Uri, WorkspaceEdit};

use crate::analysis::Analysis;
use crate::published::label_range;
use crate::word;

/// The edits that mend mistakes in a range of a file.
pub fn of(analysis: &Analysis, path: &Path, uri: &Uri, wanted: Range) -> Vec<CodeAction> {
    let mut actions: Vec<CodeAction> = Vec::new();
    for found in &analysis.diagnostics {
        let Some(label) = found.labels.first() else { continue };
        if analysis.path(label.span.file).as_deref() != Some(path) {
            continue;
        }
        let range = label_range(analysis, label.span);
        let touches = range.start <= wanted.end && wanted.start <= range.end;
        let Some(text) = analysis.sources.get(label.span.file).and_then(|file| file.text.get(label.span.range()))
        else {
            continue;
        };
        let Some(meant) = found.help.iter().find_map(|help| meant(help)).filter(|_| touches && is_word(text)) else {
            continue;
        };
        let title = format!("Replace by `{meant}`");
        if actions.iter().any(|action| action.title == title) {
            continue;
        }
        let edit = TextEdit { range, new_text: meant.to_owned() };
        // The protocol's own form of an edit: a map by the address of the file, which a client may not change.
        #[expect(clippy::mutable_key_type, reason = "the key's inner state is no part of its identity")]
        let changes = std::iter::once((uri.clone(), vec![edit])).collect();
        actions.push(CodeAction {
            title,
            kind: Some(CodeActionKind::QUICKFIX),
            is_preferred: Some(true),
            edit: Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }),
            ..CodeAction::default()
        });
    }
    actions
}

/// What a help suggests: ``did you mean `x`?``.
fn meant(help: &str) -> Option<&str> {
    help.strip_prefix("did you mean `")?.split('`').next()
}

/// Whether a text is one name, which another can stand for.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| word::is_of_name(letter) || letter == '-' || letter == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_is_read_from_its_help() {
        assert_eq!(meant("did you mean `total_amount`?"), Some("total_amount"));
        assert_eq!(meant("there is `a`, `b`"), None);
        assert!(is_word("totl_amount") && !is_word("a + b") && !is_word(""));
    }
}
