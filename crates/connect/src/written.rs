//! What this process has written to databases, so that the moment that the loads of a run share does not hide it from those that
//! come after.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How often has been written, and for each server and name of a table when last.
struct Written {
    count: u64,
    tables: BTreeMap<(String, String), u64>,
}

static WRITTEN: Mutex<Written> = Mutex::new(Written { count: 0, tables: BTreeMap::new() });

fn written() -> MutexGuard<'static, Written> {
    WRITTEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A view: its name and definition.
pub(crate) type View = (String, String);

/// Notes that a table of a server has been written, and with it the views that show something of it.
pub(crate) fn note(server: &str, table: &str, views: &[View]) {
    let mut written = written();
    written.count += 1;
    let count = written.count;
    for name in with_views(table, views) {
        written.tables.insert((server.to_owned(), name), count);
    }
}

/// A table and the views that name it, or one of those.
fn with_views(table: &str, views: &[View]) -> Vec<String> {
    let lower = |(name, definition): &View| (name.to_lowercase(), definition.to_lowercase());
    let mut left: Vec<View> = views.iter().map(lower).collect();
    let mut all = vec![table.to_lowercase()];
    let mut at = 0;
    while at < all.len() {
        let names_it = |(_, definition): &mut View| names(definition, &all[at]);
        let more: Vec<String> = left.extract_if(.., names_it).map(|(name, _)| name).collect();
        all.extend(more);
        at += 1;
    }
    all
}

/// Now, to be compared with what is written later.
pub(crate) fn moment() -> u64 {
    written().count
}

/// Whether a statement names a table of that server that was written after that moment.
pub(crate) fn is_newer(server: &str, sql: &str, moment: u64) -> bool {
    let sql = sql.to_lowercase();
    let tables = &written().tables;
    tables.iter().any(|((of, table), at)| of == server && *at > moment && names(&sql, table))
}

/// Whether a word of the text, or several in quotes, is that name.
fn names(sql: &str, table: &str) -> bool {
    let is_part = |char: char| char.is_alphanumeric() || char == '_';
    sql.match_indices(table)
        .any(|(at, _)| !sql[..at].ends_with(is_part) && !sql[at + table.len()..].starts_with(is_part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_before_is_in_the_snapshot() {
        note("here", "Total", &[]);
        let before = moment();
        assert!(!is_newer("here", "select * from total", before));
        note("here", "Total", &[]);
        for (sql, is_named) in [
            ("mart.total", true),
            ("select * from \"mart\".\"Total\" where x", true),
            ("select * from totals", false),
            ("select * from sub_total", false),
        ] {
            assert_eq!(is_newer("here", sql, before), is_named, "{sql}");
        }
        assert!(!is_newer("there", "total", before));
    }

    #[test]
    fn views_are_written_with_what_they_show() {
        let view = |name: &str, definition: &str| (name.to_owned(), definition.to_owned());
        let views = [
            view("Top", "select * from \"Mid\" limit 1"),
            view("Mid", "select sum(x) from mart.Total"),
            view("other", "select * from totals"),
        ];
        assert_eq!(with_views("Total", &views), ["total", "mid", "top"]);
    }
}
