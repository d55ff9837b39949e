//! Values of several columns: `(a, b) = (1, 2)`, `(a, b) in (…)`, and comparisons with any or all rows of a subquery.

use sqlparser::ast::{BinaryOperator, Expr as Ast, Query, Spanned};

use crate::table::{AggCall, AggFunc, CmpOp, DataType, Expr, ExprKind, JoinKind, Rel, Value};

use super::binder::Binder;
use super::env::Env;
use super::grouping::project;
use super::operators::{comparable, comparable_exprs, comparison};
use super::subquery::SubqueryJoin;
use super::text::{Bound, all};
use super::types::coerce;
use super::unnest::as_outer;
use super::walk::{all_of, any_of, boolean, compare, is_null};

/// The values of `(a, b)`.
pub(super) fn row(ast: &Ast) -> Option<&[Ast]> {
    match ast {
        Ast::Tuple(values) => Some(values),
        _ => None,
    }
}

impl Binder<'_> {
    /// `(a, b) < (c, d)` and its kind: the first that differ decide.
    pub(super) fn compare_rows(&self, op: CmpOp, left: &[Ast], right: &[Ast], env: &mut Env<'_>) -> Bound<Expr> {
        self.same_width(left, right)?;
        let pairs = all(left.iter().zip(right).map(|(a, b)| comparable(self, a, b, env)))?;
        Ok(ordered(op, &pairs))
    }

    /// `(a, b) = (select x, y …)`.
    pub(super) fn compare_with_row(&self, op: CmpOp, left: &[Ast], query: &Query, env: &mut Env<'_>) -> Bound<Expr> {
        let prefix = env.subquery_name();
        let rel = self.whole(self.sub(query, env.scope)?)?;
        let values = self.single_row(rel, left.len(), &prefix, query, env)?;
        let pairs = all(left.iter().zip(values).map(|(ast, value)| {
            let operand = self.expr(ast, env)?;
            comparable_exprs(self, (operand, ast), (value, ast))
        }))?;
        Ok(ordered(op, &pairs))
    }

    /// `(a, b) in ((1, 2), (3, 4))`.
    pub(super) fn row_in_list(&self, operand: &[Ast], list: &[Ast], negated: bool, env: &mut Env<'_>) -> Bound<Expr> {
        let equal = all(list.iter().map(|item| match row(item) {
            Some(item) => self.compare_rows(CmpOp::Eq, operand, item, env),
            None => Err(self.text.wrong(item.span(), format!("expected {} values in parentheses", operand.len()), "")),
        }))?;
        let found = any_of(equal).unwrap_or_else(|| Expr::literal(Value::Bool(false)));
        Ok(if negated { boolean(ExprKind::Not(Box::new(found))) } else { found })
    }

    fn same_width(&self, left: &[Ast], right: &[Ast]) -> Bound<()> {
        if left.len() == right.len() {
            return Ok(());
        }
        let span = right.first().map_or(sqlparser::tokenizer::Span::empty(), Spanned::span);
        Err(self.text.wrong(span, format!("{} values are compared with {}", left.len(), right.len()), ""))
    }

    /// `x < any (select …)`, `x < all (select …)` and their kind.
    pub(super) fn quantified(
        &self,
        left: &Ast,
        op: &BinaryOperator,
        right: &Ast,
        of_all: bool,
        env: &mut Env<'_>,
    ) -> Bound<Expr> {
        let (Some(op), Ast::Subquery(query)) = (comparison(op), right) else {
            let instead =
                "`any` and `all` stand behind a comparison and before a subquery; for a list there is `in (…)`";
            return Err(self.text.unsupported(left.span().union(&right.span()), "this `any` or `all`", instead));
        };
        match (op, of_all) {
            (CmpOp::Eq, false) => return self.in_subquery(left, query, false, env),
            (CmpOp::Ne, true) => return self.in_subquery(left, query, true, env),
            _ => {}
        }
        let operands = row(left).unwrap_or_else(|| std::slice::from_ref(left));
        if !of_all {
            return self.any_row(operands, op, query, env);
        }
        let value = self.any_row(operands, opposite(op), query, env)?;
        Ok(boolean(ExprKind::Not(Box::new(value))))
    }

    /// Whether a comparison is true for any row of a subquery: true, false or NULL.
    pub(super) fn any_row(&self, operands: &[Ast], op: CmpOp, query: &Query, env: &mut Env<'_>) -> Bound<Expr> {
        let prefix = env.subquery_name();
        let operands = all(operands.iter().map(|operand| self.value(operand, env)))?;
        let rel = self.whole(self.sub(query, env.scope)?)?;
        let (pairs, members) = self.members(operands, rel, &prefix, query)?;
        let pairs: Vec<(Expr, Expr)> = pairs.into_iter().map(|(operand, value)| (as_outer(operand), value)).collect();
        let (is_so, found, unknown) =
            (format!("{prefix}.is_so"), format!("{prefix}.found"), format!("{prefix}.unknown"));
        let compared = Expr::column(&is_so, DataType::Bool);
        let open = AggCall { filter: Some(is_null(compared.clone(), false)), ..AggCall::rows() };
        let right = Rel::Aggregate {
            input: Box::new(project(members, vec![(is_so, ordered(op, &pairs))])),
            keys: vec![],
            metrics: vec![
                (found.clone(), AggCall::of(AggFunc::new("bool_or"), compared, DataType::Bool)),
                (unknown.clone(), open),
            ],
        };
        env.subquery(SubqueryJoin { kind: JoinKind::Cross, on: vec![], condition: vec![], right });
        let truth = |value| Expr::literal(Value::Bool(value));
        let is_open = compare(CmpOp::Gt, Expr::column(unknown, DataType::Int), Expr::literal(Value::Int(0)));
        Ok(boolean(ExprKind::Case {
            branches: vec![
                (Expr::column(found, DataType::Bool), truth(true)),
                (is_open, coerce(Expr::literal(Value::Null), DataType::Bool)),
            ],
            otherwise: Some(Box::new(truth(false))),
        }))
    }
}

/// The comparison of rows: the first values that differ decide.
fn ordered(op: CmpOp, pairs: &[(Expr, Expr)]) -> Expr {
    let each = |op: CmpOp| pairs.iter().map(move |(a, b)| compare(op, a.clone(), b.clone()));
    match (op, pairs) {
        (CmpOp::Eq, _) => all_of(each(CmpOp::Eq).collect()),
        (CmpOp::Ne, _) => any_of(each(CmpOp::Ne).collect()),
        (_, [(a, b)]) => Some(compare(op, a.clone(), b.clone())),
        (_, [(a, b), rest @ ..]) => {
            let strict = match op {
                CmpOp::Le => CmpOp::Lt,
                CmpOp::Ge => CmpOp::Gt,
                other => other,
            };
            let equal = compare(CmpOp::Eq, a.clone(), b.clone());
            let further = all_of(vec![equal, ordered(op, rest)]);
            any_of(std::iter::once(compare(strict, a.clone(), b.clone())).chain(further).collect())
        }
        _ => None,
    }
    .unwrap_or_else(|| Expr::literal(Value::Bool(true)))
}

fn opposite(op: CmpOp) -> CmpOp {
    match op {
        CmpOp::Eq => CmpOp::Ne,
        CmpOp::Ne => CmpOp::Eq,
        CmpOp::Lt => CmpOp::Ge,
        CmpOp::Le => CmpOp::Gt,
        CmpOp::Gt => CmpOp::Le,
        CmpOp::Ge => CmpOp::Lt,
    }
}
