//! Characters in a grid.

use unicode_width::UnicodeWidthStr;

use crate::text::TextStyle;

/// A grid that grows downwards.
pub struct Canvas {
    style: TextStyle,
    lines: Vec<Vec<Cell>>,
}

#[derive(Clone, Default)]
enum Cell {
    #[default]
    Empty,
    /// Part of a line or a frame.
    Line(char),
    /// The first column of a text, and what it says.
    Text(String),
    /// Under a text that begins further left.
    Covered,
}

/// Corners and joins, by whether they lead up, down, left and right.
fn join(sides: [bool; 4], unicode: bool) -> char {
    let index = sides.iter().fold(0, |index, &side| index << 1 | usize::from(side));
    if unicode {
        // ····  ···R   ··L·   ··LR   ·D··   ·D·R   ·DL·   ·DLR   U···   U··R   U·L·   U·LR   UD··   UD·R   UDL·   UDLR
        [' ', '─', '─', '─', '│', '╭', '╮', '┬', '│', '╰', '╯', '┴', '│', '├', '┤', '┼'][index]
    } else {
        [' ', '-', '-', '-', '|', '.', '.', '.', '|', '\'', '\'', '\'', '|', '+', '+', '+'][index]
    }
}

impl Canvas {
    /// An empty one.
    pub fn new(style: TextStyle) -> Self {
        Self { style, lines: Vec::new() }
    }

    fn sign(&self, unicode: char, ascii: char) -> char {
        if self.style.unicode { unicode } else { ascii }
    }

    fn set(&mut self, column: usize, line: usize, cell: Cell) {
        if self.lines.len() <= line {
            self.lines.resize(line + 1, Vec::new());
        }
        let cells = &mut self.lines[line];
        if cells.len() <= column {
            cells.resize(column + 1, Cell::Empty);
        }
        cells[column] = cell;
    }

    /// A box of `width` columns with a text in its middle.
    pub fn frame(&mut self, left: usize, top: usize, text: &str, width: usize) {
        let right = left + width - 1;
        let across = self.sign('─', '-');
        for column in left..=right {
            self.set(column, top, Cell::Line(across));
            self.set(column, top + 2, Cell::Line(across));
        }
        let corners = [(left, top, '┌'), (right, top, '┐'), (left, top + 2, '└'), (right, top + 2, '┘')];
        for (column, line, corner) in corners {
            let corner = self.sign(corner, '+');
            self.set(column, line, Cell::Line(corner));
        }
        self.down(left, top + 1);
        self.down(right, top + 1);
        let start = left + (width - text.width()) / 2;
        (start..start + text.width()).for_each(|column| self.set(column, top + 1, Cell::Covered));
        self.set(start, top + 1, Cell::Text(text.to_owned()));
    }

    /// A piece of a line that runs down.
    pub fn down(&mut self, column: usize, line: usize) {
        let sign = self.sign('│', '|');
        self.set(column, line, Cell::Line(sign));
    }

    /// A line that runs across.
    pub fn across(&mut self, first: usize, last: usize, line: usize) {
        let sign = self.sign('─', '-');
        (first..=last).for_each(|column| self.set(column, line, Cell::Line(sign)));
    }

    /// Where lines of one net meet or turn: up, down, left, right.
    pub fn corner(&mut self, column: usize, line: usize, sides: [bool; 4]) {
        let sign = join(sides, self.style.unicode);
        self.set(column, line, Cell::Line(sign));
    }

    /// The tip of an arrow that points down.
    pub fn tip(&mut self, column: usize, line: usize) {
        let sign = self.sign('▼', 'v');
        self.set(column, line, Cell::Line(sign));
    }

    /// Where a line leaves the frame above line `below`; a line that passes is left as it is.
    pub fn leave(&mut self, column: usize, below: usize) {
        let across = self.sign('─', '-');
        let cell = below.checked_sub(1).and_then(|line| self.lines.get(line)).and_then(|line| line.get(column));
        if matches!(cell, Some(Cell::Line(sign)) if *sign == across) {
            let sign = self.sign('┬', '+');
            self.set(column, below - 1, Cell::Line(sign));
        }
    }

    /// All lines, without spaces at their ends.
    pub fn write(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let mut written = String::new();
            let mut lines = String::new();
            let flush = |lines: &mut String, written: &mut String| {
                if self.style.colour && !lines.trim().is_empty() {
                    written.push_str(&format!("\u{1b}[2m{lines}\u{1b}[0m"));
                } else {
                    written.push_str(lines);
                }
                lines.clear();
            };
            for cell in line {
                match cell {
                    Cell::Empty => lines.push(' '),
                    Cell::Line(sign) => lines.push(*sign),
                    Cell::Text(text) => {
                        flush(&mut lines, &mut written);
                        written.push_str(text);
                    }
                    Cell::Covered => {}
                }
            }
            flush(&mut lines, &mut written);
            text.push_str(written.trim_end());
            text.push('\n');
        }
        text
    }
}
