//! Rows that lie together, as tables are stored and written: of columns that repeat themselves only what begins anew.
//!
//! A join repeats whole rows of its left side. Where several columns stay the same over many rows, those rows are a *run*, of
//! which one entry is kept for each of these columns. Which columns those are depends on the values alone, so equal rows make
//! equal parts, and equal parts equal bytes.

mod bytes;
mod changes;
mod column;
mod heads;
mod ints;
mod listed;
#[cfg(test)]
mod tests;
mod texts;

use polars::prelude::{DataFrame, Series};
use tidemill_core::table::DataType;

pub(crate) use bytes::Damaged;
pub(crate) use heads::Heads;
pub(crate) use listed::Listed;

use crate::failure::{Outcome, internal};
use crate::types;

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
        let mut starts = vec![0; rows];
        starts.iter_mut().take(1).for_each(|first| *first = 1);
        let (mut runs, mut repeating) = (rows.min(1), 0);
        let mut columns = Vec::with_capacity(frame.width());
        for column in frame.columns() {
            let values = column.as_materialized_series().clone();
            let mut both = changes::changes(&values)?;
            both.iter_mut().zip(&starts).for_each(|(changes, starts)| *changes |= starts);
            let more_runs = both.iter().map(|change| usize::from(*change)).sum::<usize>();
            // With this column the others have an entry for each of its runs too. That must be worth it.
            let entries = more_runs * (repeating + 1);
            let repeats = rows > 0 && more_runs * 2 <= rows && entries <= runs * repeating + rows / 2;
            if repeats {
                (starts, runs, repeating) = (both, more_runs, repeating + 1);
            }
            columns.push(Entries { values, repeats });
        }
        let heads = columns.iter().any(|column| column.repeats).then(|| Heads::of(&starts));
        if let Some(heads) = &heads {
            for column in columns.iter_mut().filter(|column| column.repeats) {
                column.values = column.values.take_slice(heads.starts()).map_err(internal)?;
            }
        }
        Ok(Self { rows, heads, columns })
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

impl Entries {
    /// The column as bytes.
    pub fn pack(&self) -> Outcome<Vec<u8>> {
        let mut out = vec![u8::from(self.repeats)];
        column::pack(&self.values, &mut out)?;
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
        let values = column::unpack(packed, &types::to_polars(data_type), entries)?;
        Ok(Self { values: values.with_name(name.into()), repeats })
    }
}
