//! The filter `table`: a list of rows as a table in Markdown, or in HTML where the template is HTML.

use std::fmt::Write;

use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{AutoEscape, Error, ErrorKind, HtmlEscape, State};

use super::number::Exact;
use super::rows::Row;

/// `rows | table` or `rows | table(["country", "total"])`: the columns in that order, else as the rows have them. Columns of
/// numbers are aligned to the right. NULL is empty, or what `null` says.
pub(super) fn table(
    state: &State<'_, '_>,
    rows: &Value,
    columns: Option<Vec<String>>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let null = kwargs.get::<Option<String>>("null")?.unwrap_or_default();
    let columns = match columns {
        Some(columns) => Some(columns),
        None => kwargs.get::<Option<Vec<String>>>("columns")?,
    };
    kwargs.assert_all_used()?;
    let rows: Vec<Value> = rows.try_iter()?.collect();
    let columns = match (columns, rows.first()) {
        (Some(columns), _) => columns,
        (None, Some(first)) if first.kind() == ValueKind::Map => first.try_iter()?.map(|key| key.to_string()).collect(),
        (None, Some(_)) => return Err(Error::new(ErrorKind::InvalidOperation, "`table` wants a list of rows")),
        (None, None) => return Ok(Value::from("")),
    };
    let mut cells: Vec<Vec<Value>> = Vec::with_capacity(rows.len());
    for row in &rows {
        let cell = |column: &String| {
            if let Some(exact) = row.downcast_object_ref::<Row>().and_then(|row| row.text(column)) {
                return Ok(if exact.is_empty() { Value::from(()) } else { Value::from(exact) });
            }
            let value = row.get_item(&Value::from(column.as_str()))?;
            if value.is_undefined() {
                return Err(Error::new(ErrorKind::InvalidOperation, format!("there is no column `{column}`")));
            }
            Ok(value)
        };
        cells.push(columns.iter().map(cell).collect::<Result<_, _>>()?);
    }
    let numeric: Vec<bool> = (0..columns.len()).map(|no| is_numeric(cells.iter().map(|row| &row[no]))).collect();
    if matches!(state.auto_escape(), AutoEscape::Html) {
        Ok(Value::from_safe_string(html(&columns, &cells, &numeric, &null)))
    } else {
        Ok(Value::from(markdown(&columns, &cells, &numeric, &null)))
    }
}

/// Whether all values are numbers, NULLs aside.
fn is_numeric<'a>(values: impl Iterator<Item = &'a Value>) -> bool {
    let mut any = false;
    for value in values.filter(|value| !value.is_none()) {
        any = true;
        if Exact::of(value).is_err() {
            return false;
        }
    }
    any
}

fn text(value: &Value, null: &str) -> String {
    if value.is_none() { null.to_owned() } else { value.to_string() }
}

fn markdown(columns: &[String], rows: &[Vec<Value>], numeric: &[bool], null: &str) -> String {
    let escape = |text: &str| text.replace('|', "\\|").replace(['\n', '\r'], " ");
    let mut out = String::new();
    let mut line = |cells: Vec<String>| {
        out.push_str("| ");
        out.push_str(&cells.join(" | "));
        out.push_str(" |\n");
    };
    line(columns.iter().map(|column| escape(column)).collect());
    line(numeric.iter().map(|numeric| if *numeric { "---:" } else { "---" }.to_owned()).collect());
    for row in rows {
        line(row.iter().map(|value| escape(&text(value, null))).collect());
    }
    out.truncate(out.trim_end().len());
    out
}

fn html(columns: &[String], rows: &[Vec<Value>], numeric: &[bool], null: &str) -> String {
    let mut out = String::from("<table>\n<thead><tr>");
    let cell = |out: &mut String, tag: &str, text: &str, numeric: bool| {
        let align = if numeric { " style=\"text-align:right\"" } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(out, "<{tag}{align}>{}</{tag}>", HtmlEscape(text));
    };
    for (column, numeric) in columns.iter().zip(numeric) {
        cell(&mut out, "th", column, *numeric);
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (value, numeric) in row.iter().zip(numeric) {
            cell(&mut out, "td", &text(value, null), *numeric);
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>");
    out
}
