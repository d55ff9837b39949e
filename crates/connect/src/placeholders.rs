//! Queries of the file whose holes are placeholders: their values travel apart from the text.

use std::cell::Cell;

use tidemill_core::connection::{ConnectionError, ConnectionErrorKind};
use tidemill_core::spec::{SqlHole, SqlText};
use tidemill_core::table::Value;

/// The statement, and what its placeholders stand for, in their order. `placeholder` is told the number of one, from 1, and its
/// value; `nothing` is a query of no rows.
///
/// # Errors
/// If a parameter stands where it cannot.
pub(crate) fn bound(
    connection: &str,
    text: &SqlText,
    placeholder: impl Fn(usize, &Value) -> String,
    nothing: &str,
) -> Result<(String, Vec<Value>), ConnectionError> {
    let values: Vec<Value> = text.holes.iter().flat_map(values_of).collect();
    let in_any = Cell::new(false);
    let place = |number: usize| placeholder(number, values.get(number - 1).unwrap_or(&Value::Null));
    let (sql, parameters) = text.bound(place, |before, places| {
        in_any.set(in_any.get() || stands_in_any(before));
        // A list of nothing is a query of no rows, so that `not in` is true for it.
        let list = if places.is_empty() { nothing.to_owned() } else { places.join(", ") };
        if before.trim_end().ends_with('(') { list } else { format!("({list})") }
    });
    let wrong = |message: &str| ConnectionError::new(ConnectionErrorKind::Query, connection, message);
    if in_any.get() {
        return Err(wrong("takes no list inside of `any(…)`").help("write `column in ${{ … }}`"));
    }
    if parameters.len() != values.len() {
        return Err(wrong("has a query with a parameter inside of quotes")
            .help("let `${{ … }}` stand outside of quotes; in a text before it, write '' for a quote, not \\'"));
    }
    Ok((sql, parameters))
}

fn values_of(hole: &SqlHole) -> Vec<Value> {
    match hole {
        SqlHole::One(value) => vec![value.clone()],
        SqlHole::Many(values) => values.clone(),
        SqlHole::Now { logical_time } => vec![Value::String(logical_time.clone())],
    }
}

fn stands_in_any(before: &str) -> bool {
    let word = before.trim_end().trim_end_matches('(').trim_end().to_ascii_lowercase();
    before.trim_end().ends_with('(') && ["any", "all", "some"].iter().any(|name| word.ends_with(name))
}
