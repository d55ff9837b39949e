//! The columns of files, as their owner knows them.

use tidemill_core::sql::selected_columns;
use tidemill_core::table::{Rel, Scan};

/// A column of a file.
pub struct Source {
    /// `data/shop.db, orders.total`.
    pub name: String,
    /// The column in the file, or the expression of a query.
    pub column: Option<String>,
}

/// Which column of its files a load's column is.
pub fn source_of(rel: &Rel, column: Option<&str>) -> Source {
    let Rel::Scan(scan) = rel else { return Source { name: "a file".to_owned(), column: column.map(str::to_owned) } };
    let files = match scan.files.as_slice() {
        [one] => one.to_string(),
        [first, .., last] => format!("{first} to {last}"),
        [] => "no file".to_owned(),
    };
    let column = within(scan, column);
    Source { name: column.as_ref().map_or_else(|| files.clone(), |column| format!("{files}, {column}")), column }
}

/// The column with its table or sheet. Of an SQLite query, what it selects under that name.
fn within(scan: &Scan, column: Option<&str>) -> Option<String> {
    let Some(column) = column else {
        return scan.table.as_ref().or(scan.sheet.as_ref()).map(|table| format!("rows of {table}"));
    };
    if let Some(query) = &scan.query {
        return Some(match selected_columns(&query.text).and_then(|mut columns| columns.remove(column)) {
            Some(selected) => selected,
            None => format!("query: {column}"),
        });
    }
    Some(match scan.table.as_ref().or(scan.sheet.as_ref()) {
        Some(table) => format!("{table}.{column}"),
        None => column.to_owned(),
    })
}
