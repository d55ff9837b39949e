//! Two tables compared row by row.

use std::collections::HashMap;
use std::io::Write as _;

use tidemill_core::table::{DataType, PlainColumn, PlainData, PlainTable, Value};

/// What differs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Rows of the later table that the earlier one lacks.
    pub added: Vec<usize>,
    /// Rows of the earlier table that the later one lacks.
    pub removed: Vec<usize>,
    /// Rows that both have, with differences.
    pub changed: Vec<ChangedRow>,
    /// Rows that are equal in all columns that both tables have.
    pub equal: usize,
    /// Rows whose key an earlier row of the same table has too; the first of a key is paired with the first, and so on.
    pub repeated: usize,
    /// The columns of both tables: the later one's, then those that are gone.
    pub columns: Vec<ComparedColumn>,
}

/// A row of both tables that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedRow {
    /// Its place in the earlier table.
    pub before: usize,
    /// Its place in the later one.
    pub after: usize,
    /// The columns in which it differs: places in [`Comparison::columns`].
    pub columns: Vec<usize>,
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
    pub changed: usize,
}

/// Compares two tables. Rows with equal values in the columns of `key`, which both tables have, are the same row; without a
/// key, rows are the same only if they are equal in all columns that both have.
pub fn compare(before: &PlainTable, after: &PlainTable, key: &[String]) -> Comparison {
    let mut found = Comparison { columns: columns(before, after), ..Comparison::default() };
    let shared: Vec<(usize, &PlainColumn, &PlainColumn)> = found
        .columns
        .iter()
        .enumerate()
        .filter_map(|(at, column)| Some((at, before.column(&column.name)?, after.column(&column.name)?)))
        .collect();
    let in_key = |name: &str| key.is_empty() || key.iter().any(|column| column == name);
    let keys: Vec<_> = shared.iter().filter(|(_, column, _)| in_key(&column.name)).collect();
    let before_keys: Vec<&PlainData> = keys.iter().map(|(_, column, _)| &column.data).collect();
    let after_keys: Vec<&PlainData> = keys.iter().map(|(_, _, column)| &column.data).collect();

    // The rows of each key that still wait for their pair, the last one first.
    let mut waiting: HashMap<Vec<u8>, Vec<usize>> = HashMap::with_capacity(before.rows);
    for row in (0..before.rows).rev() {
        waiting.entry(encoded(&before_keys, row)).or_default().push(row);
    }
    let mut repeated_after: HashMap<Vec<u8>, usize> = HashMap::new();
    found.repeated = before.rows - waiting.len();
    let mut paired = vec![false; before.rows];
    for row in 0..after.rows {
        let code = encoded(&after_keys, row);
        match waiting.get_mut(&code).and_then(Vec::pop) {
            None => found.added.push(row),
            Some(other) => {
                paired[other] = true;
                let differing: Vec<usize> = shared
                    .iter()
                    .filter(|(_, old, new)| !same(&old.data, other, &new.data, row))
                    .map(|(at, _, _)| *at)
                    .collect();
                differing.iter().for_each(|&at| found.columns[at].changed += 1);
                match differing.is_empty() {
                    true => found.equal += 1,
                    false => found.changed.push(ChangedRow { before: other, after: row, columns: differing }),
                }
            }
        }
        *repeated_after.entry(code).or_default() += 1;
    }
    found.repeated += after.rows - repeated_after.len();
    found.removed = (0..before.rows).filter(|&row| !paired[row]).collect();
    found
}

fn columns(before: &PlainTable, after: &PlainTable) -> Vec<ComparedColumn> {
    let data_type = |table: &PlainTable, name: &str| table.column(name).map(|column| column.data.data_type());
    let gone = before.columns.iter().filter(|column| after.column(&column.name).is_none());
    let compared = |column: &PlainColumn| ComparedColumn {
        name: column.name.clone(),
        before: data_type(before, &column.name),
        after: data_type(after, &column.name),
        changed: 0,
    };
    after.columns.iter().chain(gone).map(compared).collect()
}

/// The values of a row in bytes, such that rows with equal values have equal bytes, also where a column's type changed.
fn encoded(columns: &[&PlainData], row: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 * columns.len());
    for data in columns {
        let start = bytes.len();
        bytes.extend([0; 5]);
        let is_there = match data {
            PlainData::String(values) => {
                values.get(row).and_then(Option::as_deref).inspect(|text| bytes.extend(text.bytes())).is_some()
            }
            data => match data.value(row) {
                Value::Null => false,
                // Writing to a vector cannot fail.
                value => write!(bytes, "{}", plain_zero(value)).is_ok(),
            },
        };
        let length = u32::try_from(bytes.len() - start - 5).unwrap_or(u32::MAX).to_le_bytes();
        bytes[start] = u8::from(is_there);
        bytes[start + 1..start + 5].copy_from_slice(&length);
    }
    bytes
}

/// Whether two cells hold the same; NULL is the same as NULL.
fn same(before: &PlainData, row: usize, after: &PlainData, other: usize) -> bool {
    if let (PlainData::String(before), PlainData::String(after)) = (before, after) {
        return before.get(row) == after.get(other);
    }
    match (before.value(row), after.value(other)) {
        (Value::Null, Value::Null) => true,
        (Value::Null, _) | (_, Value::Null) => false,
        (Value::Float(before), Value::Float(after)) => before == after || before.is_nan() && after.is_nan(),
        (before, after) if before.data_type() == after.data_type() => before == after,
        (before, after) => plain_zero(before).to_string() == plain_zero(after).to_string(),
    }
}

/// Zero without a sign.
fn plain_zero(value: Value) -> Value {
    match value {
        Value::Float(zero) if zero == 0.0 => Value::Float(zero.abs()),
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    pub fn table(keys: &[&str], values: &[Option<i64>]) -> PlainTable {
        let column = |name: &str, data| PlainColumn { name: name.into(), data };
        PlainTable {
            columns: vec![
                column("key", PlainData::String(keys.iter().map(|key| Some((*key).to_owned())).collect())),
                column("value", PlainData::Int(values.to_vec())),
            ],
            rows: keys.len(),
        }
    }

    #[test]
    fn rows_are_paired_by_their_key_wherever_they_stand() {
        let before = table(&["a", "b", "c", "d"], &[Some(1), Some(2), None, Some(4)]);
        let after = table(&["d", "c", "e", "a"], &[Some(4), Some(3), Some(5), Some(1)]);
        let found = compare(&before, &after, &["key".into()]);
        assert_eq!((found.added, found.removed, found.equal), (vec![2], vec![1], 2));
        assert_eq!(found.changed, [ChangedRow { before: 2, after: 1, columns: vec![1] }]);
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
        assert_eq!(found.changed, [ChangedRow { before: 1, after: 1, columns: vec![1] }]);
        assert_eq!(found.repeated, 2);
    }

    #[test]
    fn a_changed_type_is_no_changed_value() {
        let before = table(&["a"], &[Some(1)]);
        let mut after = before.clone();
        after.columns[1].data = PlainData::String(vec![Some("1".into())]);
        after.columns.push(PlainColumn { name: "new".into(), data: PlainData::Null(1) });
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
            prop_assert_eq!(found.removed.len() + found.changed.len() + found.equal, before.len());
            prop_assert_eq!(found.added.len() + found.changed.len() + found.equal, after.len());
            let back = compare(&make(&after), &make(&before), &key);
            prop_assert_eq!((back.added, back.removed, back.equal), (found.removed, found.added, found.equal));
        }
    }
}
