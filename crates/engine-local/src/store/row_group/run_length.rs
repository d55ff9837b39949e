//! Run-length encoding: where runs of rows begin, which several columns have in common.

use polars::prelude::{DataType, IdxSize, Int32Chunked, Int64Chunked, Int128Chunked, IntoSeries, NamedFrom, Series};

use super::bytes::{Damaged, bits, push_bits};
use crate::arrays::typed::{days, digits, floats, ints, micros, nanos};
use crate::arrays::types;
use crate::error::{Outcome, internal};

/// The runs of a row group, by their first rows.
#[derive(Clone)]
pub(crate) struct RunLengths {
    /// Ascending, beginning with 0.
    starts: Vec<IdxSize>,
    rows: usize,
}

impl RunLengths {
    /// From 1 for each row that begins a run, and 0 for the others; the first row begins one.
    pub(super) fn of(starts: &[u8]) -> Self {
        let rows = starts.len();
        let starts = starts.iter().zip(0..).filter(|(start, _)| **start != 0).map(|(_, row)| row).collect();
        Self { starts, rows }
    }

    /// The rows at which runs begin.
    pub fn starts(&self) -> &[IdxSize] {
        &self.starts
    }

    /// Something of each run at its first row, 0 at the others.
    pub(super) fn at_starts(&self, of_runs: &[u8]) -> Vec<u8> {
        let mut at_starts = vec![0; self.rows];
        self.starts.iter().zip(of_runs).for_each(|(start, of_run)| at_starts[*start as usize] = *of_run);
        at_starts
    }

    /// The rows of each run, from the first to behind the last.
    pub fn runs(&self) -> impl Iterator<Item = (usize, usize)> {
        let ends = self.starts.iter().skip(1).map(|start| *start as usize).chain([self.rows]);
        self.starts.iter().map(|start| *start as usize).zip(ends)
    }

    /// A bit for each row.
    pub fn encode(&self) -> Vec<u8> {
        let mut begins = vec![false; self.rows];
        self.starts.iter().for_each(|start| begins[*start as usize] = true);
        let mut out = Vec::new();
        push_bits(begins.into_iter(), &mut out);
        out
    }

    /// The run lengths that were encoded.
    pub fn decode(encoded: &[u8], rows: usize) -> Result<Self, Damaged> {
        if encoded.len() != rows.div_ceil(8) || encoded.first().is_none_or(|byte| byte & 1 == 0) {
            return Err(Damaged);
        }
        let starts = bits(encoded, rows).zip(0..).filter(|(bit, _)| *bit).map(|(_, row)| row).collect();
        Ok(Self { starts, rows })
    }

    /// A value for each run as one for each row.
    pub fn spread(&self, values: &Series) -> Outcome<Series> {
        let name = values.name().clone();
        let spread = match values.dtype() {
            _ if values.null_count() > 0 => None,
            DataType::Int64 => ints(values)?
                .cont_slice()
                .ok()
                .map(|values| Int64Chunked::from_vec(name.clone(), self.fill(values)).into_series()),
            DataType::Float64 => {
                floats(values)?.cont_slice().ok().map(|values| Series::new(name.clone(), self.fill(values)))
            }
            DataType::Decimal(precision, scale) => digits(values)?.0.cont_slice().ok().map(|values| {
                let digits = Int128Chunked::from_vec(name.clone(), self.fill(values));
                types::decimals(digits, *precision as u8, *scale as u8) // both at most 38
            }),
            DataType::Date => days(values)?
                .cont_slice()
                .ok()
                .map(|values| Int32Chunked::from_vec(name.clone(), self.fill(values)).into_date().into_series()),
            DataType::Datetime(..) => micros(values)?
                .cont_slice()
                .ok()
                .map(|values| types::datetimes(Int64Chunked::from_vec(name.clone(), self.fill(values)))),
            DataType::Time => nanos(values)?
                .cont_slice()
                .ok()
                .map(|values| types::times(Int64Chunked::from_vec(name.clone(), self.fill(values)))),
            _ => None,
        };
        match spread {
            Some(spread) => Ok(spread),
            None => {
                let runs: Vec<IdxSize> = (0..self.starts.len() as IdxSize).collect();
                values.take_slice(&self.fill(&runs)).map_err(internal)
            }
        }
    }

    fn fill<T: Copy + Default>(&self, values: &[T]) -> Vec<T> {
        let mut spread = vec![T::default(); self.rows];
        for ((start, end), value) in self.runs().zip(values) {
            spread[start..end].fill(*value);
        }
        spread
    }
}
