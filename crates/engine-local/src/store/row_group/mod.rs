//! Row groups: rows that lie together, as tables are stored and written. Each column of one is a column chunk.
//!
//! Column chunks are run-length encoded where it is worth it. A join repeats whole rows of its left side. Where several columns stay the same over many rows, those rows are a *run*, of
//! which one entry is kept for each of these columns. Which columns those are depends on the values alone, so equal rows make
//! equal row groups, and equal row groups equal bytes.

mod bytes;
mod changes;
mod dictionary;
mod encoding;
mod ints;
mod run_length;
#[cfg(test)]
mod tests;
mod texts;

use polars::prelude::{Column, DataFrame, Series};
use tidemill_core::table::DataType;

pub(crate) use bytes::Damaged;
pub(crate) use dictionary::Dictionary;
pub(crate) use run_length::RunLengths;

use crate::arrays::types;
use crate::error::{Outcome, internal};

/// Some rows of a table.
pub(crate) struct RowGroup {
    /// How many.
    pub rows: usize,
    /// Where the runs begin; none if no column is run-length encoded.
    pub run_lengths: Option<RunLengths>,
    /// The columns, in their order.
    pub columns: Vec<ColumnChunk>,
}

/// A column of a row group.
pub(crate) struct ColumnChunk {
    /// A value for each run, or for each row.
    pub values: Series,
    /// Whether it is one for each run: run-length encoded.
    pub by_run: bool,
}

impl RowGroup {
    /// The rows of a frame.
    pub fn of(frame: &DataFrame) -> Outcome<Self> {
        let rows = frame.height();
        let mut choice = RunLengthChoice::of(rows);
        let mut columns = Vec::with_capacity(frame.width());
        for column in frame.columns() {
            let values = column.as_materialized_series().clone();
            let by_run = choice.takes(changes::changes(&values)?);
            columns.push(ColumnChunk { values, by_run });
        }
        let run_lengths = (choice.repeating > 0).then(|| RunLengths::of(&choice.starts));
        if let Some(run_lengths) = &run_lengths {
            for column in columns.iter_mut().filter(|column| column.by_run) {
                column.values = column.values.take_slice(run_lengths.starts()).map_err(internal)?;
            }
        }
        Ok(Self { rows, run_lengths, columns })
    }

    /// The rows of a frame, of which no column is run-length encoded.
    pub fn plain(frame: DataFrame) -> Self {
        let rows = frame.height();
        let chunk = |column: Column| ColumnChunk { values: column.take_materialized_series(), by_run: false };
        Self { rows, run_lengths: None, columns: frame.into_columns().into_iter().map(chunk).collect() }
    }

    /// Whether a frame of these rows would become the same row group.
    pub fn is_canonical(&self) -> Outcome<bool> {
        let mut choice = RunLengthChoice::of(self.rows);
        for column in &self.columns {
            let changes = changes::changes(&column.values)?;
            let changes = match &self.run_lengths {
                Some(run_lengths) if column.by_run => run_lengths.at_starts(&changes),
                _ => changes,
            };
            if choice.takes(changes) != column.by_run {
                return Ok(false);
            }
        }
        let starts = |run_lengths: &RunLengths| run_lengths.at_starts(&vec![1; run_lengths.starts().len()]);
        Ok(self.run_lengths.as_ref().map_or(choice.repeating == 0, |run_lengths| starts(run_lengths) == choice.starts))
    }

    /// All rows of all columns.
    pub fn into_frame(self) -> Outcome<DataFrame> {
        let Self { rows, run_lengths, columns } = self;
        let whole = |column: ColumnChunk| match (&run_lengths, column.by_run) {
            (Some(run_lengths), true) => run_lengths.spread(&column.values).map(Into::into),
            _ => Ok(column.values.into()),
        };
        DataFrame::new(rows, columns.into_iter().map(whole).collect::<Outcome<_>>()?).map_err(internal)
    }

    /// How many entries a column has.
    fn entries(rows: usize, run_lengths: Option<&RunLengths>, by_run: bool) -> Option<usize> {
        if by_run { run_lengths.map(|run_lengths| run_lengths.starts().len()) } else { Some(rows) }
    }
}

/// Which columns are run-length encoded, in a way that depends on the values alone.
struct RunLengthChoice {
    /// 1 for each row that begins a run.
    starts: Vec<u8>,
    runs: usize,
    /// Columns that are run-length encoded so far.
    repeating: usize,
}

impl RunLengthChoice {
    fn of(rows: usize) -> Self {
        let mut starts = vec![0; rows];
        starts.iter_mut().take(1).for_each(|first| *first = 1);
        Self { starts, runs: rows.min(1), repeating: 0 }
    }

    /// Whether a further column, which changes at these rows, is run-length encoded too.
    fn takes(&mut self, mut changes: Vec<u8>) -> bool {
        changes.iter_mut().zip(&self.starts).for_each(|(changes, starts)| *changes |= starts);
        let rows = changes.len();
        let runs = changes.iter().map(|change| usize::from(*change)).sum::<usize>();
        // With this column the others have an entry for each of its runs too. That must be worth it.
        let entries = runs * (self.repeating + 1);
        let takes = rows > 0 && runs * 2 <= rows && entries <= self.runs * self.repeating + rows / 2;
        if takes {
            *self = Self { starts: changes, runs, repeating: self.repeating + 1 };
        }
        takes
    }
}

impl ColumnChunk {
    /// The column as bytes.
    pub fn encode(&self) -> Outcome<Vec<u8>> {
        let mut out = vec![u8::from(self.by_run)];
        encoding::encode(&self.values, &mut out)?;
        Ok(out)
    }

    /// The column that was encoded into these bytes, in a row group of so many rows.
    pub fn decode(
        encoded: &[u8],
        name: &str,
        data_type: DataType,
        rows: usize,
        run_lengths: Option<&RunLengths>,
    ) -> Result<Self, Damaged> {
        let (by_run, encoded) = encoded.split_first().ok_or(Damaged)?;
        let by_run = *by_run != 0;
        let entries = RowGroup::entries(rows, run_lengths, by_run).ok_or(Damaged)?;
        let values = encoding::decode(encoded, &types::to_polars(data_type), entries)?;
        Ok(Self { values: values.with_name(name.into()), by_run })
    }
}
