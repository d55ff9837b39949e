//! A table in a few numbers, at a small part of what reading it cost.

use std::collections::HashSet;

use polars::prelude::{DataType as Physical, Series};
use tidemill_core::table::{ColumnProfile, DataType, EngineError, MOST_COLUMNS, MOST_VALUES, Schema, TableProfile};

use crate::arrays::types;
use crate::error::{Outcome, internal};
use crate::runtime::parallel;
use crate::store::stored_table::StoredTable;
use crate::store::table_handle::TableHandle;

/// Counts NULLs, which columns know, and gathers the values of text columns that have few. A table in files is read a column at a
/// time, and of that no more than it takes.
pub(crate) fn of(table: &TableHandle) -> Outcome<TableProfile> {
    let names: Vec<String> = table.names().into_iter().take(MOST_COLUMNS).collect();
    let columns = match table {
        TableHandle::InMemory(frame) => {
            let schema = types::schema_of(frame)?;
            let column = |name: String| {
                let mut tally = ColumnTally::default();
                tally.add(types::column(frame, &name)?)?;
                tally.profile(name, &schema)
            };
            names.into_iter().map(column).collect::<Outcome<_>>()?
        }
        TableHandle::OnDisk(stored) => parallel::map(&names, stored.rows(), |name| of_stored(&**stored, name))?,
    };
    Ok(TableProfile { rows: table.rows() as u64, columns })
}

fn of_stored(stored: &dyn StoredTable, name: &String) -> Outcome<ColumnProfile> {
    let mut tally = ColumnTally { has_no_nulls: stored.has_no_nulls(name), ..ColumnTally::default() };
    for at in 0..stored.len() {
        if tally.is_told(stored.schema().get(name)) {
            break;
        }
        tally.add(types::column(&stored.frame(at, Some(std::slice::from_ref(name)))?, name)?)?;
    }
    tally.profile(name.clone(), stored.schema())
}

/// What is told of a column, row group by row group.
#[derive(Default)]
struct ColumnTally {
    /// Whether it was known before that none is NULL.
    has_no_nulls: bool,
    nulls: u64,
    rows: u64,
    seen: HashSet<String>,
    has_many: bool,
}

impl ColumnTally {
    /// Whether further rows can tell nothing.
    fn is_told(&self, data_type: Option<DataType>) -> bool {
        self.has_no_nulls && (self.has_many || data_type != Some(DataType::String))
    }

    fn add(&mut self, series: &Series) -> Outcome<()> {
        self.rows += series.len() as u64;
        self.nulls += series.null_count() as u64;
        if self.has_many || series.dtype() != &Physical::String {
            return Ok(());
        }
        let mut last = None;
        for text in series.str().map_err(internal)?.iter().flatten() {
            // Equal texts often stand together, and a comparison is cheaper than a hash.
            if last != Some(text) {
                last = Some(text);
                if !self.seen.contains(text) {
                    self.seen.insert(text.to_owned());
                    if self.seen.len() > MOST_VALUES {
                        self.has_many = true;
                        self.seen.clear();
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// The values are told of a text column if they are few and each stands for several rows.
    fn profile(self, name: String, schema: &Schema) -> Outcome<ColumnProfile> {
        let data_type = schema.get(&name).ok_or_else(|| EngineError::Internal(format!("no column {name}")))?;
        let filled = self.rows - self.nulls;
        let is_told =
            data_type == DataType::String && !self.has_many && (self.seen.len() as u64 * 2 <= filled || filled == 0);
        let values = is_told.then(|| {
            let mut values: Vec<String> = self.seen.into_iter().collect();
            values.sort_unstable();
            values
        });
        Ok(ColumnProfile { data_type, nulls: self.nulls, values, name })
    }
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
