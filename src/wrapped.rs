//! Sentences broken into lines between their words.

use unicode_width::UnicodeWidthChar;

/// Narrower lines are hard to read: rather the terminal breaks them.
const LEAST: usize = 24;

/// A text that begins in column `start` of a line and goes on behind `indent` blanks, in lines of at most `width` columns as far
/// as its words let it: a word is never broken.
pub fn wrapped(text: &str, width: usize, start: usize, indent: usize) -> String {
    let width = width.max(start + LEAST).max(indent + LEAST);
    let mut lines = String::new();
    let mut used = start;
    for (at, word) in text.split(' ').enumerate() {
        // A text may have lines of its own.
        let length = visible_width(word.split('\n').next().unwrap_or_default());
        if at > 0 && used > indent && used + 1 + length > width {
            lines.truncate(lines.trim_end_matches(' ').len());
            lines.push('\n');
            lines.push_str(&" ".repeat(indent));
            used = indent;
        } else if at > 0 {
            lines.push(' ');
            used += 1;
        }
        lines.push_str(word);
        used = word.rsplit_once('\n').map_or(used + length, |(_, last)| visible_width(last));
    }
    lines
}

/// The columns that a text takes: colours take none.
fn visible_width(text: &str) -> usize {
    let mut width = 0;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            letters.by_ref().find(|end| end.is_ascii_alphabetic());
        } else {
            width += letter.width().unwrap_or(0);
        }
    }
    width
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_between_words() {
        let four = "word ".repeat(7);
        assert_eq!(wrapped(four.trim_end(), 30, 0, 2), "word word word word word word\n  word");
        assert_eq!(wrapped(four.trim_end(), 30, 5, 5), "word word word word word\n     word word");
        let long = "x".repeat(40);
        assert_eq!(wrapped(&format!("a {long} b"), 30, 0, 0), format!("a\n{long}\nb"));
        assert_eq!(wrapped("日本語 日本語 日本語 日本語 日本語", 24, 0, 0), "日本語 日本語 日本語\n日本語 日本語");
        assert_eq!(wrapped("", 30, 3, 3), "");
        assert_eq!(wrapped("of its\nown a b c d e f g h i j k", 24, 0, 2), "of its\nown a b c d e f g h i j k");
    }

    #[test]
    fn colours_take_no_room() {
        let painted = "\u{1b}[33mwarning\u{1b}[0m a sentence of words";
        assert_eq!(wrapped(painted, 29, 0, 2), painted);
    }
}
