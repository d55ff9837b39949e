//! A table in a few numbers, at a small part of what reading it cost.

use std::collections::HashSet;

use polars::prelude::{DataType as Physical, Series};
use tidemill_core::table::{ColumnProfile, EngineError, MOST_COLUMNS, MOST_VALUES, TableProfile};

use crate::arrays::types;
use crate::error::{Outcome, internal};
use crate::store::table_handle::TableHandle;

/// Counts NULLs, which columns know, and gathers the values of text columns that have few. A table in a file is read a
/// column at a time.
pub(crate) fn of(table: &TableHandle) -> Outcome<TableProfile> {
    let columns = table.names().into_iter().take(MOST_COLUMNS).map(|name| {
        let frame = table.frame(Some(std::slice::from_ref(&name)))?;
        let schema = types::schema_of(&frame)?;
        let series = types::column(&frame, &name)?;
        let data_type = schema.get(&name).ok_or_else(|| EngineError::Internal(format!("no column {name}")))?;
        Ok(ColumnProfile { data_type, nulls: series.null_count() as u64, values: categories(series)?, name })
    });
    Ok(TableProfile { rows: table.rows() as u64, columns: columns.collect::<Outcome<_>>()? })
}

/// The values of a text column if they are few and each stands for several rows; gives up at the first too many.
fn categories(series: &Series) -> Outcome<Option<Vec<String>>> {
    if series.dtype() != &Physical::String {
        return Ok(None);
    }
    let texts = series.str().map_err(internal)?;
    let mut seen: HashSet<&str> = HashSet::new();
    let mut last = None;
    for text in texts.iter().flatten() {
        // Equal texts often stand together, and a comparison is cheaper than a hash.
        if last != Some(text) {
            last = Some(text);
            seen.insert(text);
            if seen.len() > MOST_VALUES {
                return Ok(None);
            }
        }
    }
    let filled = series.len() - series.null_count();
    if seen.len() * 2 > filled && filled > 0 {
        return Ok(None);
    }
    let mut values: Vec<String> = seen.into_iter().map(str::to_owned).collect();
    values.sort_unstable();
    Ok(Some(values))
}

#[cfg(test)]
mod tests {
    use polars::prelude::{Column, DataFrame, NamedFrom};

    use super::*;

    #[test]
    fn only_texts_with_few_values_are_categories() -> Outcome<()> {
        let many: Vec<String> = (0..120).map(|at| format!("v{at:03}")).collect();
        let few: Vec<Option<&str>> = (0..120).map(|at| [Some("b"), None, Some("a")][at % 3]).collect();
        let numbers: Vec<i64> = (0..120).collect();
        let columns =
            [Series::new("many".into(), many), Series::new("few".into(), few), Series::new("number".into(), numbers)];
        let frame = DataFrame::new_infer_height(columns.map(Column::from).to_vec()).map_err(internal)?;
        let profile = of(&TableHandle::InMemory(frame))?;
        assert_eq!(profile.rows, 120);
        let told: Vec<(u64, Option<Vec<String>>)> =
            profile.columns.into_iter().map(|column| (column.nulls, column.values)).collect();
        assert_eq!(told, [(0, None), (40, Some(vec!["a".into(), "b".into()])), (0, None)]);
        Ok(())
    }
}
