//! A page of a table: some rows in the order of a column, without sorting all, and rows from anywhere in it.

use std::cmp::Ordering;
use std::ops::Range;

use polars::prelude::{DataType, IdxSize, Series};
use tidemill_core::table::PlainTable;

use super::fetch::plain;
use super::table_handle::TableHandle;
use crate::arrays::{select, types};
use crate::error::{Outcome, internal, unsupported, value};
use crate::keys::physical;
use crate::runtime::parallel;

/// Rows are taken up until there are so many more than needed; then those that are too many go.
const SPARE: usize = 1 << 12;

/// Which of two rows comes first, the smallest value first.
type Order<'a> = Box<dyn Fn(usize, usize) -> Ordering + 'a>;

/// The numbers of some rows in the order of a column, NULLs last; rows of equal values keep their order.
pub(crate) fn ordered_rows(
    table: &TableHandle,
    column: &str,
    descending: bool,
    places: Range<usize>,
) -> Outcome<Vec<u64>> {
    if !table.names().iter().any(|name| name == column) {
        return Err(value(format!("the table has no column {column}")));
    }
    let frame = table.frame(Some(&[column.to_owned()]))?;
    let values = frame.column(column).map_err(internal)?.as_materialized_series().rechunk();
    let (nulls, with_value) = (values.is_null(), values.len() - values.null_count());
    let among = |at: usize| at.min(with_value);
    let is_null = |row: usize| nulls.get(row) == Some(true);
    let rows = ordered(&physical::plain(&values)?, &is_null, descending, among(places.start)..among(places.end))?;
    let behind = places.start.saturating_sub(with_value)..places.end.saturating_sub(with_value);
    let without = (0..values.len()).filter(|row| is_null(*row)).skip(behind.start).take(behind.len());
    Ok(rows.into_iter().map(u64::from).chain(without.map(|row| row as u64)).collect())
}

/// The rows at these places among those that have a value, of which there are as many.
fn ordered(
    parts: &[Series],
    is_null: &dyn Fn(usize) -> bool,
    descending: bool,
    places: Range<usize>,
) -> Outcome<Vec<IdxSize>> {
    let orders = parts.iter().map(order_of).collect::<Outcome<Vec<_>>>()?;
    let compare = |a: &IdxSize, b: &IdxSize| {
        let both = |order: &Order<'_>| order(*a as usize, *b as usize);
        let order = orders.iter().fold(Ordering::Equal, |found, order| found.then_with(|| both(order)));
        if descending { order.reverse().then(a.cmp(b)) } else { order.then(a.cmp(b)) }
    };
    let rows = parts.first().map_or(0, |part| part.len());
    let has_nulls = parts.first().is_some_and(|part| part.null_count() > 0);
    let (mut found, mut last): (Vec<IdxSize>, Option<IdxSize>) = (Vec::new(), None);
    for row in 0..rows {
        let at = row as IdxSize;
        if has_nulls && is_null(row) || last.is_some_and(|last| compare(&at, &last).is_gt()) {
            continue;
        }
        found.push(at);
        if places.end > 0 && found.len() >= places.end.saturating_mul(2).saturating_add(SPARE) {
            last = Some(*found.select_nth_unstable_by(places.end - 1, compare).1);
            found.truncate(places.end);
        }
    }
    // Only the page itself is sorted: what stands before it and behind it is parted off.
    if places.end < found.len() {
        found.select_nth_unstable_by(places.end, compare);
        found.truncate(places.end);
    }
    if places.start < found.len() {
        found.select_nth_unstable_by(places.start, compare);
    }
    let mut page = found.split_off(places.start.min(found.len()));
    page.sort_unstable_by(compare);
    Ok(page)
}

fn order_of(part: &Series) -> Outcome<Order<'_>> {
    Ok(match part.dtype() {
        DataType::Boolean => {
            let values = part.bool().map_err(internal)?;
            Box::new(|a, b| values.get(a).cmp(&values.get(b)))
        }
        DataType::Int32 => {
            let values = part.i32().map_err(internal)?;
            Box::new(|a, b| values.get(a).cmp(&values.get(b)))
        }
        DataType::Int64 => {
            let values = part.i64().map_err(internal)?;
            Box::new(|a, b| values.get(a).cmp(&values.get(b)))
        }
        DataType::Float64 => {
            let values = part.f64().map_err(internal)?;
            let at = |row| values.get(row).unwrap_or_default();
            // NaN is larger than all numbers, as where tables are sorted.
            Box::new(move |a, b| {
                let (a, b): (f64, f64) = (at(a), at(b));
                a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
            })
        }
        DataType::String => {
            let values = part.str().map_err(internal)?;
            Box::new(|a, b| values.get(a).cmp(&values.get(b)))
        }
        other => return Err(unsupported(format!("a column of type {other} as an order"))),
    })
}

/// These rows, in this order. Of a table in a file only the row groups are read in which they lie.
pub(crate) fn take(table: &TableHandle, rows: &[u64]) -> Outcome<PlainTable> {
    if let Some(row) = rows.iter().find(|row| **row >= table.rows() as u64) {
        return Err(value(format!("the table has no row {row}")));
    }
    // All are smaller than the number of rows, which fits.
    let rows: Vec<IdxSize> = rows.iter().map(|row| *row as IdxSize).collect();
    let file = match table {
        TableHandle::InMemory(frame) => return plain(&select::take(frame, &rows)?),
        TableHandle::OnDisk(file) => file,
    };
    let group_of = |row: IdxSize| file.row_group_of(row as usize);
    let mut groups: Vec<usize> = rows.iter().map(|row| group_of(*row)).collect();
    groups.sort_unstable();
    groups.dedup();
    let parts = parallel::map(&groups, file.rows(), |group| {
        let start = file.starts()[*group] as IdxSize; // no more than a row's number
        let within = rows.iter().filter(|row| group_of(**row) == *group).map(|row| row - start);
        select::take(&file.frame(*group, None)?, &within.collect::<Vec<_>>())
    })?;
    let mut found = types::empty(file.schema())?;
    for part in parts {
        found.vstack_mut_owned(part).map_err(internal)?;
    }
    // They come group by group, and within a group in their order.
    let mut came: Vec<usize> = (0..rows.len()).collect();
    came.sort_by_key(|at| group_of(rows[*at]));
    let mut places = vec![0; rows.len()];
    came.iter().enumerate().for_each(|(place, at)| places[*at] = place as IdxSize);
    plain(&select::take(&found, &places)?)
}

#[cfg(test)]
mod tests {
    use polars::prelude::{Column, DataFrame, NamedFrom};
    use tidemill_core::fingerprint::FileDigests;

    use super::*;
    use crate::ops::sort::{SortColumn, sorted};
    use crate::store::fetch;
    use crate::store::table_handle::in_memory;

    /// A hundred rows of all orders, with NULLs and equal values.
    fn frame() -> DataFrame {
        let mixed = |row: i64| (row * 7919 + 13) % 31;
        let some = |row: i64| (row % 9 != 4).then(|| mixed(row));
        let rows = || (0..100).map(some);
        let ints = Series::new("int".into(), rows().collect::<Vec<_>>());
        let floats =
            rows().map(|value| value.map(|value| if value == 3 { f64::NAN } else { value as f64 / 2.0 - 4.0 }));
        let floats = Series::new("float".into(), floats.collect::<Vec<_>>());
        let texts =
            Series::new("text".into(), rows().map(|value| value.map(|value| format!("t{value}"))).collect::<Vec<_>>());
        let bools = Series::new("bool".into(), rows().map(|value| value.map(|value| value > 15)).collect::<Vec<_>>());
        let days = ints.cast(&DataType::Int32).and_then(|days| days.cast(&DataType::Date)).expect("days");
        let columns = [ints, floats, texts, bools, days.with_name("day".into())];
        DataFrame::new(100, columns.into_iter().map(Column::from).collect()).expect("columns of one length")
    }

    #[test]
    fn a_page_is_one_of_the_whole_order() -> Outcome<()> {
        let frame = frame();
        let table = TableHandle::InMemory(frame.clone());
        for name in table.names() {
            let values = frame.column(&name).map_err(internal)?.as_materialized_series().clone();
            for descending in [false, true] {
                let key = SortColumn { values: values.clone(), descending, nulls_first: false };
                let all: Vec<u64> = sorted(&[key], 100)?.into_iter().map(u64::from).collect();
                for places in [0..0, 0..1, 0..2, 3..17, 50..89, 85..95, 89..100, 95..100] {
                    let found = ordered_rows(&table, &name, descending, places.clone())?;
                    assert_eq!(found, all[places.clone()], "{name} {descending} {places:?}");
                }
                assert_eq!(ordered_rows(&table, &name, descending, 98..1000)?, all[98..]);
                assert!(ordered_rows(&table, &name, descending, 1000..1001)?.is_empty());
            }
        }
        assert!(ordered_rows(&table, "none", false, 0..1).is_err());
        Ok(())
    }

    #[test]
    fn rows_come_as_asked_for_also_from_a_file() -> Outcome<()> {
        let folder = tempfile::tempdir().expect("a folder");
        let table = in_memory(frame())?;
        let whole = fetch::plain(&frame())?;
        let inside = TableHandle::of(&table)?;
        TableHandle::save(&table, &folder.path().join("t"), 0, &FileDigests::default())?;
        let outside = TableHandle::of(&table)?;
        assert!(matches!(outside, TableHandle::OnDisk(_)), "it is read from its file now");
        for rows in [vec![], vec![99], vec![50, 3, 51, 3, 0, 99, 17]] {
            let wanted: Vec<usize> = rows.iter().map(|row| *row as usize).collect();
            for handle in [&inside, &outside] {
                // NaN equals nothing, so texts are compared.
                assert_eq!(format!("{:?}", take(handle, &rows)?), format!("{:?}", whole.take(&wanted)));
            }
        }
        assert!(take(&outside, &[100]).is_err());
        Ok(())
    }
}
