//! A table in HTML. All of its look is in its own cells, since mail programs keep little else.

use std::fmt::Write;

use minijinja::HtmlEscape;

use super::column::{Align, Column};
use super::{Cell, Table};

pub(super) fn write(table: &Table) -> String {
    let mut out = String::from("<table>\n<thead><tr>");
    for column in &table.columns {
        put(&mut out, "th", column, &column.heading, None);
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        put_row(&mut out, &table.columns, row);
    }
    out.push_str("</tbody>\n");
    if let Some(totals) = &table.totals {
        out.push_str("<tfoot>\n");
        put_row(&mut out, &table.columns, totals);
        out.push_str("</tfoot>\n");
    }
    // The line end keeps what stands on the next line of a template in Markdown out of the table.
    out.push_str("</table>\n");
    out
}

fn put_row(out: &mut String, columns: &[Column], cells: &[Cell]) {
    out.push_str("<tr>");
    for (column, cell) in columns.iter().zip(cells) {
        put(out, "td", column, &cell.text, cell.style.as_deref());
    }
    out.push_str("</tr>\n");
}

fn put(out: &mut String, tag: &str, column: &Column, text: &str, style: Option<&str>) {
    let align = match column.align {
        Some(Align::Right) => Some("text-align:right"),
        Some(Align::Center) => Some("text-align:center"),
        // The browser's own choice for cells, and not for headings.
        Some(Align::Left) => Some("text-align:left"),
        None => None,
    };
    let styles: Vec<&str> = align.into_iter().chain(style).collect();
    let style = if styles.is_empty() { String::new() } else { format!(" style=\"{}\"", styles.join(";")) };
    // In Markdown an empty line would end the table.
    let text = HtmlEscape(text).to_string().replace("\n\n", "\n&#10;");
    // Writing to a String cannot fail.
    let _ = write!(out, "<{tag}{style}>{text}</{tag}>");
}
