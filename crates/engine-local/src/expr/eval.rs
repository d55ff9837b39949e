//! The evaluation of expressions by recursive descent.

use polars::prelude::{BooleanChunked, ChunkFull, DataFrame, IdxSize, IntoSeries, Series};
use tidemill_core::table::{CmpOp, Expr, ExprKind};

use super::analysis::columns_of;
use super::cast::cast;
use super::compare;
use super::context::EvalContext;
use super::like;
use super::literal;
use super::notes::Notes;
use crate::arrays::typed::{bools, certain, texts};
use crate::arrays::types;
use crate::error::{Outcome, internal};

/// Computes expressions over the rows of one frame. A series of one row stands for a constant.
pub(crate) struct Eval<'a> {
    pub(super) frame: &'a DataFrame,
    pub(super) context: EvalContext<'a>,
}

impl<'a> Eval<'a> {
    /// Over all rows of the frame.
    pub fn new(frame: &'a DataFrame, notes: &'a Notes) -> Self {
        Self::of_rows(frame, None, notes)
    }

    /// Over a frame of some rows of another, where `rows` says which.
    pub(super) fn of_rows(frame: &'a DataFrame, rows: Option<&'a [IdxSize]>, notes: &'a Notes) -> Self {
        Self { frame, context: EvalContext { height: frame.height(), rows, notes } }
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
    pub(super) fn series(&self, expr: &Expr) -> Outcome<Series> {
        match &expr.kind {
            ExprKind::Column(name) => Ok(types::column(self.frame, name)?.clone()),
            ExprKind::Literal(value) => literal::constant(value, expr.data_type),
            ExprKind::Cast(operand) => {
                let series = self.series(operand)?;
                let place = |row| self.context.place(row);
                cast(&series, expr.data_type, &place)
            }
            ExprKind::Negate(operand) => self.context.negate(&self.series(operand)?),
            ExprKind::Not(operand) => Ok((!&bools(&self.series(operand)?)?).into_series()),
            ExprKind::Arith(op, left, right) => {
                self.context.arith(*op, &self.series(left)?, &self.series(right)?, expr.data_type)
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
            let equal = compare::compare(CmpOp::Eq, &operand, &self.series(item)?)?;
            let equal = bools(&equal)?;
            found = Some(found.map_or_else(|| equal.clone(), |found| &found | &equal));
        }
        let found = found.unwrap_or_else(|| BooleanChunked::full("".into(), false, 1));
        Ok(if negated { !&found } else { found }.into_series())
    }

    /// Some of the rows; only the columns that the expressions read are gathered.
    pub(super) fn part(&self, rows: &[IdxSize], exprs: &[&Expr]) -> Outcome<DataFrame> {
        let names = columns_of(exprs.iter().copied());
        let mut columns = Vec::with_capacity(names.len());
        for name in &names {
            columns.push(self.frame.column(name).map_err(internal)?.take_slice(rows).map_err(internal)?);
        }
        DataFrame::new(rows.len(), columns).map_err(internal)
    }
}
