//! Kernels of several operands, row by row.

use polars::prelude::Series;

use super::context::EvalContext;
use crate::arrays::operand::Operand;
use crate::arrays::typed::{ints, texts};
use crate::error::{Outcome, value};
use crate::runtime::memory::check;

/// Values may be long: once for so many rows it is asked whether there is memory for more.
const ROWS: usize = 16;

impl EvalContext<'_> {
    /// What `f` gives for each row: NULL, a value, or what is wrong with the row.
    pub(super) fn rows<R, C: FromIterator<Option<R>>>(
        &self,
        operands: &[&Series],
        f: impl Fn(usize) -> Option<Result<R, String>>,
    ) -> Outcome<C> {
        let placed =
            |row: usize| f(row).transpose().map_err(|message| value(format!("{message} in row {}", self.place(row))));
        (0..self.rows_of(operands))
            .map(|row| if row % ROWS == 0 { check().and_then(|()| placed(row)) } else { placed(row) })
            .collect()
    }

    /// What `f` makes of two texts.
    pub(super) fn of_texts<R, C: FromIterator<Option<R>>>(
        &self,
        x: &Series,
        y: &Series,
        f: impl Fn(&str, &str) -> R,
    ) -> Outcome<C> {
        let (a, b) = (texts(x)?, texts(y)?);
        let (a, b) = (Operand::new(&a), Operand::new(&b));
        self.rows(&[x, y], |row| Some(Ok(f(a.at(row)?, b.at(row)?))))
    }

    /// What `f` makes of a text and an int.
    pub(super) fn of_text_and_int<R, C: FromIterator<Option<R>>>(
        &self,
        x: &Series,
        n: &Series,
        f: impl Fn(&str, i64) -> Result<R, String>,
    ) -> Outcome<C> {
        let (a, b) = (texts(x)?, ints(n)?);
        let (a, b) = (Operand::new(&a), Operand::new(&b));
        self.rows(&[x, n], |row| Some(f(a.at(row)?, b.at(row)?)))
    }

    /// What `f` makes of two ints.
    pub(super) fn of_ints<R, C: FromIterator<Option<R>>>(
        &self,
        x: &Series,
        y: &Series,
        f: impl Fn(i64, i64) -> R,
    ) -> Outcome<C> {
        let (a, b) = (ints(x)?, ints(y)?);
        let (a, b) = (Operand::new(&a), Operand::new(&b));
        self.rows(&[x, y], |row| Some(Ok(f(a.at(row)?, b.at(row)?))))
    }
}
