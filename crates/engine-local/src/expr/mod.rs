//! Scalar expressions over the rows of a frame.
//!
//! Polars' own operators wrap on overflow, round and divide in other ways than SQL promises, and make NULL of casts that
//! fail. Expressions are therefore computed by small kernels over typed arrays that mean what `docs/semantics.md` says.

mod arith;
mod bounded;
pub(crate) mod calendar;
mod case;
mod cast;
mod columns;
mod compare;
mod decimal;
mod function;
mod like;
pub(crate) mod money;
mod number;
pub(crate) mod parse;
mod temporal;
mod text;

use std::sync::atomic::{AtomicU64, Ordering};

use polars::prelude::{
    BooleanChunked, ChunkFull, ChunkedArray, DataFrame, IdxSize, IntoSeries, PolarsDataType, Series,
};
use polars_core::datatypes::StaticArray;
use tidemill_core::table::{Expr, ExprKind};

pub(crate) use bounded::magnitude;
pub(crate) use cast::cast;
pub(crate) use columns::{bools, columns_of, days, digits, floats, ints, is_repeatable, micros, nanos, texts};
pub(crate) use decimal::{div_half_even, divide, fits, rescale_half_away, rescale_half_even, to_float};
pub(crate) use text::title_case;

use crate::arrays::types;
use crate::error::{Outcome, internal};

/// What became NULL without failing, counted over a whole job.
#[derive(Default)]
pub(crate) struct Notes {
    /// `x / 0` and `x % 0`.
    pub zero_divisions: AtomicU64,
    /// `sqrt(x)` below zero.
    pub roots: AtomicU64,
    /// `ln(x)` at or below zero.
    pub logarithms: AtomicU64,
}

impl Notes {
    /// One more of that kind.
    fn count(counter: &AtomicU64, times: u64) {
        counter.fetch_add(times, Ordering::Relaxed);
    }

    /// The counts so far.
    pub fn counts(&self) -> [u64; 3] {
        [&self.zero_divisions, &self.roots, &self.logarithms].map(|counter| counter.load(Ordering::Relaxed))
    }

    /// The same counts again.
    pub fn from_counts([zero_divisions, roots, logarithms]: [u64; 3]) -> Self {
        Self { zero_divisions: zero_divisions.into(), roots: roots.into(), logarithms: logarithms.into() }
    }

    /// As sentences for the report.
    pub fn sentences(&self) -> Vec<String> {
        let sentence = |count: u64, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one} became NULL")),
            count => Some(format!("{count} {many} became NULL")),
        };
        [
            sentence(self.zero_divisions.load(Ordering::Relaxed), "division by zero", "divisions by zero"),
            sentence(
                self.roots.load(Ordering::Relaxed),
                "square root of a negative number",
                "square roots of negative numbers",
            ),
            sentence(
                self.logarithms.load(Ordering::Relaxed),
                "logarithm of a number that is not positive",
                "logarithms of numbers that are not positive",
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Computes expressions over the rows of one frame. A series of one row stands for a constant.
pub(crate) struct Eval<'a> {
    frame: &'a DataFrame,
    /// Where the frame's rows stand in the frame that messages speak of, if it is a part of one.
    rows: Option<&'a [IdxSize]>,
    notes: &'a Notes,
}

impl<'a> Eval<'a> {
    /// Over all rows of the frame.
    pub fn new(frame: &'a DataFrame, notes: &'a Notes) -> Self {
        Self { frame, rows: None, notes }
    }

    /// The value of the expression for every row of the frame.
    pub fn column(&self, expr: &Expr) -> Outcome<Series> {
        let series = self.series(expr)?;
        let rows = self.frame.height();
        Ok(if series.len() == rows { series } else { series.new_from_index(0, rows) })
    }

    /// The rows for which the expression is true; NULL is not.
    pub fn mask(&self, expr: &Expr) -> Outcome<BooleanChunked> {
        let mask = self.column(expr)?;
        Ok(certain(&bools(&mask)?))
    }

    /// The value for each row, or a single row for a constant.
    fn series(&self, expr: &Expr) -> Outcome<Series> {
        match &expr.kind {
            ExprKind::Column(name) => Ok(types::column(self.frame, name)?.clone()),
            ExprKind::Literal(value) => types::constant(value, expr.data_type),
            ExprKind::Cast(operand) => {
                let series = self.series(operand)?;
                let place = |row| self.place(row);
                cast(&series, expr.data_type, &place)
            }
            ExprKind::Negate(operand) => self.negate(&self.series(operand)?),
            ExprKind::Not(operand) => Ok((!&bools(&self.series(operand)?)?).into_series()),
            ExprKind::Arith(op, left, right) => {
                self.arith(*op, &self.series(left)?, &self.series(right)?, expr.data_type)
            }
            ExprKind::Compare(op, left, right) => compare::compare(*op, &self.series(left)?, &self.series(right)?),
            ExprKind::And(left, right) => {
                let (left, right) = (bools(&self.series(left)?)?, bools(&self.series(right)?)?);
                Ok((&left & &right).into_series())
            }
            ExprKind::Or(left, right) => {
                let (left, right) = (bools(&self.series(left)?)?, bools(&self.series(right)?)?);
                Ok((&left | &right).into_series())
            }
            ExprKind::IsNull { operand, negated } => {
                let series = self.series(operand)?;
                Ok(if *negated { series.is_not_null() } else { series.is_null() }.into_series())
            }
            ExprKind::InList { operand, list, negated } => self.in_list(operand, list, *negated),
            ExprKind::Like { operand, pattern, escape, ignore_case, negated } => {
                let regex = like::regex(pattern, *escape, *ignore_case)?;
                let found = like::matches(&texts(&self.series(operand)?)?, &regex);
                Ok(if *negated { !&found } else { found }.into_series())
            }
            ExprKind::Case { branches, otherwise } => self.case(branches, otherwise.as_deref(), expr.data_type),
            ExprKind::Call(function, args) => self.call(*function, args, expr.data_type),
        }
    }

    fn in_list(&self, operand: &Expr, list: &[Expr], negated: bool) -> Outcome<Series> {
        let operand = self.series(operand)?;
        // Kleene's `or` over the equalities is exactly what `in` means with NULLs.
        let mut found: Option<BooleanChunked> = None;
        for item in list {
            let equal = compare::compare(tidemill_core::table::CmpOp::Eq, &operand, &self.series(item)?)?;
            let equal = bools(&equal)?;
            found = Some(found.map_or_else(|| equal.clone(), |found| &found | &equal));
        }
        let found = found.unwrap_or_else(|| BooleanChunked::full("".into(), false, 1));
        Ok(if negated { !&found } else { found }.into_series())
    }

    /// Rows of a result computed from these operands: one if all are constants.
    fn rows_of(&self, operands: &[&Series]) -> usize {
        if operands.iter().all(|operand| operand.len() == 1) { 1 } else { self.frame.height() }
    }

    /// How often a result that was computed once counts.
    fn weight(&self, rows: usize) -> u64 {
        if rows == 1 { self.frame.height() as u64 } else { 1 }
    }

    /// The number, from 1, of a row in messages.
    fn place(&self, row: usize) -> u64 {
        self.rows.and_then(|rows| rows.get(row)).map_or(row as u64, |row| u64::from(*row)) + 1
    }

    /// The same for some of the rows; only the columns that the expressions read are gathered.
    fn part(&self, rows: &[IdxSize], exprs: &[&Expr]) -> Outcome<DataFrame> {
        let names = columns_of(exprs.iter().copied());
        let mut columns = Vec::with_capacity(names.len());
        for name in &names {
            columns.push(self.frame.column(name).map_err(internal)?.take_slice(rows).map_err(internal)?);
        }
        DataFrame::new(rows.len(), columns).map_err(internal)
    }
}

/// The same with false for NULL.
pub(crate) fn certain(mask: &BooleanChunked) -> BooleanChunked {
    if mask.null_count() == 0 { mask.clone() } else { mask.iter().map(|bit| bit == Some(true)).collect() }
}

/// Reads an operand by row: a constant has one row for all.
pub(crate) struct Operand<'a, T: PolarsDataType>(std::borrow::Cow<'a, ChunkedArray<T>>);

impl<'a, T: PolarsDataType> Operand<'a, T> {
    pub fn new(array: &'a ChunkedArray<T>) -> Self {
        Self(array.rechunk())
    }

    #[inline]
    pub fn at(&self, row: usize) -> Option<T::Physical<'_>> {
        self.0.downcast_as_array().get(if self.0.len() == 1 { 0 } else { row })
    }
}
