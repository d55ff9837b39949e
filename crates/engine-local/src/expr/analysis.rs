//! What an expression reads, and whether it may be computed more than once.

use std::collections::BTreeSet;

use tidemill_core::table::{ArithOp, Expr, ExprKind};

/// The columns that expressions read.
pub(crate) fn columns_of<'a>(exprs: impl IntoIterator<Item = &'a Expr>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    exprs.into_iter().for_each(|expr| collect(expr, &mut names));
    names
}

/// Whether computing it twice or once makes no difference: it is sums, differences and products of columns, in which nothing
/// is counted as a warning, and no float constant, of which two may be equal and not the same.
pub(crate) fn is_repeatable(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Column(_) => true,
        ExprKind::Literal(_) => expr.data_type != tidemill_core::table::DataType::Float,
        ExprKind::Cast(operand) | ExprKind::Negate(operand) => is_repeatable(operand),
        ExprKind::Arith(ArithOp::Add | ArithOp::Sub | ArithOp::Mul, left, right) => {
            is_repeatable(left) && is_repeatable(right)
        }
        _ => false,
    }
}

fn collect(expr: &Expr, names: &mut BTreeSet<String>) {
    match &expr.kind {
        ExprKind::Column(name) => {
            names.insert(name.clone());
        }
        ExprKind::Literal(_) => {}
        ExprKind::Cast(operand) | ExprKind::Negate(operand) | ExprKind::Not(operand) => collect(operand, names),
        ExprKind::IsNull { operand, .. } | ExprKind::Like { operand, .. } => collect(operand, names),
        ExprKind::Arith(_, left, right)
        | ExprKind::Compare(_, left, right)
        | ExprKind::And(left, right)
        | ExprKind::Or(left, right) => {
            collect(left, names);
            collect(right, names);
        }
        ExprKind::InList { operand, list, .. } => {
            collect(operand, names);
            list.iter().for_each(|item| collect(item, names));
        }
        ExprKind::Case { branches, otherwise } => {
            for (condition, value) in branches {
                collect(condition, names);
                collect(value, names);
            }
            otherwise.iter().for_each(|value| collect(value, names));
        }
        ExprKind::Call(_, args) => args.iter().for_each(|arg| collect(arg, names)),
    }
}
