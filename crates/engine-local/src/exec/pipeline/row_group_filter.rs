//! Row groups that need not be read, because what is known of their values rules out every row.

use std::cmp::Ordering;
use std::mem::discriminant;

use tidemill_core::table::{CmpOp, Expr, ExprKind, Value};

/// The least and the greatest value of a column that are not NULL, or what lies below and above them.
pub(super) type Bounds = (Value, Value);

/// Whether no row satisfies the predicate if its columns lie within these bounds. Never of a predicate that could fail for a row,
/// or tell something of it.
pub(super) fn excludes(predicate: &Expr, bounds: &dyn Fn(&str) -> Option<Bounds>) -> bool {
    is_total(predicate) && never(predicate, bounds)
}

/// Whether it has a value for every row, and nothing to tell.
fn is_total(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Column(_) | ExprKind::Literal(_) => true,
        ExprKind::Compare(_, a, b) | ExprKind::And(a, b) | ExprKind::Or(a, b) => is_total(a) && is_total(b),
        ExprKind::Not(operand) | ExprKind::IsNull { operand, .. } | ExprKind::Like { operand, .. } => is_total(operand),
        ExprKind::InList { operand, list, .. } => is_total(operand) && list.iter().all(is_total),
        _ => false,
    }
}

fn never(expr: &Expr, bounds: &dyn Fn(&str) -> Option<Bounds>) -> bool {
    match &expr.kind {
        ExprKind::And(a, b) => never(a, bounds) || never(b, bounds),
        ExprKind::Or(a, b) => never(a, bounds) && never(b, bounds),
        ExprKind::Compare(op, a, b) => match (&a.kind, &b.kind) {
            (ExprKind::Column(column), ExprKind::Literal(value)) => outside(column, *op, value, bounds),
            (ExprKind::Literal(value), ExprKind::Column(column)) => outside(column, mirrored(*op), value, bounds),
            _ => false,
        },
        ExprKind::InList { operand, list, negated: false } => match &operand.kind {
            ExprKind::Column(column) => list.iter().all(|item| match &item.kind {
                ExprKind::Literal(value) => outside(column, CmpOp::Eq, value, bounds),
                _ => false,
            }),
            _ => false,
        },
        _ => false,
    }
}

/// The comparison with its sides exchanged.
fn mirrored(op: CmpOp) -> CmpOp {
    match op {
        CmpOp::Lt => CmpOp::Gt,
        CmpOp::Le => CmpOp::Ge,
        CmpOp::Gt => CmpOp::Lt,
        CmpOp::Ge => CmpOp::Le,
        CmpOp::Eq | CmpOp::Ne => op,
    }
}

fn outside(column: &str, op: CmpOp, value: &Value, bounds: &dyn Fn(&str) -> Option<Bounds>) -> bool {
    let Some((least, greatest)) = bounds(column) else { return false };
    let (Some(least), Some(greatest)) = (order(&least, value), order(&greatest, value)) else { return false };
    match op {
        CmpOp::Lt => least.is_ge(),
        CmpOp::Le => least.is_gt(),
        CmpOp::Gt => greatest.is_le(),
        CmpOp::Ge => greatest.is_lt(),
        CmpOp::Eq => least.is_gt() || greatest.is_lt(),
        CmpOp::Ne => false,
    }
}

/// The order of two values of one type. None of others: floats too, of which NaN is in no bounds.
fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Null | Value::Float(_), _) => None,
        (Value::Decimal { scale: a_scale, .. }, Value::Decimal { scale: b_scale, .. }) if a_scale != b_scale => None,
        (a, b) if discriminant(a) == discriminant(b) => Some(a.order(b, false)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tidemill_core::table::DataType::{Int, String as Text};

    use super::*;
    use crate::tests::{arith, col, compare, int};

    fn within(least: i64, greatest: i64) -> impl Fn(&str) -> Option<Bounds> {
        move |name| (name == "k").then_some((Value::Int(least), Value::Int(greatest)))
    }

    fn both(a: Expr, b: Expr) -> Expr {
        Expr { data_type: tidemill_core::table::DataType::Bool, kind: ExprKind::And(Box::new(a), Box::new(b)) }
    }

    proptest! {
        #[test]
        fn no_row_is_lost(least in -4i64..4, more in 0i64..4, value in -6i64..6, op in 0usize..6, mirror: bool) {
            let op = [CmpOp::Lt, CmpOp::Le, CmpOp::Gt, CmpOp::Ge, CmpOp::Eq, CmpOp::Ne][op];
            let predicate = if mirror { compare(op, int(value), col("k", Int)) } else { compare(op, col("k", Int), int(value)) };
            let holds = |k: i64| {
                let (a, b) = if mirror { (value, k) } else { (k, value) };
                match op { CmpOp::Lt => a < b, CmpOp::Le => a <= b, CmpOp::Gt => a > b, CmpOp::Ge => a >= b, CmpOp::Eq => a == b, CmpOp::Ne => a != b }
            };
            let any = (least..=least + more).any(holds);
            let excluded = excludes(&predicate, &within(least, least + more));
            prop_assert!(!(any && excluded));
            prop_assert!(any || excluded || op == CmpOp::Ne, "nothing is read in vain");
        }
    }

    #[test]
    fn what_could_fail_is_looked_at_in_every_row() {
        let far = compare(CmpOp::Gt, col("k", Int), int(10));
        let sum = arith(tidemill_core::table::ArithOp::Add, col("k", Int), int(1), Int);
        let failing = compare(CmpOp::Gt, sum, int(0));
        let text = compare(CmpOp::Eq, col("s", Text), col("s", Text));
        assert!(excludes(&far, &within(1, 3)));
        assert!(excludes(&both(text, far.clone()), &within(1, 3)));
        assert!(!excludes(&both(failing, far.clone()), &within(1, 3)));
        assert!(!excludes(&far, &|_| None));
        assert!(!excludes(&compare(CmpOp::Gt, col("k", Int), col("k", Int)), &within(1, 3)));
    }
}
