//! Tables for people: aligned columns that fit the terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::terminal::Paint;

/// What stands between two columns.
pub const GAP: usize = 2;
/// A column of text is not made narrower than this to save others; rather the table is cut into blocks.
const NARROWEST: usize = 12;

/// Rows under a head.
#[derive(Clone, Debug, Default)]
pub struct TextTable {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

#[derive(Clone, Debug)]
struct Column {
    head: String,
    kind: Kind,
}

/// How a column behaves where there is little room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Words, which may be shortened.
    Words,
    /// Texts that say nothing when they are cut, such as types and instants.
    Whole,
    /// Names of the rows: whole, and again in every block.
    Name,
    /// At the right, and whole.
    Number,
}

/// A cell's text and how it stands out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    text: String,
    emphasis: Emphasis,
}

/// How a text stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Emphasis {
    /// Not at all.
    #[default]
    Plain,
    /// It matters less.
    Dim,
    /// It went well.
    Good,
    /// It failed.
    Bad,
    /// The user should know.
    Notable,
    /// It is going on.
    Active,
}

impl Emphasis {
    /// The text with its colour.
    pub fn paint(self, paint: Paint, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Dim => paint.dim(text),
            Self::Good => paint.green(text),
            Self::Bad => paint.red(text),
            Self::Notable => paint.yellow(text),
            Self::Active => paint.cyan(text),
        }
    }
}

impl Cell {
    /// A cell; what would move the cursor or break the line becomes a space.
    pub fn new(text: impl Into<String>, emphasis: Emphasis) -> Self {
        Self { text: one_line(text.into()), emphasis }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(text, Emphasis::Plain)
    }
}

impl TextTable {
    /// A table without columns.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a column of words, which may be shortened.
    #[must_use]
    pub fn text(self, head: impl Into<String>) -> Self {
        self.column(head, Kind::Words)
    }

    /// Adds a column of texts that are never shortened.
    #[must_use]
    pub fn whole(self, head: impl Into<String>) -> Self {
        self.column(head, Kind::Whole)
    }

    /// Adds, as the first, the column that says what each row is of: it is never shortened, and stands in every block.
    #[must_use]
    pub fn name(self, head: impl Into<String>) -> Self {
        self.column(head, Kind::Name)
    }

    /// Adds a column of numbers, which stand at the right and are never shortened.
    #[must_use]
    pub fn number(self, head: impl Into<String>) -> Self {
        self.column(head, Kind::Number)
    }

    fn column(mut self, head: impl Into<String>, kind: Kind) -> Self {
        self.columns.push(Column { head: one_line(head.into()), kind });
        self
    }

    /// Adds a last column of words to the rows that there are.
    pub fn add_text(&mut self, head: impl Into<String>, cells: impl IntoIterator<Item = Cell>) {
        self.columns.push(Column { head: one_line(head.into()), kind: Kind::Words });
        self.rows.iter_mut().zip(cells).for_each(|(row, cell)| row.push(cell));
    }

    /// How wide it is where nothing is shortened.
    pub fn width(&self) -> usize {
        let columns = 0..self.columns.len();
        columns.map(|at| self.natural(at) + GAP).sum::<usize>().saturating_sub(GAP)
    }

    /// Adds a row; it has a cell for each column.
    pub fn row<C: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = C>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The table in at most `width` columns, each line after `indent` spaces. Long texts are shortened first; what still does
    /// not fit goes into further blocks below.
    pub fn write(&self, width: usize, indent: usize, paint: Paint) -> String {
        let room = width.saturating_sub(indent).max(NARROWEST);
        let natural: Vec<usize> = (0..self.columns.len()).map(|at| self.natural(at)).collect();
        let least = |at: usize| match self.columns[at].kind {
            Kind::Words => natural[at].min(NARROWEST),
            Kind::Whole | Kind::Number => natural[at],
            // What is named needs room, too.
            Kind::Name => natural[at].min((room / 2).max(NARROWEST)),
        };
        let is_named = self.columns.first().is_some_and(|column| column.kind == Kind::Name);
        let mut text = String::new();
        let mut start = 0;
        while start < self.columns.len() {
            let mut shown: Vec<usize> = (is_named && start > 0).then_some(0).into_iter().collect();
            let mut taken: usize = shown.iter().map(|at| least(*at) + GAP).sum();
            let first = start;
            while start < self.columns.len() && (start == first || taken + least(start) <= room) {
                taken += least(start) + GAP;
                shown.push(start);
                start += 1;
            }
            let mut widths: Vec<usize> = shown.iter().map(|at| natural[*at]).collect();
            shrink(&mut widths, &shown.iter().map(|at| least(*at)).collect::<Vec<_>>(), room);
            if first > 0 {
                text.push('\n');
            }
            self.block(&shown.into_iter().zip(widths).collect::<Vec<_>>(), indent, paint, &mut text);
        }
        text
    }

    fn natural(&self, at: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.text.width());
        cells.chain([self.columns[at].head.width()]).max().unwrap_or(0)
    }

    /// Writes these columns, each in its width.
    fn block(&self, columns: &[(usize, usize)], indent: usize, paint: Paint, text: &mut String) {
        let mut line = |cell: &dyn Fn(usize) -> (String, Emphasis)| {
            let mut written = String::new();
            // Spaces are held back so that no line ends with one.
            let mut spaces = indent;
            for (at, width) in columns {
                let (cell, emphasis) = cell(*at);
                let cell = shortened(&cell, *width);
                let fill = width.saturating_sub(cell.width());
                let is_number = self.columns[*at].kind == Kind::Number;
                spaces += if is_number { fill } else { 0 };
                if !cell.is_empty() {
                    written.push_str(&" ".repeat(spaces));
                    written.push_str(&emphasis.paint(paint, &cell));
                    spaces = 0;
                } else {
                    spaces += cell.width();
                }
                spaces += if is_number { 0 } else { fill };
                spaces += GAP;
            }
            text.push_str(&written);
            text.push('\n');
        };
        line(&|at| (self.columns[at].head.clone(), Emphasis::Dim));
        for row in &self.rows {
            line(&|at| row.get(at).map(|cell| (cell.text.clone(), cell.emphasis)).unwrap_or_default());
        }
    }
}

/// Takes columns from the widest until all fit, none below its least.
fn shrink(widths: &mut [usize], least: &[usize], room: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > room {
        let widest = (0..widths.len()).filter(|&at| widths[at] > least[at]).max_by_key(|&at| widths[at]);
        let Some(widest) = widest else { return };
        widths[widest] -= 1;
    }
}

/// At most `width` columns of `text`, with `…` where something is missing.
pub fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    let mut taken = 0;
    for c in text.chars() {
        taken += c.width().unwrap_or(0);
        if taken + 1 > width {
            break;
        }
        short.push(c);
    }
    if width == 0 { String::new() } else { format!("{}…", short.trim_end()) }
}

/// The text without anything that moves the cursor.
pub fn one_line(text: String) -> String {
    if text.chars().any(char::is_control) {
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cities() -> TextTable {
        let mut table = TextTable::new().text("city").number("people").text("what one hears of it");
        table.row(["Bern", "134,000", "quiet, and there are bears at the river"]);
        table.row(["São Paulo", "12,300,000", "large\nand \u{1b}[31mloud"]);
        table
    }

    #[test]
    fn long_texts_are_shortened_and_numbers_are_not() {
        insta::assert_snapshot!(cities().write(50, 2, Paint(false)), @r"
          city           people  what one hears of it
          Bern          134,000  quiet, and there are bea…
          São Paulo  12,300,000  large and  [31mloud
        ");
    }

    #[test]
    fn what_does_not_fit_goes_into_a_further_block() {
        insta::assert_snapshot!(cities().write(24, 0, Paint(false)), @r"
        city           people
        Bern          134,000
        São Paulo  12,300,000

        what one hears of it
        quiet, and there are be…
        large and  [31mloud
        ");
    }

    #[test]
    fn the_names_of_the_rows_stand_in_every_block() {
        let mut table = TextTable::new().name("run").whole("started").text("what it did");
        table.row(["20241120-194600-0a1b", "2024-11-20 19:46:00", "1 cached, 1 failed, 1 not reached"]);
        insta::assert_snapshot!(table.write(44, 0, Paint(false)), @r"
        run                   started
        20241120-194600-0a1b  2024-11-20 19:46:00

        run                   what it did
        20241120-194600-0a1b  1 cached, 1 failed, 1…
        ");
        insta::assert_snapshot!(table.write(60, 0, Paint(false)), @r"
        run                   started              what it did
        20241120-194600-0a1b  2024-11-20 19:46:00  1 cached, 1 fail…
        ");
    }

    #[test]
    fn colours_do_not_move_columns() {
        let mut table = TextTable::new().text("run").text("status").number("rows");
        table.row([Cell::from("a"), Cell::new("failed", Emphasis::Bad), Cell::from("1")]);
        let text = table.write(80, 0, Paint(true));
        assert!(text.ends_with("a    \u{1b}[1;31mfailed\u{1b}[0m     1\n"), "{text:?}");
    }
}
