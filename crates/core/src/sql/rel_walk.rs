//! Walking and rewriting the expressions of relations.

use crate::table::{AsofStep, Expr, Rel, SeriesStep};

/// A function that gives the expressions of a step, not of those below it.
macro_rules! own_exprs {
    ($name:ident, $exprs:ident, $iter:ident $(, $mutable:tt)?) => {
        fn $name(rel: &$($mutable)? Rel) -> Vec<&$($mutable)? Expr> {
            match rel {
                Rel::Input { .. }
                | Rel::Scan(_)
                | Rel::Unit
                | Rel::Working { .. }
                | Rel::Recursive { .. }
                | Rel::Convert { .. }
                | Rel::Fill { .. }
                | Rel::Distinct { .. }
                | Rel::Limit { .. }
                | Rel::Sample { .. }
                | Rel::SetOp { .. } => vec![],
                Rel::Project { columns, .. } => columns.$iter().map(|(_, expr)| expr).collect(),
                Rel::Expand { columns, .. } => columns.$iter().flat_map(|(_, values)| values.$iter()).collect(),
                Rel::Series { start, stop, step: SeriesStep::Number(step), .. } => vec![start, stop, step],
                Rel::Series { start, stop, .. } => vec![start, stop],
                Rel::Filter { predicate, .. } => vec![predicate],
                Rel::Reject { rules, .. } => rules.$iter().map(|rule| &$($mutable)? rule.predicate).collect(),
                Rel::Join(step) => {
                    let step = &$($mutable)? **step;
                    step.on.$iter().flat_map(|(left, right)| [left, right]).chain(step.condition.$iter()).collect()
                }
                Rel::Listed(step) => {
                    let step = &$($mutable)? **step;
                    std::iter::once(&$($mutable)? step.value).chain(step.list.$iter().map(|(_, is_it)| is_it)).collect()
                }
                Rel::Asof(step) => {
                    let AsofStep { on, nearest: (left, right), .. } = &$($mutable)? **step;
                    on.$iter().flat_map(|(left, right)| [left, right]).chain([left, right]).collect()
                }
                Rel::Aggregate { keys, metrics, .. } => {
                    let calls = metrics.$iter().flat_map(|(_, call)| call.$exprs());
                    keys.$iter().map(|(_, key)| key).chain(calls).collect()
                }
                Rel::Window { columns, .. } => columns.$iter().flat_map(|(_, call)| call.$exprs()).collect(),
                Rel::Sort { by, .. } => by.$iter().map(|key| &$($mutable)? key.expr).collect(),
            }
        }
    };
}

own_exprs!(exprs_of, exprs, iter);
own_exprs!(exprs_of_mut, exprs_mut, iter_mut, mut);

/// The relations a step works on.
fn inputs_mut(rel: &mut Rel) -> Vec<&mut Rel> {
    match rel {
        Rel::Input { .. } | Rel::Scan(_) | Rel::Unit | Rel::Working { .. } => vec![],
        Rel::Project { input, .. }
        | Rel::Expand { input, .. }
        | Rel::Series { input, .. }
        | Rel::Sample { input, .. }
        | Rel::Filter { input, .. }
        | Rel::Convert { input, .. }
        | Rel::Fill { input, .. }
        | Rel::Reject { input, .. }
        | Rel::Distinct { input, .. }
        | Rel::Aggregate { input, .. }
        | Rel::Window { input, .. }
        | Rel::Sort { input, .. }
        | Rel::Limit { input, .. } => vec![input],
        Rel::Join(step) => {
            let step = &mut **step;
            vec![&mut step.left, &mut step.right]
        }
        Rel::Listed(step) => vec![&mut step.input],
        Rel::Asof(step) => {
            let step = &mut **step;
            vec![&mut step.left, &mut step.right]
        }
        Rel::SetOp { left, right, .. } => vec![left, right],
        Rel::Recursive { start, step, .. } => vec![start, step],
    }
}

/// Calls `visit` with every expression of a relation and of those below it.
pub(super) fn each_expr<'r>(rel: &'r Rel, visit: &mut dyn FnMut(&'r Expr)) {
    exprs_of(rel).into_iter().for_each(&mut *visit);
    rel.inputs().into_iter().for_each(|input| each_expr(input, visit));
}

/// Changes the expressions of the step alone.
pub(super) fn change_own(rel: &mut Rel, change: &mut dyn FnMut(Expr) -> Expr) {
    for expr in exprs_of_mut(rel) {
        let before = std::mem::replace(expr, Expr::literal(crate::table::Value::Null));
        *expr = change(before);
    }
}

/// Changes every expression of a relation and of those below it.
pub(super) fn change_all(rel: &mut Rel, change: &mut dyn FnMut(Expr) -> Expr) {
    change_own(rel, change);
    inputs_mut(rel).into_iter().for_each(|input| change_all(input, change));
}
