//! A table in a few numbers, counted by Spark.

use tidemill_core::attempt::NEVER_CANCELLED;
use tidemill_core::table::{ColumnProfile, DataType, MOST_COLUMNS, MOST_VALUES, TableProfile};

use crate::client::{Session, SparkError};
use crate::table::SparkTable;
use crate::warehouse::uri;

/// NULLs of every column, and the values of text columns that have few of them.
///
/// # Errors
/// If a statement fails.
pub(crate) fn of(session: &Session, table: &SparkTable) -> Result<TableProfile, SparkError> {
    let facts = &table.manifest.facts;
    let from = format!("parquet.`{}`", uri(&table.folder));
    let fields: Vec<_> = facts.columns.fields().iter().take(MOST_COLUMNS).enumerate().collect();
    let nulls: Vec<String> = fields.iter().map(|(i, _)| format!("count_if(c{i} is null)")).collect();
    let ask = |sql: &str| session.rows(sql, "tidemill-profile", &NEVER_CANCELLED);
    let counted = ask(&format!("select {} from {from}", nulls.join(", ")))?;
    let texts = fields.iter().filter(|(_, field)| field.data_type == DataType::String);
    let values: Vec<String> = texts
        .map(|(i, _)| {
            format!(
                "select {i}L, v from (select distinct c{i} as v from {from} where c{i} is not null limit {})",
                MOST_VALUES + 1
            )
        })
        .collect();
    let found = if values.is_empty() { None } else { Some(ask(&values.join(" union all "))?) };
    let columns = fields.into_iter().map(|(i, field)| {
        let nulls = counted.count(0, i);
        let is_text = field.data_type == DataType::String;
        let values = found.as_ref().filter(|_| is_text).map(|found| {
            let of_column = (0..found.len()).filter(|row| found.int(*row, 0) == Some(i as i64));
            of_column.filter_map(|row| found.text(row, 1)).collect::<Vec<_>>()
        });
        let values = values.and_then(|values| categories(values, facts.rows - nulls));
        ColumnProfile { name: field.name.clone(), data_type: field.data_type, nulls, values }
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
