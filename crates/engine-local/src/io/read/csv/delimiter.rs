//! Which delimiter fits a file that another one does not.

use super::super::text::{from_decimal_comma, is_surely_decimal_comma};
use super::file::CsvFile;
use super::record::{Cursor, Grammar};

/// Records that are looked at.
const RECORDS: usize = 50;

/// A delimiter by which every record has the same number of fields.
pub(super) struct Fitting {
    delimiter: char,
    decimal_comma: bool,
}

impl Fitting {
    /// In a sentence.
    pub fn noun(&self) -> String {
        if self.delimiter == '\t' { "a tab".to_owned() } else { format!("`{}`", self.delimiter) }
    }

    /// The options that say so.
    pub fn options(&self) -> String {
        let delimiter = if self.delimiter == '\t' { "tab".to_owned() } else { format!("\"{}\"", self.delimiter) };
        match self.decimal_comma {
            true => format!("`options: {{delimiter: {delimiter}, decimal: \",\"}}`"),
            false => format!("`options: {{delimiter: {delimiter}}}`"),
        }
    }
}

impl CsvFile<'_> {
    /// The delimiter other than this one that parts all of the first records alike, and no less than this one.
    pub fn fitting_delimiter(&self) -> Option<Fitting> {
        let is_fitting = |delimiter: &char| {
            // They are all ASCII.
            let widths = self.widths(*delimiter as u8);
            let first = widths.first().map_or(0, |(_, width)| *width);
            first > 1 && first >= self.names.len() && widths.iter().all(|(_, width)| *width == first)
        };
        let candidates = [';', '\t', '|', ','].into_iter().filter(|other| *other as u8 != self.delimiter);
        let delimiter = candidates.into_iter().find(is_fitting)?;
        Some(Fitting { delimiter, decimal_comma: delimiter != ',' && self.has_decimal_commas(delimiter as u8) })
    }

    /// Where the first records start, and how many fields they have with that delimiter.
    pub fn widths(&self, delimiter: u8) -> Vec<(usize, usize)> {
        let grammar = Grammar::new(delimiter, self.comment);
        let mut cursor = Cursor::new(&self.text, self.start, &grammar);
        let mut widths = Vec::new();
        while widths.len() < RECORDS {
            cursor.skip_blank_lines();
            let start = cursor.at;
            let mut width = 0;
            loop {
                match cursor.field() {
                    Err(_) => return widths,
                    Ok((_, last)) => {
                        width += 1;
                        if last {
                            break;
                        }
                    }
                }
            }
            // Where the text was cut off, the record may go on.
            if start == self.text.len() || (cursor.is_at_end() && !self.whole) {
                break;
            }
            widths.push((start, width));
        }
        widths
    }

    /// Whether a field of the first records, parted by that delimiter, is a number with a comma before its fraction.
    fn has_decimal_commas(&self, delimiter: u8) -> bool {
        let grammar = Grammar::new(delimiter, self.comment);
        let mut cursor = Cursor::new(&self.text, self.body, &grammar);
        for _ in 0..RECORDS * 20 {
            match cursor.field() {
                Ok((field, _)) if is_surely_decimal_comma(&field.value()) => return true,
                Ok(_) if !cursor.is_at_end() => {}
                _ => return false,
            }
        }
        false
    }

    /// The columns whose first values are all numbers, some with a comma before the fraction.
    pub fn columns_with_decimal_commas(&self) -> Vec<&str> {
        let mut seen = vec![(true, false); self.names.len()];
        let mut cursor = Cursor::new(&self.text, self.body, &self.grammar);
        let mut column = 0;
        for _ in 0..RECORDS * self.names.len() {
            if column == 0 {
                cursor.skip_blank_lines();
            }
            let Ok((field, last)) = cursor.field() else { break };
            if let (Some((all, some)), false) = (seen.get_mut(column), field.value().trim().is_empty()) {
                *all &= from_decimal_comma(&field.value()).is_some_and(|number| number.parse::<f64>().is_ok());
                *some |= is_surely_decimal_comma(&field.value());
            }
            column = if last { 0 } else { column + 1 };
            if cursor.is_at_end() {
                break;
            }
        }
        self.names.iter().zip(seen).filter(|(_, (all, some))| *all && *some).map(|(name, _)| name.as_str()).collect()
    }
}
