//! Which kernel a function means.

use polars::prelude::{IntoSeries, Series};
use tidemill_core::table::{CmpOp, DataType, Expr, ExprKind, Function, Value};

use super::eval::Eval;
use super::{compare, like};
use crate::arrays::operand::Operand;
use crate::arrays::typed::{bools, certain, texts};
use crate::error::{Outcome, internal, unsupported};

impl Eval<'_> {
    pub(super) fn call(&self, function: Function, args: &[Expr], data_type: DataType) -> Outcome<Series> {
        match function {
            Function::RegexpLike => {
                let regex = like::search(&constant_text(args.get(1))?)?;
                return Ok(like::matches(&texts(&self.series(first(args)?)?)?, &regex).into_series());
            }
            Function::Strftime => {
                return self.context.strftime(&self.series(first(args)?)?, &constant_text(args.get(1))?);
            }
            Function::Coalesce => return self.coalesce(args, data_type),
            _ => {}
        }
        let values: Vec<Series> = args.iter().map(|arg| self.series(arg)).collect::<Outcome<_>>()?;
        let values: Vec<&Series> = values.iter().collect();
        match (function, values.as_slice()) {
            (Function::NullIf, [left, right]) => {
                let equal = bools(&compare::compare(CmpOp::Eq, left, right)?)?;
                let equal = Operand::new(&equal);
                self.choose(left, self.context.rows_of(&[left, right]), |row| equal.at(row) != Some(true))
            }
            (Function::Greatest, _) => self.extreme(&values, CmpOp::Gt),
            (Function::Least, _) => self.extreme(&values, CmpOp::Lt),
            (Function::Abs, [x]) => self.context.abs(x),
            (Function::Round, [x]) => self.context.round(x, None),
            (Function::Round, [x, digits]) => self.context.round(x, Some(digits)),
            (Function::Floor, [x]) => self.context.floor(x),
            (Function::Ceil, [x]) => self.context.ceil(x),
            (Function::Sqrt, [x]) => self.context.sqrt(x),
            (Function::Power, [x, y]) => self.context.power(x, y),
            (Function::Exp, [x]) => self.context.exp(x),
            (Function::Ln, [x]) => self.context.ln(x),
            (Function::Lower, [x]) => self.context.lower(x),
            (Function::Upper, [x]) => self.context.upper(x),
            (Function::Trim(side), [x]) => self.context.trim(side, x, None),
            (Function::Trim(side), [x, set]) => self.context.trim(side, x, Some(set)),
            (Function::Substr, [x, from]) => self.context.substr(x, from, None),
            (Function::Substr, [x, from, count]) => self.context.substr(x, from, Some(count)),
            (Function::Replace, [x, what, with]) => self.context.replace(x, what, with),
            (Function::Length, [x]) => self.context.length(x),
            (Function::Concat, _) => self.context.concat(&values),
            (Function::DateTrunc(part), [x]) => self.context.date_trunc(part, x),
            (Function::Extract(part), [x]) => self.context.extract(part, x),
            (Function::AddInterval, [x, months, days]) => self.context.add_interval(x, months, days),
            _ => Err(unsupported(format!("{function:?} with {} arguments", args.len()))),
        }
    }

    /// `coalesce` as the `case` that it abbreviates: an argument is computed only where those before it are NULL.
    fn coalesce(&self, args: &[Expr], data_type: DataType) -> Outcome<Series> {
        let branches: Vec<(Expr, Expr)> = args
            .iter()
            .map(|arg| {
                let kind = ExprKind::IsNull { operand: Box::new(arg.clone()), negated: true };
                (Expr { kind, data_type: DataType::Bool }, arg.clone())
            })
            .collect();
        self.case(&branches, None, data_type)
    }

    /// The values where `keep` is true, else NULL.
    fn choose(&self, values: &Series, rows: usize, keep: impl Fn(usize) -> bool) -> Outcome<Series> {
        let values = if values.len() == rows { values.clone() } else { values.new_from_index(0, rows) };
        let index: polars::prelude::IdxCa =
            (0..rows).map(|row| keep(row).then_some(row as polars::prelude::IdxSize)).collect();
        values.take(&index).map_err(internal)
    }

    /// The argument that compares as `op` to all others, NULLs left out.
    fn extreme(&self, values: &[&Series], op: CmpOp) -> Outcome<Series> {
        let rows = self.context.rows_of(values);
        let (start, rest) = values.split_first().ok_or_else(|| unsupported("greatest and least of nothing"))?;
        let wide = |series: &Series| if series.len() == rows { series.clone() } else { series.new_from_index(0, rows) };
        let mut best = wide(start);
        for next in rest {
            let next = wide(next);
            let better = bools(&compare::compare(op, &next, &best)?)?;
            let missing = best.is_null();
            let take = certain(&(&better | &missing));
            best = next.zip_with_same_type(&take, &best).map_err(internal)?;
            // A NULL must not displace a value: where the new one is missing the comparison is NULL and the old one stays,
            // unless that was missing too.
        }
        Ok(best)
    }
}

fn first(args: &[Expr]) -> Outcome<&Expr> {
    args.first().ok_or_else(|| unsupported("a function without its argument"))
}

/// The text of a constant argument.
fn constant_text(arg: Option<&Expr>) -> Outcome<String> {
    match arg.map(|arg| &arg.kind) {
        Some(ExprKind::Literal(Value::String(text))) => Ok(text.clone()),
        _ => Err(unsupported("the pattern or format is not a constant text")),
    }
}
