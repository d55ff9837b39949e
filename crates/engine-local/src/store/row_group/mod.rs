//! Rows that lie together, as tables are stored and written: of columns that repeat themselves only what begins anew.
//!
//! A join repeats whole rows of its left side. Where several columns stay the same over many rows, those rows are a *run*, of
//! which one entry is kept for each of these columns. Which columns those are depends on the values alone, so equal rows make
//! equal parts, and equal parts equal bytes.

mod bytes;
mod changes;
mod dictionary;
mod encoding;
mod ints;
mod run_length;
#[cfg(test)]
mod tests;
mod texts;

use polars::prelude::{DataFrame, Series};
use tidemill_core::table::DataType;

pub(crate) use bytes::Damaged;
pub(crate) use dictionary::Listed;
pub(crate) use run_length::Heads;

use crate::arrays::types;
use crate::error::{Outcome, internal};

/// Some rows of a table.
pub(crate) struct Part {
    /// How many.
    pub rows: usize,
    /// Where the runs begin; none if no column repeats itself.
    pub heads: Option<Heads>,
    /// The columns, in their order.
    pub columns: Vec<Entries>,
}

/// A column of a part.
pub(crate) struct Entries {
    /// A value for each run, or for each row.
    pub values: Series,
    /// Whether it is one for each run.
    pub repeats: bool,
}

impl Part {
    /// The rows of a frame.
    pub fn of(frame: &DataFrame) -> Outcome<Self> {
        let rows = frame.height();
        let mut choice = Choice::of(rows);
        let mut columns = Vec::with_capacity(frame.width());
        for column in frame.columns() {
            let values = column.as_materialized_series().clone();
            let repeats = choice.takes(changes::changes(&values)?);
            columns.push(Entries { values, repeats });
        }
        let heads = (choice.repeating > 0).then(|| Heads::of(&choice.starts));
        if let Some(heads) = &heads {
            for column in columns.iter_mut().filter(|column| column.repeats) {
                column.values = column.values.take_slice(heads.starts()).map_err(internal)?;
            }
        }
        Ok(Self { rows, heads, columns })
    }

    /// Whether a frame of these rows would become the same part.
    pub fn is_canonical(&self) -> Outcome<bool> {
        let mut choice = Choice::of(self.rows);
        for column in &self.columns {
            let changes = changes::changes(&column.values)?;
            let changes = match &self.heads {
                Some(heads) if column.repeats => heads.at_starts(&changes),
                _ => changes,
            };
            if choice.takes(changes) != column.repeats {
                return Ok(false);
            }
        }
        let starts = |heads: &Heads| heads.at_starts(&vec![1; heads.starts().len()]);
        Ok(self.heads.as_ref().map_or(choice.repeating == 0, |heads| starts(heads) == choice.starts))
    }

    /// All rows of all columns.
    pub fn into_frame(self) -> Outcome<DataFrame> {
        let Self { rows, heads, columns } = self;
        let whole = |column: Entries| match (&heads, column.repeats) {
            (Some(heads), true) => heads.spread(&column.values).map(Into::into),
            _ => Ok(column.values.into()),
        };
        DataFrame::new(rows, columns.into_iter().map(whole).collect::<Outcome<_>>()?).map_err(internal)
    }

    /// How many entries a column has.
    fn entries(rows: usize, heads: Option<&Heads>, repeats: bool) -> Option<usize> {
        if repeats { heads.map(|heads| heads.starts().len()) } else { Some(rows) }
    }
}

/// Which columns repeat themselves, in a way that depends on the values alone.
struct Choice {
    /// 1 for each row that begins a run.
    starts: Vec<u8>,
    runs: usize,
    /// Columns that repeat themselves so far.
    repeating: usize,
}

impl Choice {
    fn of(rows: usize) -> Self {
        let mut starts = vec![0; rows];
        starts.iter_mut().take(1).for_each(|first| *first = 1);
        Self { starts, runs: rows.min(1), repeating: 0 }
    }

    /// Whether a further column, which changes at these rows, is one of those that repeat themselves.
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

impl Entries {
    /// The column as bytes.
    pub fn pack(&self) -> Outcome<Vec<u8>> {
        let mut out = vec![u8::from(self.repeats)];
        encoding::pack(&self.values, &mut out)?;
        Ok(out)
    }

    /// The column that was packed into these bytes, in a part of so many rows.
    pub fn unpack(
        packed: &[u8],
        name: &str,
        data_type: DataType,
        rows: usize,
        heads: Option<&Heads>,
    ) -> Result<Self, Damaged> {
        let (repeats, packed) = packed.split_first().ok_or(Damaged)?;
        let repeats = *repeats != 0;
        let entries = Part::entries(rows, heads, repeats).ok_or(Damaged)?;
        let values = encoding::unpack(packed, &types::to_polars(data_type), entries)?;
        Ok(Self { values: values.with_name(name.into()), repeats })
    }
}
