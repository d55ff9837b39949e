//! A table in HTML. All of its look is in its own cells, since mail programs keep little else.

use std::fmt::Write;

use minijinja::HtmlEscape;

use super::column::{Align, Column};
use super::{Cell, Table};

/// Texts of up to so many letters stay in one line.
const SHORT: usize = 24;
/// Those of more letters than this are broken, but not into a line for each word.
const LONG: usize = 40;

pub(super) fn write(table: &Table) -> String {
    let mut out = String::from("<table>\n<thead><tr>");
    let shapes: Vec<Shape> = (0..table.columns.len()).map(|at| Shape::of(table, at)).collect();
    for (column, shape) in table.columns.iter().zip(&shapes) {
        put(&mut out, "th", column, &column.heading, &[shape.of_column]);
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        put_row(&mut out, &table.columns, &shapes, row);
    }
    out.push_str("</tbody>\n");
    if let Some(totals) = &table.totals {
        out.push_str("<tfoot>\n");
        put_row(&mut out, &table.columns, &shapes, totals);
        out.push_str("</tfoot>\n");
    }
    // The line end keeps what stands on the next line of a template in Markdown out of the table.
    out.push_str("</table>\n");
    out
}

/// How wide a column is, as far as its texts want it to be.
struct Shape {
    of_column: Option<&'static str>,
    of_cells: Option<&'static str>,
}

impl Shape {
    fn of(table: &Table, at: usize) -> Self {
        if table.columns[at].is_sparkline() {
            // Bars and gaps are equally wide, and no gap goes.
            return Self { of_column: None, of_cells: Some("font-family:monospace;white-space:pre") };
        }
        let texts = || table.rows.iter().map(|row| row[at].text.as_str());
        let longest = texts().map(|text| text.chars().count()).max().unwrap_or(0);
        let can_break = texts().any(|text| text.contains([' ', '-']));
        Self {
            of_column: (longest > LONG).then_some("min-width:14em"),
            of_cells: (longest <= SHORT && can_break).then_some("white-space:nowrap"),
        }
    }
}

fn put_row(out: &mut String, columns: &[Column], shapes: &[Shape], cells: &[Cell]) {
    out.push_str("<tr>");
    for ((column, shape), cell) in columns.iter().zip(shapes).zip(cells) {
        put(out, "td", column, &cell.text, &[shape.of_cells, cell.style.as_deref()]);
    }
    out.push_str("</tr>\n");
}

fn put(out: &mut String, tag: &str, column: &Column, text: &str, styles: &[Option<&str>]) {
    let align = match column.align {
        Some(Align::Right) => Some("text-align:right"),
        Some(Align::Center) => Some("text-align:center"),
        // The browser's own choice for cells, and not for headings.
        Some(Align::Left) => Some("text-align:left"),
        None => None,
    };
    let styles: Vec<&str> = align.into_iter().chain(styles.iter().copied().flatten()).collect();
    let style = if styles.is_empty() { String::new() } else { format!(" style=\"{}\"", styles.join(";")) };
    // In Markdown an empty line would end the table.
    let text = HtmlEscape(text).to_string().replace("\n\n", "\n&#10;");
    // Writing to a String cannot fail.
    let _ = write!(out, "<{tag}{style}>{text}</{tag}>");
}
