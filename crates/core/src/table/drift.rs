//! Whether a table is still what the ones before it were. The rules are written in `docs/semantics.md`.

use std::collections::BTreeSet;

use super::DataType;
use super::profile::{ColumnProfile, MOST_COLUMNS, MOST_VALUES, TableProfile};
use crate::format::{quantity, thousands};

/// So many tables are remembered, and compared with.
pub const HISTORY: usize = 20;
/// Of fewer tables nothing is concluded about rows, NULLs and values.
const LEAST: usize = 5;
/// A number of rows may leave the range seen by this share, or by as much as the range is wide.
const ROWS_LEEWAY: f64 = 0.25;
/// A share of NULLs may leave the range seen by this much, or by as much as the range is wide.
const NULLS_LEEWAY: f64 = 0.05;
/// So many new values are named.
const NAMED: usize = 3;

/// What is different about `now`, in sentences. `before` are the tables of the same definition, the oldest first.
pub fn drift(before: &[TableProfile], now: &TableProfile) -> Vec<String> {
    let Some(last) = before.last() else { return Vec::new() };
    let mut found = columns(last, now);
    if before.len() >= LEAST {
        found.extend(rows(before, now));
        for column in &now.columns {
            found.extend(nulls(before, now, column));
            found.extend(values(before, column));
        }
    }
    found
}

/// Columns that came, went or changed their type since the last table.
fn columns(last: &TableProfile, now: &TableProfile) -> Vec<String> {
    // Of a wide table some columns are not remembered, which says nothing.
    let whole = |profile: &TableProfile| profile.columns.len() < MOST_COLUMNS;
    let mut found = Vec::new();
    for column in &now.columns {
        match last.column(&column.name) {
            None if whole(last) => found.push(format!("column `{}` ({}) is new", column.name, column.data_type)),
            // A column without values has no type of its own.
            Some(was)
                if was.data_type != column.data_type
                    && was.data_type != DataType::Null
                    && column.data_type != DataType::Null
                    && !is_empty(was, last)
                    && !is_empty(column, now) =>
            {
                found.push(format!("column `{}` is {} now and was {}", column.name, column.data_type, was.data_type));
            }
            _ => {}
        }
    }
    if whole(now) {
        let gone = last.columns.iter().filter(|column| now.column(&column.name).is_none());
        found.extend(gone.map(|column| format!("column `{}` ({}) is gone", column.name, column.data_type)));
    }
    found
}

fn is_empty(column: &ColumnProfile, table: &TableProfile) -> bool {
    column.nulls == table.rows
}

fn rows(before: &[TableProfile], now: &TableProfile) -> Option<String> {
    let counts: Vec<f64> = before.iter().map(|profile| profile.rows as f64).collect();
    let (min, max) = range(&counts);
    let is_odd = is_outside(now.rows as f64, (min, max), ROWS_LEEWAY * max);
    is_odd.then(|| {
        format!(
            "{}; the last {} tables had {}",
            quantity(now.rows, "row"),
            before.len(),
            between(thousands(min as u64), thousands(max as u64))
        )
    })
}

fn nulls(before: &[TableProfile], now: &TableProfile, column: &ColumnProfile) -> Option<String> {
    let share = |column: &ColumnProfile, rows: u64| column.nulls as f64 / rows as f64;
    let shares: Vec<f64> = before
        .iter()
        .filter(|profile| profile.rows > 0)
        .filter_map(|profile| Some(share(profile.column(&column.name)?, profile.rows)))
        .collect();
    if shares.len() < LEAST || now.rows == 0 {
        return None;
    }
    let (min, max) = range(&shares);
    let is = share(column, now.rows);
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    is_outside(is, (min, max), NULLS_LEEWAY).then(|| {
        format!(
            "`{}` is NULL in {} of the rows; in the last {} tables {}",
            column.name,
            percent(is),
            shares.len(),
            between(percent(min), percent(max))
        )
    })
}

/// Values that a column of categories never had.
fn values(before: &[TableProfile], column: &ColumnProfile) -> Option<String> {
    let lists: Option<Vec<&Vec<String>>> =
        before.iter().map(|profile| profile.column(&column.name)?.values.as_ref()).collect();
    let lists = lists?;
    let mut known: BTreeSet<&String> = BTreeSet::new();
    let mut changes = 0;
    for (at, list) in lists.iter().enumerate() {
        let size = known.len();
        known.extend(*list);
        changes += usize::from(at > 0 && known.len() > size);
    }
    // Where new values come all the time, another one is no news: such as days.
    if known.len() > MOST_VALUES || changes > (lists.len() / 10).max(1) {
        return None;
    }
    let new: Vec<String> = match &column.values {
        Some(values) => {
            values.iter().filter(|value| !known.contains(value)).map(|value| format!("'{value}'")).collect()
        }
        None => {
            return Some(format!(
                "`{}` has more than {MOST_VALUES} different values; in the last {} tables {}",
                column.name,
                lists.len(),
                known.len()
            ));
        }
    };
    let more = new.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!new.is_empty()).then(|| {
        let named = new.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        format!("`{}` has values that none of the last {} tables had: {named}{more}", column.name, lists.len())
    })
}

fn range(numbers: &[f64]) -> (f64, f64) {
    numbers.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), number| (min.min(*number), max.max(*number)))
}

/// Outside by more than the leeway and more than the range is wide: what grows from day to day goes on growing.
fn is_outside(number: f64, (min, max): (f64, f64), leeway: f64) -> bool {
    let leeway = leeway.max(max - min);
    number < min - leeway || number > max + leeway
}

fn between(min: String, max: String) -> String {
    if min == max { min } else { format!("{min} to {max}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: u64, columns: &[(&str, DataType, u64, Option<&[&str]>)]) -> TableProfile {
        let column = |(name, data_type, nulls, values): &(&str, DataType, u64, Option<&[&str]>)| ColumnProfile {
            name: (*name).to_owned(),
            data_type: *data_type,
            nulls: *nulls,
            values: values.map(|values| values.iter().map(|value| (*value).to_owned()).collect()),
        };
        TableProfile { rows, columns: columns.iter().map(column).collect() }
    }

    fn orders(rows: u64, nulls: u64, countries: &[&str]) -> TableProfile {
        table(rows, &[("amount", DataType::Float, nulls, None), ("country", DataType::String, 0, Some(countries))])
    }

    #[test]
    fn the_first_tables_are_no_news() {
        let wild = [orders(10, 0, &["FR"]), orders(9_000, 5_000, &["DE"]), orders(1, 1, &["x"]), orders(70, 0, &["y"])];
        for at in 0..wild.len() {
            assert_eq!(drift(&wild[..at], &wild[at]), Vec::<String>::new());
        }
    }

    #[test]
    fn columns_are_compared_with_the_last_table() {
        let before =
            [table(9, &[("a", DataType::Int, 0, None), ("b", DataType::Int, 0, None), ("c", DataType::Int, 9, None)])];
        let now = table(
            9,
            &[("a", DataType::Float, 0, None), ("d", DataType::Bool, 0, None), ("c", DataType::String, 0, None)],
        );
        assert_eq!(
            drift(&before, &now),
            ["column `a` is float now and was int", "column `d` (bool) is new", "column `b` (int) is gone"]
        );
    }

    #[test]
    fn what_is_far_from_history_is_said() {
        let before: Vec<TableProfile> = (0..6).map(|at| orders(1_000 + at, 10, &["DE", "FR"])).collect();
        assert_eq!(
            drift(&before, &orders(120, 60, &["DE", "Narnia", "Oz", "Utopia", "Xanadu"])),
            [
                "120 rows; the last 6 tables had 1,000 to 1,005",
                "`amount` is NULL in 50.0 % of the rows; in the last 6 tables 1.0 %",
                "`country` has values that none of the last 6 tables had: 'Narnia', 'Oz', 'Utopia' and 1 more",
            ]
        );
        assert_eq!(drift(&before, &orders(1_200, 50, &["FR"])), Vec::<String>::new());
        assert_eq!(drift(&before, &orders(0, 0, &[])), ["0 rows; the last 6 tables had 1,000 to 1,005"]);
    }

    #[test]
    fn what_grows_and_what_is_new_every_day_is_no_news() {
        let days: Vec<String> = (1..=9).map(|day| format!("2024-01-0{day}")).collect();
        let grown: Vec<TableProfile> = (1..=9)
            .map(|at| {
                let until: Vec<&str> = days[..at].iter().map(String::as_str).collect();
                table(100 * at as u64, &[("day", DataType::String, 0, Some(&until))])
            })
            .collect();
        for at in 0..grown.len() {
            assert_eq!(drift(&grown[..at], &grown[at]), Vec::<String>::new(), "table {at}");
        }
    }

    #[test]
    fn a_list_of_categories_that_becomes_free_text_is_said() {
        let before: Vec<TableProfile> = (0..5).map(|_| orders(100, 0, &["DE", "FR"])).collect();
        let now = table(100, &[("amount", DataType::Float, 0, None), ("country", DataType::String, 0, None)]);
        assert_eq!(drift(&before, &now), ["`country` has more than 50 different values; in the last 5 tables 2"]);
    }
}
