//! A text in an editor, and its places.

use lsp_types::{Position, Range, TextDocumentContentChangeEvent, Uri};

/// A text that is open in the editor.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its address.
    pub uri: Uri,
    /// Its version, counted by the editor.
    pub version: i32,
    /// The text.
    pub text: String,
}

impl Document {
    /// Makes a change, or replaces the whole.
    pub fn change(&mut self, change: TextDocumentContentChangeEvent) {
        match change.range {
            Some(range) => {
                let (start, end) = (offset(&self.text, range.start), offset(&self.text, range.end));
                self.text.replace_range(start.min(end)..end.max(start), &change.text);
            }
            None => self.text = change.text,
        }
    }
}

/// The byte of a position, whose columns count UTF-16 units as the protocol has them; one behind the end is the end.
pub fn offset(text: &str, position: Position) -> usize {
    let start = match position.line {
        0 => 0,
        line => text.match_indices('\n').nth(line as usize - 1).map_or(text.len(), |(at, _)| at + 1),
    };
    let line = text[start..].split('\n').next().unwrap_or_default();
    let mut units = 0;
    for (at, letter) in line.char_indices() {
        if units >= position.character as usize {
            return start + at;
        }
        units += letter.len_utf16();
    }
    start + line.len()
}

/// The position of a byte.
pub fn position(text: &str, offset: usize) -> Position {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let units: usize = before[start..].chars().map(char::len_utf16).sum();
    Position::new(before.matches('\n').count() as u32, units as u32)
}

/// The range of some bytes.
pub fn range(text: &str, bytes: std::ops::Range<usize>) -> Range {
    Range::new(position(text, bytes.start), position(text, bytes.end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_position_leads_back_to_its_byte(text in "[a-z\u{e9}\u{1F600}\n]{0,40}", at in 0usize..60) {
            let mut at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            prop_assert_eq!(offset(&text, position(&text, at)), at);
        }

        #[test]
        fn no_position_is_outside(text in "[a-z\u{1F600}\n]{0,20}", line in 0u32..30, character in 0u32..30) {
            prop_assert!(text.is_char_boundary(offset(&text, Position::new(line, character))));
        }
    }
}
