//! Which kernel computes a function.

use polars::prelude::{IdxCa, IdxSize, Series};
use tidemill_core::table::{CmpOp, DataType, EngineError, Expr, ExprKind, Function};

use super::cast::fitting;
use super::context::EvalContext;
use super::eval::Eval;
use super::kernel::{Compute, Kernel, first};
use super::{bits, characters, compare, elapsed, json, number, pattern, temporal, text};
use crate::arrays::operand::Operand;
use crate::arrays::typed::{bools, certain, ints, texts};
use crate::error::{Outcome, internal, unsupported};

/// All of them. Each family's stand in the file of its kernels.
static KERNELS: [&[Kernel]; 9] = [
    CHOICES,
    number::KERNELS,
    bits::KERNELS,
    text::KERNELS,
    characters::KERNELS,
    pattern::KERNELS,
    json::KERNELS,
    temporal::KERNELS,
    elapsed::KERNELS,
];

const CHOICES: &[Kernel] = &[
    Kernel { name: "single_row", compute: Compute::Ternary(|_, value, rows, place| single_row(value, rows, place)) },
    Kernel { name: "coalesce", compute: Compute::Expressions(|eval, args, data_type| eval.coalesce(args, data_type)) },
    Kernel { name: "try_cast", compute: Compute::Expressions(try_cast) },
    Kernel { name: "nullif", compute: Compute::Binary(|context, value, other| context.null_if(value, other)) },
    Kernel { name: "greatest", compute: Compute::Values(|context, _, values| context.extreme(values, CmpOp::Gt)) },
    Kernel { name: "least", compute: Compute::Values(|context, _, values| context.extreme(values, CmpOp::Lt)) },
];

/// The names of the functions that have a kernel.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    KERNELS.into_iter().flatten().map(|kernel| kernel.name)
}

/// A cast that makes NULL of what does not fit.
fn try_cast(eval: &Eval<'_>, args: &[Expr], to: DataType) -> Outcome<Series> {
    fitting(&eval.series(first(args)?)?, to)
}

impl Eval<'_> {
    pub(super) fn call(&self, function: Function, args: &[Expr], data_type: DataType) -> Outcome<Series> {
        let unknown = || unsupported(format!("`{function}` of {} arguments", args.len()));
        let kernel = KERNELS.into_iter().flatten().find(|kernel| kernel.name == function.name).ok_or_else(unknown)?;
        if let Compute::Expressions(compute) = kernel.compute {
            return compute(self, args, data_type);
        }
        let values: Vec<Series> = args.iter().map(|arg| self.series(arg)).collect::<Outcome<_>>()?;
        let values: Vec<&Series> = values.iter().collect();
        match (&kernel.compute, values.as_slice()) {
            (Compute::Unary(compute), [x]) => compute(&self.context, x),
            (Compute::Binary(compute), [x, y]) => compute(&self.context, x, y),
            (Compute::Ternary(compute), [x, y, z]) => compute(&self.context, x, y, z),
            (Compute::Values(compute), values) => compute(&self.context, function, values),
            _ => Err(unknown()),
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
}

impl EvalContext<'_> {
    /// NULL where both are equal.
    fn null_if(&self, value: &Series, other: &Series) -> Outcome<Series> {
        let equal = bools(&compare::compare(CmpOp::Eq, value, other)?)?;
        let equal = Operand::new(&equal);
        self.choose(value, self.rows_of(&[value, other]), |row| equal.at(row) != Some(true))
    }

    /// The values where `keep` is true, else NULL.
    fn choose(&self, values: &Series, rows: usize, keep: impl Fn(usize) -> bool) -> Outcome<Series> {
        let values = if values.len() == rows { values.clone() } else { values.new_from_index(0, rows) };
        let index: IdxCa = (0..rows).map(|row| keep(row).then_some(row as IdxSize)).collect();
        values.take(&index).map_err(internal)
    }

    /// The argument that compares as `op` to all others, NULLs left out.
    fn extreme(&self, values: &[&Series], op: CmpOp) -> Outcome<Series> {
        let rows = self.rows_of(values);
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

/// The value of a subquery, unless it gave several.
fn single_row(value: &Series, rows: &Series, place: &Series) -> Outcome<Series> {
    let most = ints(rows)?.iter().flatten().max().unwrap_or_default();
    if most <= 1 {
        return Ok(value.clone());
    }
    let place = texts(place)?.get(0).unwrap_or_default().to_owned();
    Err(EngineError::Value {
        message: format!("the subquery at {place} is used as a value and gives {most} rows"),
        help: Some("aggregate, or end it with `order by … limit 1`".to_owned()),
    })
}
