//! Two tables compared row by row.

use std::collections::VecDeque;
use std::io;

use tidemill_core::table::{DataType, PlainData, PlainTable, Schema, Value};

use super::row_hashes::{HashedAs, RowHashes, cell_hash, key_hash, plain_zero};
use crate::commands::stored_table::engine_failure;
use crate::failure::Failure;
use crate::table_rows::TableRows;

/// What differs, in the order of the rows: of the later table, and those that are gone of the earlier one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Rows of the later table that the earlier one lacks.
    pub added: Vec<u64>,
    /// Rows of the earlier table that the later one lacks.
    pub removed: Vec<u64>,
    /// Rows that both have, with differences.
    pub changed: Vec<ChangedRow>,
    /// Rows that are equal in all columns that both tables have.
    pub equal: u64,
    /// Rows whose key an earlier row of the same table has too; the first of a key is paired with the first, and so on.
    pub repeated: u64,
    /// The columns of both tables: the later one's, then those that are gone.
    pub columns: Vec<ComparedColumn>,
}

/// A row of both tables that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangedRow {
    /// Its place in the later table.
    pub after: u64,
    /// Its place in the earlier one.
    pub before: u64,
}

/// A column of either table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedColumn {
    /// Its name.
    pub name: String,
    /// Its type in the earlier table.
    pub before: Option<DataType>,
    /// Its type in the later one.
    pub after: Option<DataType>,
    /// In how many rows it differs.
    pub changed: u64,
}

/// Compares two tables. Rows with equal values in the columns of `key`, which both tables have, are the same row; without a
/// key, rows are the same only if they are equal in all columns that both have.
///
/// Each table is read once and put aside as hashes, in parts that are paired one after the other: what is in memory does not
/// grow with the tables, but for the places of the rows that differ.
///
/// # Errors
/// If a table cannot be read, or its hashes cannot be put aside.
pub fn compare(before: &dyn TableRows, after: &dyn TableRows, key: &[String]) -> Result<Comparison, Failure> {
    let mut found = Comparison { columns: columns(before.schema(), after.schema()), ..Comparison::default() };
    let in_key = |name: &str| key.is_empty() || key.iter().any(|column| column == name);
    let shared =
        || found.columns.iter().enumerate().filter(|(_, column)| column.before.is_some() && column.after.is_some());
    let hashed = |(at, column): (usize, &ComparedColumn)| HashedColumn {
        at,
        name: column.name.clone(),
        hashed_as: if column.before == column.after { HashedAs::Values } else { HashedAs::Texts },
    };
    let keys: Vec<HashedColumn> = shared().filter(|(_, column)| in_key(&column.name)).map(hashed).collect();
    // Whole rows that have found their pair are equal.
    let cells: Vec<HashedColumn> = shared().filter(|(_, column)| !in_key(&column.name)).map(hashed).collect();
    let rows = before.len().max(after.len());
    let mut hashes = [RowHashes::new(rows, cells.len()), RowHashes::new(rows, cells.len())];
    for (table, hashes) in [before, after].into_iter().zip(&mut hashes) {
        put_aside(table, &keys, &cells, hashes)?;
    }
    for part in 0..hashes[0].parts() {
        pair(part, &mut hashes, &cells, &mut found)?;
    }
    found.changed.sort_unstable();
    found.added.sort_unstable();
    found.removed.sort_unstable();
    Ok(found)
}

/// A column that both tables have.
struct HashedColumn {
    /// Its place in [`Comparison::columns`].
    at: usize,
    name: String,
    hashed_as: HashedAs,
}

/// Reads a table and puts its rows aside.
fn put_aside(
    table: &dyn TableRows,
    keys: &[HashedColumn],
    cells: &[HashedColumn],
    hashes: &mut RowHashes,
) -> Result<(), Failure> {
    let mut names: Vec<String> = keys.iter().chain(cells).map(|column| column.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    // Without a column that both have, rows still count.
    let names = (!names.is_empty()).then_some(names.as_slice());
    let mut place = 0;
    for batch in table.batches(names, None).map_err(engine_failure)? {
        let batch = batch.map_err(engine_failure)?;
        let of = |columns: &[HashedColumn]| -> Vec<(&PlainData, HashedAs)> {
            let data = |column: &HashedColumn| Some((&batch.column(&column.name)?.data, column.hashed_as));
            columns.iter().filter_map(data).collect()
        };
        let (keys, cells) = (of(keys), of(cells));
        for row in 0..batch.rows {
            let cells = cells.iter().map(|(data, hashed_as)| cell_hash(data, *hashed_as, row));
            hashes.push(key_hash(&keys, row), place, cells).map_err(temporary)?;
            place += 1;
        }
    }
    Ok(())
}

/// Pairs the rows of one part: the first of a key with the first, and so on.
fn pair(
    part: usize,
    [before, after]: &mut [RowHashes; 2],
    cells: &[HashedColumn],
    found: &mut Comparison,
) -> Result<(), Failure> {
    let (before, after) = (before.part(part).map_err(temporary)?, after.part(part).map_err(temporary)?);
    let mut waiting: VecDeque<_> = VecDeque::new();
    let (mut olds, mut news) = (before.rows().peekable(), after.rows().peekable());
    while let Some(key) = olds.peek().iter().chain(&news.peek()).map(|row| row.key).min() {
        waiting.extend(std::iter::from_fn(|| olds.next_if(|row| row.key == key)));
        found.repeated += waiting.len().saturating_sub(1) as u64;
        let mut number = 0;
        while let Some(new) = news.next_if(|row| row.key == key) {
            number += 1;
            match waiting.pop_front() {
                None => found.added.push(new.row),
                Some(old) if old.cells == new.cells => found.equal += 1,
                Some(old) => {
                    found.changed.push(ChangedRow { before: old.row, after: new.row });
                    let pairs = old.cells.chunks(size_of::<u64>()).zip(new.cells.chunks(size_of::<u64>()));
                    for (column, _) in cells.iter().zip(pairs).filter(|(_, (old, new))| old != new) {
                        found.columns[column.at].changed += 1;
                    }
                }
            }
        }
        found.repeated += u64::saturating_sub(number, 1);
        found.removed.extend(waiting.drain(..).map(|old| old.row));
    }
    Ok(())
}

/// What is put aside cannot be written or read.
fn temporary(error: io::Error) -> Failure {
    Failure::broken(format!("cannot write a temporary file to compare by: {error}"))
}

fn columns(before: &Schema, after: &Schema) -> Vec<ComparedColumn> {
    let gone = before.names().filter(|name| !after.contains(name));
    let compared = |name: &str| ComparedColumn {
        name: name.to_owned(),
        before: before.get(name),
        after: after.get(name),
        changed: 0,
    };
    after.names().chain(gone).map(compared).collect()
}

impl Comparison {
    /// The columns in which two rows differ, of those that both tables have.
    pub fn differing(&self, before: (&PlainTable, usize), after: (&PlainTable, usize)) -> Vec<&str> {
        let differs = |name: &str| {
            let columns = before.0.column(name).zip(after.0.column(name));
            columns.is_some_and(|(old, new)| !same(&old.data.value(before.1), &new.data.value(after.1)))
        };
        self.columns.iter().map(|column| column.name.as_str()).filter(|name| differs(name)).collect()
    }
}

/// Whether two cells hold the same; NULL is the same as NULL.
fn same(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Null, Value::Null) => true,
        (Value::Null, _) | (_, Value::Null) => false,
        (Value::Float(before), Value::Float(after)) => before == after || before.is_nan() && after.is_nan(),
        (before, after) if before.data_type() == after.data_type() => before == after,
        (before, after) => plain_zero(before.clone()).to_string() == plain_zero(after.clone()).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table_rows::tests::InBatches;

    fn keys(keys: &[&str]) -> PlainData {
        PlainData::String(keys.iter().map(|key| Some((*key).to_owned())).collect())
    }

    fn table(names: &[&str], values: &[Option<i64>]) -> InBatches {
        InBatches::of([("key", keys(names)), ("value", PlainData::Int(values.to_vec()))])
    }

    fn compare(before: &InBatches, after: &InBatches, key: &[String]) -> Comparison {
        super::compare(before, after, key).expect("tables in memory")
    }

    #[test]
    fn rows_are_paired_by_their_key_wherever_they_stand() {
        let before = table(&["a", "b", "c", "d"], &[Some(1), Some(2), None, Some(4)]);
        let after = table(&["d", "c", "e", "a"], &[Some(4), Some(3), Some(5), Some(1)]);
        let found = compare(&before, &after, &["key".into()]);
        assert_eq!((found.added, found.removed, found.equal), (vec![2], vec![1], 2));
        assert_eq!(found.changed, [ChangedRow { before: 2, after: 1 }]);
        assert_eq!(found.columns[1].changed, 1);
    }

    #[test]
    fn without_a_key_a_changed_row_is_one_gone_and_one_new() {
        let found = compare(&table(&["a", "a"], &[Some(1), Some(1)]), &table(&["a", "a"], &[Some(1), Some(2)]), &[]);
        assert_eq!((found.added, found.removed, found.equal), (vec![1], vec![1], 1));
        assert!(found.changed.is_empty());
    }

    #[test]
    fn equal_keys_are_paired_in_order_and_counted() {
        let found = compare(
            &table(&["a", "a"], &[Some(1), Some(2)]),
            &table(&["a", "a"], &[Some(1), Some(3)]),
            &["key".into()],
        );
        assert_eq!(found.changed, [ChangedRow { before: 1, after: 1 }]);
        assert_eq!(found.repeated, 2);
    }

    #[test]
    fn a_changed_type_is_no_changed_value() {
        let before = table(&["a"], &[Some(1)]);
        let after = [("key", keys(&["a"])), ("value", keys(&["1"])), ("new", PlainData::Null(1))];
        let after = InBatches::of(after);
        let found = compare(&before, &after, &[]);
        assert_eq!(found.equal, 1);
        assert_eq!((found.columns[1].before, found.columns[1].after), (Some(DataType::Int), Some(DataType::String)));
        assert_eq!((found.columns[2].before, found.columns[2].after), (None, Some(DataType::Null)));
    }

    proptest! {
        #[test]
        fn every_row_is_accounted_for_once(
            before in prop::collection::vec((0..6_u8, prop::option::of(0..3_i64)), 0..20),
            after in prop::collection::vec((0..6_u8, prop::option::of(0..3_i64)), 0..20),
            by_key: bool,
        ) {
            let make = |rows: &[(u8, Option<i64>)]| {
                let keys: Vec<String> = rows.iter().map(|(key, _)| key.to_string()).collect();
                let values: Vec<_> = rows.iter().map(|(_, value)| *value).collect();
                table(&keys.iter().map(String::as_str).collect::<Vec<_>>(), &values)
            };
            let key = if by_key { vec!["key".to_owned()] } else { Vec::new() };
            let found = compare(&make(&before), &make(&after), &key);
            prop_assert_eq!(found.removed.len() + found.changed.len() + found.equal as usize, before.len());
            prop_assert_eq!(found.added.len() + found.changed.len() + found.equal as usize, after.len());
            let back = compare(&make(&after), &make(&before), &key);
            prop_assert_eq!((back.added, back.removed, back.equal), (found.removed, found.added, found.equal));
        }
    }
}
