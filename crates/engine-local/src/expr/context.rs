//! What kernels know of the rows that they compute.

use polars::prelude::{IdxSize, Series};

use super::notes::Notes;

/// The rows of a frame, without their values: what a kernel needs beside its operands.
#[derive(Clone, Copy)]
pub(super) struct EvalContext<'a> {
    /// How many there are.
    pub height: usize,
    /// Where they stand in the frame that messages speak of, if they are some of its rows.
    pub rows: Option<&'a [IdxSize]>,
    pub notes: &'a Notes,
}

impl EvalContext<'_> {
    /// Rows of a result computed from these operands: one if all are constants.
    pub(super) fn rows_of(&self, operands: &[&Series]) -> usize {
        if operands.iter().all(|operand| operand.len() == 1) { 1 } else { self.height }
    }

    /// How often a result that was computed once counts.
    pub(super) fn weight(&self, rows: usize) -> u64 {
        if rows == 1 { self.height as u64 } else { 1 }
    }

    /// The number, from 1, of a row in messages.
    pub(super) fn place(&self, row: usize) -> u64 {
        self.rows.and_then(|rows| rows.get(row)).map_or(row as u64, |row| u64::from(*row)) + 1
    }
}
