//! `case`, computed branch by branch over only the rows that reach it, as SQL promises: `case when x <> 0 then 1 / x end`
//! neither fails nor warns.

use polars::prelude::{IdxSize, Series};
use tidemill_core::table::{DataType, Expr};

use super::eval::Eval;
use crate::arrays::typed::bools;
use crate::arrays::types;
use crate::error::{Outcome, internal};

impl Eval<'_> {
    pub(super) fn case(
        &self,
        branches: &[(Expr, Expr)],
        otherwise: Option<&Expr>,
        data_type: DataType,
    ) -> Outcome<Series> {
        let height = self.frame.height();
        // All values of all branches one behind the other; the first is NULL, for rows that no branch takes.
        let mut values = Series::full_null("".into(), 1, &types::to_polars(data_type));
        let mut source: Vec<IdxSize> = vec![0; height];
        let mut left: Vec<IdxSize> = (0..height as IdxSize).collect();
        for (condition, value) in branches {
            let (mut taken, mut rest) = (Vec::new(), Vec::new());
            self.over(&left, condition, |conditions| {
                let conditions = bools(&conditions)?;
                for (row, is_true) in left.iter().zip(conditions.iter()) {
                    if is_true == Some(true) { taken.push(*row) } else { rest.push(*row) }
                }
                Ok(())
            })?;
            self.take_branch(&taken, value, &mut values, &mut source)?;
            left = rest;
        }
        if let Some(value) = otherwise {
            self.take_branch(&left, value, &mut values, &mut source)?;
        }
        values.rechunk().take_slice(&source).map_err(internal)
    }

    /// Appends the branch's values for its rows, and notes for each row where its value stands.
    fn take_branch(&self, rows: &[IdxSize], value: &Expr, values: &mut Series, source: &mut [IdxSize]) -> Outcome<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.over(rows, value, |computed| {
            let start = values.len() as IdxSize;
            for (place, row) in rows.iter().enumerate() {
                source[*row as usize] = start + place as IdxSize;
            }
            let computed = if computed.dtype() == values.dtype() {
                computed
            } else {
                computed.cast(values.dtype()).map_err(internal)?
            };
            values.append(&computed).map_err(internal)?;
            Ok(())
        })
    }

    /// The value of the expression for these rows only.
    fn over(&self, rows: &[IdxSize], expr: &Expr, then: impl FnOnce(Series) -> Outcome<()>) -> Outcome<()> {
        if rows.len() == self.frame.height() {
            return then(self.column(expr)?);
        }
        let part = self.part(rows, &[expr])?;
        let places: Vec<IdxSize> = rows.iter().map(|row| (self.context.place(*row as usize) - 1) as IdxSize).collect();
        let inner = Eval::of_rows(&part, Some(&places), self.context.notes);
        then(inner.column(expr)?)
    }
}
