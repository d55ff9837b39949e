//! Common subexpression elimination: arithmetic that several aggregates have in common, computed once.

use polars::prelude::DataFrame;
use tidemill_core::table::{AggCall, Expr, ExprKind};

use crate::arrays::types;
use crate::error::{Outcome, internal, within};
use crate::expr::{Eval, Notes, columns_of, is_repeatable};

/// What the name of such a column begins with. No name in a pipeline holds a control character.
const PREFIX: &str = "\u{1}shared";

/// Aggregates whose arguments read columns that are computed beforehand.
pub(super) struct CommonSubexpressions {
    /// For messages, the name of an aggregate that needs it; and what it is.
    columns: Vec<(String, Expr)>,
    /// The aggregates with their names.
    pub calls: Vec<(String, AggCall)>,
}

impl CommonSubexpressions {
    /// Of these aggregates. Only what is computed for every row anyway is taken out: sums, products and the like of columns,
    /// not what stands in a `case`.
    pub fn of<'a>(calls: impl Iterator<Item = (&'a str, &'a AggCall)>) -> Self {
        let mut shared =
            Self { columns: vec![], calls: calls.map(|(name, call)| (name.to_owned(), call.clone())).collect() };
        while let Some((name, expr)) = shared.largest() {
            let column = Expr::column(format!("{PREFIX}{}", shared.columns.len()), expr.data_type);
            for (_, call) in &mut shared.calls {
                call.args.iter_mut().for_each(|arg| replace(arg, &expr, &column));
            }
            shared.columns.push((name, expr));
        }
        shared
    }

    /// The largest arithmetic that is there more than once, and who needs it.
    fn largest(&self) -> Option<(String, Expr)> {
        let mut found: Vec<(&str, &Expr, usize)> = vec![];
        for (name, call) in &self.calls {
            for arg in &call.args {
                collect(name, arg, &mut found);
            }
        }
        found.sort_by_key(|(_, _, size)| std::cmp::Reverse(*size));
        let again = found.iter().enumerate().find(|(at, (_, expr, size))| {
            found[at + 1..].iter().take_while(|(_, _, other)| other == size).any(|(_, other, _)| other == expr)
        });
        again.map(|(_, (name, expr, _))| ((*name).to_owned(), (*expr).clone()))
    }

    /// The rows with the columns that are computed beforehand.
    pub fn computed(&self, frame: DataFrame, notes: &Notes) -> Outcome<DataFrame> {
        if self.columns.is_empty() {
            return Ok(frame);
        }
        let rows = frame.height();
        let eval = Eval::new(&frame, notes);
        let computed: Vec<_> = self
            .columns
            .iter()
            .enumerate()
            .map(|(number, (name, expr))| {
                let values = eval.column(expr).map_err(|error| within(&format!("column {name}"), error))?;
                Ok(types::expand(&format!("{PREFIX}{number}"), values, rows))
            })
            .collect::<Outcome<_>>()?;
        let mut columns = frame.into_columns();
        columns.extend(computed);
        DataFrame::new(rows, columns).map_err(internal)
    }
}

/// All arithmetic with columns in the expression, and how large it is; how large the expression is.
fn collect<'a>(name: &'a str, expr: &'a Expr, found: &mut Vec<(&'a str, &'a Expr, usize)>) -> usize {
    match &expr.kind {
        ExprKind::Cast(operand) | ExprKind::Negate(operand) => 1 + collect(name, operand, found),
        ExprKind::Arith(_, left, right) => {
            let size = 1 + collect(name, left, found) + collect(name, right, found);
            if is_repeatable(expr) && !columns_of([expr]).is_empty() {
                found.push((name, expr, size));
            }
            size
        }
        _ => 1,
    }
}

fn replace(expr: &mut Expr, from: &Expr, to: &Expr) {
    if expr == from {
        *expr = to.clone();
        return;
    }
    match &mut expr.kind {
        ExprKind::Cast(operand) | ExprKind::Negate(operand) => replace(operand, from, to),
        ExprKind::Arith(_, left, right) => {
            replace(left, from, to);
            replace(right, from, to);
        }
        _ => {}
    }
}
