//! The rows of a stored table as commands look at them: batch by batch, so that a large one is never whole in memory.

use std::sync::Arc;

use serde_json::{Map, Number, Value as Json};
use tidemill_core::table::{EngineError, PlainBatches, PlainTable, Schema, TableEngine, TableRef, Value};

/// Rows that can be read any number of times.
pub trait TableRows {
    /// The columns.
    fn schema(&self) -> &Schema;

    /// How many rows there are.
    fn len(&self) -> u64;

    /// These columns, or all, of at most so many rows, batch by batch; at least one batch.
    ///
    /// # Errors
    /// If the table cannot be read.
    fn batches(&self, columns: Option<&[String]>, limit: Option<u64>) -> Result<PlainBatches, EngineError>;

    /// These rows, by their places from 0, in that order.
    ///
    /// # Errors
    /// If the table cannot be read.
    fn take(&self, rows: &[u64]) -> Result<PlainTable, EngineError> {
        let mut wanted = rows.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let (mut found, mut start, mut at): (Option<PlainTable>, u64, usize) = (None, 0, 0);
        for batch in self.batches(None, Some(wanted.last().map_or(0, |last| last + 1)))? {
            let batch = batch?;
            let end = start + batch.rows as u64;
            let here = wanted[at..].iter().take_while(|row| **row < end).map(|row| (row - start) as usize);
            let here: Vec<usize> = here.collect();
            at += here.len();
            start = end;
            let part = batch.take(&here);
            match &mut found {
                None => found = Some(part),
                Some(found) => found.append(part),
            }
        }
        let places: Vec<usize> = rows.iter().filter_map(|row| wanted.binary_search(row).ok()).collect();
        Ok(found.unwrap_or_default().take(&places))
    }
}

/// A table that an engine holds.
pub struct StoredRows {
    /// The engine.
    pub engine: Arc<dyn TableEngine>,
    /// The table.
    pub table: TableRef,
}

impl TableRows for StoredRows {
    fn schema(&self) -> &Schema {
        &self.table.schema
    }

    fn len(&self) -> u64 {
        self.table.rows
    }

    fn batches(&self, columns: Option<&[String]>, limit: Option<u64>) -> Result<PlainBatches, EngineError> {
        self.engine.batches(&self.table, columns, limit)
    }
}

/// A row for programs.
pub fn object(table: &PlainTable, row: usize) -> Json {
    let columns = table.columns.iter().map(|column| (column.name.clone(), json_value(&column.data.value(row))));
    Json::Object(columns.collect::<Map<_, _>>())
}

/// A value for programs: decimals, dates and times as text, so that nothing is lost; floats that JSON cannot say are null.
pub fn json_value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::from(*value),
        Value::Float(value) => Number::from_f64(*value).map_or(Json::Null, Json::Number),
        other => Json::String(other.to_string()),
    }
}

#[cfg(test)]
pub mod tests {
    use proptest::prelude::*;
    use tidemill_core::table::{PlainColumn, PlainData};

    use super::*;

    /// A table in memory, in batches of so many rows.
    pub struct InBatches {
        schema: Schema,
        table: PlainTable,
        size: usize,
    }

    impl InBatches {
        pub fn new(table: PlainTable, size: usize) -> Self {
            let column = |column: &PlainColumn| (column.name.clone(), column.data.data_type());
            Self { schema: table.columns.iter().map(column).collect(), table, size }
        }

        pub fn of<const N: usize>(columns: [(&str, PlainData); N]) -> Self {
            let rows = columns.first().map_or(0, |(_, data)| match data {
                PlainData::Bool(values) => values.len(),
                PlainData::Float(values) => values.len(),
                PlainData::Decimal { unscaled, .. } => unscaled.len(),
                PlainData::String(values) => values.len(),
                PlainData::Date(values) => values.len(),
                PlainData::Int(values) | PlainData::Datetime(values) | PlainData::Time(values) => values.len(),
                PlainData::Null(rows) => *rows,
            });
            let columns = columns.map(|(name, data)| PlainColumn { name: name.to_owned(), data }).to_vec();
            Self::new(PlainTable { columns, rows }, 2)
        }
    }

    impl TableRows for InBatches {
        fn schema(&self) -> &Schema {
            &self.schema
        }

        fn len(&self) -> u64 {
            self.table.rows as u64
        }

        fn batches(&self, columns: Option<&[String]>, limit: Option<u64>) -> Result<PlainBatches, EngineError> {
            let is_wanted = |name: &String| columns.is_none_or(|columns| columns.contains(name));
            let mut table = self.table.clone();
            table.columns.retain(|column| is_wanted(&column.name));
            let rows = table.rows.min(limit.map_or(usize::MAX, |limit| limit as usize));
            let size = self.size;
            let starts = (0..rows.max(1)).step_by(size);
            let batch = move |start: usize| Ok(table.take(&(start..rows.min(start + size)).collect::<Vec<_>>()));
            Ok(Box::new(starts.map(batch)))
        }
    }

    proptest! {
        #[test]
        fn rows_are_found_wherever_they_stand(rows in prop::collection::vec(0..9_u64, 0..12), size in 1..5_usize) {
            let numbers = PlainData::Int((0..9).map(Some).collect());
            let table = PlainTable { columns: vec![PlainColumn { name: "n".into(), data: numbers }], rows: 9 };
            let found = InBatches::new(table, size).take(&rows).map_err(|error| TestCaseError::fail(error.to_string()))?;
            let expected = rows.iter().map(|row| Some(*row as i64)).collect();
            prop_assert_eq!(found.columns, [PlainColumn { name: "n".into(), data: PlainData::Int(expected) }]);
        }
    }
}
