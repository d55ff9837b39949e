//! Lines with aligned columns: drawing, id, type, and what else is known.

use unicode_width::UnicodeWidthStr;

use super::TextStyle;
use crate::{DrawNode, DrawStatus};

/// Longer ids push what follows to the right.
const WIDEST_ID: usize = 40;

/// A task's line.
pub struct Row<'a> {
    node: &'a DrawNode,
    /// What is drawn before and after its mark.
    drawing: (String, String),
    drawing_width: usize,
    note: String,
}

impl<'a> Row<'a> {
    /// The line of `node`, with a drawing of `drawing_width` columns around its mark.
    pub fn of(node: &'a DrawNode, drawing: (String, String), drawing_width: usize) -> Self {
        let word = node.status.map(|status| status.word().to_owned());
        let parts: Vec<String> = word.into_iter().chain(node.lines.iter().cloned()).collect();
        Self { node, drawing, drawing_width, note: parts.join(", ") }
    }

    /// Replaces what else is known.
    pub fn with_note(mut self, note: String) -> Self {
        self.note = note;
        self
    }
}

/// How wide each column is.
pub struct ColumnWidths {
    drawing: usize,
    id: usize,
    kind: usize,
    style: TextStyle,
}

impl ColumnWidths {
    /// The columns that fit `rows`.
    pub fn of(rows: &[Row<'_>], style: TextStyle) -> Self {
        let widest = |width: fn(&Row<'_>) -> usize| rows.iter().map(width).max().unwrap_or(0);
        Self {
            drawing: widest(|row| row.drawing_width),
            id: widest(|row| row.node.id.width()).min(WIDEST_ID),
            kind: widest(|row| row.node.kind.width()),
            style,
        }
    }

    /// All lines.
    pub fn write(&self, rows: &[Row<'_>]) -> String {
        let mut text = String::new();
        for row in rows {
            let (left, right) = &row.drawing;
            let mark = self.paint(row.node.status.map_or("1", colour), mark(row.node.status, self.style.unicode));
            let id = pad(&row.node.id, self.id);
            let rest = self.style.width.saturating_sub(self.drawing + 1 + id.width() + 2);
            let kind = shorten(&row.node.kind, rest, self.style.unicode);
            let note_room = rest.saturating_sub(self.kind + 2);
            let note = if note_room >= 8 { shorten(&row.note, note_room, self.style.unicode) } else { String::new() };
            let fill = " ".repeat(self.drawing.saturating_sub(row.drawing_width) + 1);
            let line = if note.is_empty() {
                format!(
                    "{}{mark}{}{fill}{id}  {}",
                    self.paint("2", left.as_str()),
                    self.paint("2", right.as_str()),
                    self.paint("36", kind.as_str())
                )
            } else {
                format!(
                    "{}{mark}{}{fill}{id}  {}  {note}",
                    self.paint("2", left.as_str()),
                    self.paint("2", right.as_str()),
                    self.paint("36", pad(&kind, self.kind).as_str())
                )
            };
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.style.colour && !text.trim().is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }
}

fn mark(status: Option<DrawStatus>, unicode: bool) -> &'static str {
    let (sign, letter) = match status {
        None => ("●", "*"),
        Some(DrawStatus::Success) => ("✓", "*"),
        Some(DrawStatus::Cached) => ("=", "="),
        Some(DrawStatus::Pending) => ("○", "o"),
        Some(DrawStatus::Running) => ("▶", ">"),
        Some(DrawStatus::Skipped) => ("⊘", "s"),
        Some(DrawStatus::Cancelled) => ("■", "c"),
        Some(DrawStatus::Failed) => ("✗", "x"),
    };
    if unicode { sign } else { letter }
}

/// The number of the terminal's colour.
fn colour(status: DrawStatus) -> &'static str {
    match status {
        DrawStatus::Success => "32",
        DrawStatus::Cached | DrawStatus::Skipped => "2",
        DrawStatus::Pending => "33",
        DrawStatus::Running => "34",
        DrawStatus::Cancelled => "35",
        DrawStatus::Failed => "31;1",
    }
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// At most `width` columns of `text`, with a sign that something is missing.
fn shorten(text: &str, width: usize, unicode: bool) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let sign = if unicode { "…" } else { "~" };
    let mut short = text.to_owned();
    while !short.is_empty() && short.width() + 1 > width {
        short.pop();
    }
    if width == 0 { String::new() } else { format!("{}{sign}", short.trim_end()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shortened_to_columns_not_characters() {
        assert_eq!(shorten("日本語のタスク", 7, true), "日本語…");
        assert_eq!(shorten("abc", 3, true), "abc");
        assert_eq!(shorten("abc", 0, true), "");
    }
}
