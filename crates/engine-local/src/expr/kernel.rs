//! What computes a function.

use polars::prelude::Series;
use tidemill_core::table::{DataType, Expr, ExprKind, Function, Value};

use super::context::EvalContext;
use super::eval::Eval;
use crate::error::{Outcome, unsupported};

/// How a function is computed.
pub(super) struct Kernel {
    /// The function's name.
    pub name: &'static str,
    /// The computation.
    pub compute: Compute,
}

/// A computation of the values of its arguments, a row each or one for all, or of the arguments themselves.
pub(super) enum Compute {
    Unary(fn(&EvalContext<'_>, &Series) -> Outcome<Series>),
    Binary(fn(&EvalContext<'_>, &Series, &Series) -> Outcome<Series>),
    Ternary(fn(&EvalContext<'_>, &Series, &Series, &Series) -> Outcome<Series>),
    /// Any number of arguments, or a modifier.
    Values(fn(&EvalContext<'_>, Function, &[&Series]) -> Outcome<Series>),
    /// Constants, or arguments that are not always computed; the type is the result's.
    Expressions(fn(&Eval<'_>, &[Expr], DataType) -> Outcome<Series>),
}

/// The argument that is there in any case.
pub(super) fn first(args: &[Expr]) -> Outcome<&Expr> {
    args.first().ok_or_else(|| unsupported("a function without its argument"))
}

/// The text of a constant argument.
pub(super) fn constant_text(arg: Option<&Expr>) -> Outcome<String> {
    match arg.map(|arg| &arg.kind) {
        Some(ExprKind::Literal(Value::String(text))) => Ok(text.clone()),
        _ => Err(unsupported("the pattern or format is not a constant text")),
    }
}
