//! What is wrong with a text that is no YAML.

use crate::diagnostic::{Diagnostic, FileId, Span};

/// What saphyr has against the text, without the names of its own options.
pub(super) fn syntax_error(file: FileId, text: &str, error: &serde_saphyr::Error) -> Diagnostic {
    let place = error.location();
    let start = place.and_then(|at| at.span().byte_offset().map(|offset| offset as usize));
    // Some errors are placed by line and column alone.
    let start = start.or_else(|| place.and_then(|at| offset_of(text, at.line(), at.column())));
    let mut start = start.unwrap_or(text.len()).min(text.len());
    if start == text.len() {
        // At the end of the text there is nothing to underline: the last letter is the place.
        start = text.trim_end().char_indices().next_back().map_or(0, |(at, _)| at);
    }
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    if let Some(tab) = text[line_start..start].find('\t').filter(|_| error.to_string().contains("tab")) {
        start = line_start + tab;
    }
    let end = text[start..].chars().next().map_or(start, |c| start + c.len_utf8());
    let message = match error {
        serde_saphyr::Error::MultipleDocuments { .. } => "a pipeline file holds one YAML document".to_owned(),
        other if other.to_string().contains("budget breached") => {
            "this file is too large or too deep, or its aliases unfold to too much".to_owned()
        }
        other => {
            let full = other.to_string();
            let line = full.lines().next().unwrap_or("not YAML").trim();
            // The place is said by the label.
            let line = line.split(" at line ").next().unwrap_or(line);
            let line = line.rsplit_once(": line ").map_or(line, |(head, _)| head);
            format!("not valid YAML: {}", line.trim_end_matches(['.', ',', ':']))
        }
    };
    let diagnostic = Diagnostic::error(message).at(Span { file, start: start as u32, end: end as u32 }, "");
    let before = text[..start].rsplit('\n').next().unwrap_or_default();
    let line = text[start - before.len()..].lines().next().unwrap_or_default();
    let (head, hole) = line.split_once("${{").unwrap_or((line, ""));
    if before.trim().is_empty() && text[start..].starts_with('\t') {
        diagnostic.help("indent with blanks, not tabs")
    } else if !hole.is_empty() && head.contains(['[', '{']) {
        diagnostic.help("inside `[ ]` and `{ }`, put a `${{ … }}` in quotes")
    } else {
        diagnostic
    }
}

/// The byte at a line and column, both from 1.
fn offset_of(text: &str, line: u64, column: u64) -> Option<usize> {
    let line_no = usize::try_from(line).ok()?.checked_sub(1)?;
    let column_no = usize::try_from(column).ok()?.checked_sub(1)?;
    let line = text.split('\n').nth(line_no)?;
    let before: usize = text.split('\n').take(line_no).map(|line| line.len() + 1).sum();
    Some(before + line.char_indices().nth(column_no).map_or(line.len(), |(at, _)| at))
}
