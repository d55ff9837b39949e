//! Walking and rewriting typed expressions.

use crate::table::{CmpOp, Expr, ExprKind, Function};

/// Replaces every node for which `change` gives another, outermost first; what it gives is not looked into.
pub(super) fn rewrite(expr: Expr, change: &mut dyn FnMut(&Expr) -> Option<Expr>) -> Expr {
    if let Some(changed) = change(&expr) {
        return changed;
    }
    let data_type = expr.data_type;
    let kind = match expr.kind {
        kind @ (ExprKind::Column(_) | ExprKind::Literal(_)) => kind,
        ExprKind::Cast(operand) => ExprKind::Cast(boxed(*operand, change)),
        ExprKind::Negate(operand) => ExprKind::Negate(boxed(*operand, change)),
        ExprKind::Not(operand) => ExprKind::Not(boxed(*operand, change)),
        ExprKind::IsNull { operand, negated } => ExprKind::IsNull { operand: boxed(*operand, change), negated },
        ExprKind::Like { operand, pattern, escape, ignore_case, negated } => {
            ExprKind::Like { operand: boxed(*operand, change), pattern, escape, ignore_case, negated }
        }
        ExprKind::Arith(op, a, b) => ExprKind::Arith(op, boxed(*a, change), boxed(*b, change)),
        ExprKind::Compare(op, a, b) => ExprKind::Compare(op, boxed(*a, change), boxed(*b, change)),
        ExprKind::And(a, b) => ExprKind::And(boxed(*a, change), boxed(*b, change)),
        ExprKind::Or(a, b) => ExprKind::Or(boxed(*a, change), boxed(*b, change)),
        ExprKind::InList { operand, list, negated } => ExprKind::InList {
            operand: boxed(*operand, change),
            list: list.into_iter().map(|item| rewrite(item, change)).collect(),
            negated,
        },
        ExprKind::Case { branches, otherwise } => ExprKind::Case {
            branches: branches.into_iter().map(|(when, then)| (rewrite(when, change), rewrite(then, change))).collect(),
            otherwise: otherwise.map(|expr| boxed(*expr, change)),
        },
        ExprKind::Call(function, args) => {
            ExprKind::Call(function, args.into_iter().map(|arg| rewrite(arg, change)).collect())
        }
    };
    Expr { kind, data_type }
}

fn boxed(expr: Expr, change: &mut dyn FnMut(&Expr) -> Option<Expr>) -> Box<Expr> {
    Box::new(rewrite(expr, change))
}

/// Whether `test` holds for the name of any column used.
pub(super) fn any_column(expr: &Expr, test: &dyn Fn(&str) -> bool) -> bool {
    let mut any = false;
    expr.for_each_column(&mut |name| any |= test(name));
    any
}

/// The parts of `a and b and c`.
pub(super) fn conjuncts(expr: Expr, into: &mut Vec<Expr>) {
    match expr.kind {
        ExprKind::And(a, b) => {
            conjuncts(*a, into);
            conjuncts(*b, into);
        }
        ExprKind::Or(..) => factor(expr, into),
        _ => into.push(expr),
    }
}

/// `(a and b) or (a and c)` is `a and (b or c)`, which lets `a` become the key of a join.
fn factor(expr: Expr, into: &mut Vec<Expr>) {
    let mut arms = Vec::new();
    disjuncts(expr.clone(), &mut arms);
    let mut arms: Vec<Vec<Expr>> = arms.into_iter().map(split_and).collect();
    let common: Vec<Expr> =
        arms[0].iter().filter(|part| arms[1..].iter().all(|arm| arm.contains(part))).cloned().collect();
    if common.is_empty() {
        into.push(expr);
        return;
    }
    arms.iter_mut().for_each(|arm| arm.retain(|part| !common.contains(part)));
    into.extend(common);
    if arms.iter().all(|arm| !arm.is_empty()) {
        into.extend(any_of(arms.into_iter().filter_map(all_of).collect()));
    }
}

fn split_and(expr: Expr) -> Vec<Expr> {
    match expr.kind {
        ExprKind::And(a, b) => {
            let mut parts = split_and(*a);
            parts.extend(split_and(*b));
            parts
        }
        _ => vec![expr],
    }
}

fn disjuncts(expr: Expr, into: &mut Vec<Expr>) {
    match expr.kind {
        ExprKind::Or(a, b) => {
            disjuncts(*a, into);
            disjuncts(*b, into);
        }
        _ => into.push(expr),
    }
}

/// All joined by `and`, as a balanced tree.
pub(super) fn all_of(exprs: Vec<Expr>) -> Option<Expr> {
    balanced(exprs, &|a, b| ExprKind::And(a, b))
}

/// All joined by `or`, as a balanced tree.
pub(super) fn any_of(exprs: Vec<Expr>) -> Option<Expr> {
    balanced(exprs, &|a, b| ExprKind::Or(a, b))
}

fn balanced(mut exprs: Vec<Expr>, join: &dyn Fn(Box<Expr>, Box<Expr>) -> ExprKind) -> Option<Expr> {
    // Few parts keep the shape in which they were written.
    if exprs.len() <= 8 {
        let mut parts = exprs.into_iter();
        let first = parts.next()?;
        return Some(parts.fold(first, |a, b| boolean(join(Box::new(a), Box::new(b)))));
    }
    let behind = exprs.split_off(exprs.len() / 2);
    match (balanced(exprs, join), balanced(behind, join)) {
        (Some(a), Some(b)) => Some(boolean(join(Box::new(a), Box::new(b)))),
        (one, other) => one.or(other),
    }
}

/// An expression that is true, false or NULL.
pub(super) fn boolean(kind: ExprKind) -> Expr {
    Expr { kind, data_type: crate::table::DataType::Bool }
}

/// `a op b`, of operands of one type.
pub(super) fn compare(op: CmpOp, a: Expr, b: Expr) -> Expr {
    boolean(ExprKind::Compare(op, Box::new(a), Box::new(b)))
}

/// The first that is not NULL.
pub(super) fn coalesce(a: Expr, b: Expr) -> Expr {
    let data_type = a.data_type;
    Expr { kind: ExprKind::Call(Function::COALESCE, vec![a, b]), data_type }
}

/// `x is null`, or `x is not null`.
pub(super) fn is_null(operand: Expr, negated: bool) -> Expr {
    boolean(ExprKind::IsNull { operand: Box::new(operand), negated })
}
