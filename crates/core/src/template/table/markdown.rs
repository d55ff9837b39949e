//! A table in Markdown.

use minijinja::Error;

use super::column::{Align, Column};
use super::{Cell, Table, wrong};

pub(super) fn write(table: &Table) -> Result<String, Error> {
    if let Some(column) = table.columns.iter().find(|column| column.color.is_some()) {
        return Err(wrong(format!("column `{}` has a `color`, and Markdown has none: write .html", column.name)));
    }
    let mut out = String::new();
    line(&mut out, table.columns.iter().map(|column| escaped(&column.heading)));
    line(&mut out, table.columns.iter().map(|column| rule(column).to_owned()));
    for row in &table.rows {
        line(&mut out, row.iter().map(|cell| escaped(&cell.text)));
    }
    let bold = |cell: &Cell| if cell.text.is_empty() { String::new() } else { format!("**{}**", escaped(&cell.text)) };
    if let Some(totals) = &table.totals {
        line(&mut out, totals.iter().map(bold));
    }
    // The line end keeps what stands on the template's next line out of the table.
    Ok(out)
}

fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    out.push_str("| ");
    out.push_str(&cells.collect::<Vec<_>>().join(" | "));
    out.push_str(" |\n");
}

fn rule(column: &Column) -> &'static str {
    match column.align {
        Some(Align::Right) => "---:",
        Some(Align::Center) => ":---:",
        Some(Align::Left) | None => "---",
    }
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}
