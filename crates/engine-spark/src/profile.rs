//! A table in a few numbers, counted by Spark.

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::table::{ColumnProfile, DataType, MOST_COLUMNS, MOST_VALUES, TableProfile};

use crate::client::{Session, SparkError};
use crate::lower::Lowered;
use crate::table::SparkTable;

/// So many rows are looked at first where there are more than that many.
const SAMPLE: usize = 5_000;
const FEW_ROWS: u64 = 1_000_000;

/// Counts of the NULLs of a table's columns that are profiled, over its rows.
pub(crate) fn counts_of_nulls(table: &Lowered) -> Vec<String> {
    table.columns().into_iter().take(MOST_COLUMNS).map(|column| format!("count_if({column} is null)")).collect()
}

/// NULLs of every column, and the values of text columns that have few of them.
///
/// # Errors
/// If a statement fails.
pub(crate) fn of(session: &Session, table: &SparkTable) -> Result<TableProfile, SparkError> {
    let facts = &table.manifest.facts;
    let read = table.stored().lowered(facts.columns.clone());
    let from = format!("{} t", read.nested());
    let ask = |sql: &str| session.rows(sql, "tidemill-profile", &NEVER_CANCELLED);
    let nulls = match &table.nulls {
        Some(nulls) => nulls.clone(),
        None => {
            let counts = counts_of_nulls(&read);
            let counted = ask(&format!("select {} from {from}", counts.join(", ")))?;
            (0..counts.len()).map(|i| counted.count(0, i)).collect()
        }
    };
    let fields: Vec<_> = facts.columns.fields().iter().take(MOST_COLUMNS).enumerate().collect();
    let mut texts: Vec<usize> =
        fields.iter().filter(|(_, field)| field.data_type == DataType::String).map(|(i, _)| *i).collect();
    if !texts.is_empty() && facts.rows > FEW_ROWS {
        // Most columns with many values show it soon, and need not be read to their end.
        let (counts, columns): (Vec<_>, Vec<_>) =
            texts.iter().map(|i| (format!("count(distinct c{i})"), format!("c{i}"))).unzip();
        let first = format!("(select {} from {from} limit {SAMPLE}) t", columns.join(", "));
        let found = ask(&format!("select {} from {first}", counts.join(", ")))?;
        let mut place = 0;
        texts.retain(|_| {
            place += 1;
            found.count(0, place - 1) <= MOST_VALUES as u64
        });
    }
    let values: Vec<String> = texts
        .iter()
        .map(|i| {
            format!(
                "select {i}L, v from (select distinct c{i} as v from {from} where c{i} is not null limit {})",
                MOST_VALUES + 1
            )
        })
        .collect();
    let found = if values.is_empty() { None } else { Some(ask(&values.join(" union all "))?) };
    let columns = fields.into_iter().map(|(i, field)| {
        let values = found.as_ref().filter(|_| texts.contains(&i)).map(|found| {
            let of_column = (0..found.len()).filter(|row| found.int(*row, 0) == Some(i as i64));
            of_column.filter_map(|row| found.text(row, 1)).collect::<Vec<_>>()
        });
        let values = values.and_then(|values| categories(values, facts.rows - nulls[i]));
        ColumnProfile { name: field.name.clone(), data_type: field.data_type, nulls: nulls[i], values }
    });
    Ok(TableProfile { rows: facts.rows, columns: columns.collect() })
}

/// The values, sorted, if they are few and each stands for several rows.
fn categories(mut values: Vec<String>, filled: u64) -> Option<Vec<String>> {
    if values.len() > MOST_VALUES || (values.len() as u64 * 2 > filled && filled > 0) {
        return None;
    }
    values.sort_unstable();
    Some(values)
}
