//! The few rows that a statement gives back: counts and examples.

use arrow_array::{Array, Int64Array, RecordBatch, StringArray};

/// The rows of a statement, whose columns are ints (bigint) and texts.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    batches: Vec<RecordBatch>,
}

impl Rows {
    pub(super) fn push(&mut self, batch: RecordBatch) {
        self.batches.push(batch);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    fn at<T>(&self, row: usize, read: impl Fn(&RecordBatch, usize) -> Option<T>) -> Option<T> {
        let mut row = row;
        for batch in &self.batches {
            if row < batch.num_rows() {
                return read(batch, row);
            }
            row -= batch.num_rows();
        }
        None
    }

    /// The int in that row and column; None for NULL, and for what is none.
    pub fn int(&self, row: usize, column: usize) -> Option<i64> {
        self.at(row, |batch, row| {
            let values = batch.columns().get(column)?.as_any().downcast_ref::<Int64Array>()?;
            values.is_valid(row).then(|| values.value(row))
        })
    }

    /// The int in that row and column as a count; 0 for NULL.
    pub fn count(&self, row: usize, column: usize) -> u64 {
        self.int(row, column).and_then(|count| u64::try_from(count).ok()).unwrap_or_default()
    }

    /// The text in that row and column; None for NULL, and for what is none.
    pub fn text(&self, row: usize, column: usize) -> Option<String> {
        self.at(row, |batch, row| {
            let values = batch.columns().get(column)?.as_any().downcast_ref::<StringArray>()?;
            values.is_valid(row).then(|| values.value(row).to_owned())
        })
    }
}
