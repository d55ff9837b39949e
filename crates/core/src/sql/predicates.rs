//! `between`, `in`, `like`, `is true`, `is distinct from`.

use sqlparser::ast::{Expr as Ast, Spanned};

use crate::diagnostic::Diagnostic;
use crate::table::{CmpOp, DataType, Expr, ExprKind, Value};

use super::binder::Binder;
use super::env::Env;
use super::row_values::row;
use super::text::{Bound, all, both};
use super::walk::{boolean, compare, is_null};
use super::{literal, operators};

impl Binder<'_> {
    /// `x is [not] true` and its kind, never NULL.
    pub(super) fn is_bool(&self, operand: &Ast, wanted: bool, negated: bool, env: &mut Env<'_>) -> Bound<Expr> {
        let operand = self.condition(operand, env)?;
        let operand = if wanted { operand } else { boolean(ExprKind::Not(Box::new(operand))) };
        let known =
            boolean(ExprKind::Call(crate::table::Function::COALESCE, vec![operand, Expr::literal(Value::Bool(false))]));
        Ok(if negated { boolean(ExprKind::Not(Box::new(known))) } else { known })
    }

    /// `a is [not] distinct from b`: NULL equals NULL and nothing else; never NULL.
    pub(super) fn distinct_from(&self, a: &Ast, b: &Ast, distinct: bool, env: &mut Env<'_>) -> Bound<Expr> {
        let (left, right) = operators::comparable(self, a, b, env)?;
        let equal = boolean(ExprKind::Call(
            crate::table::Function::COALESCE,
            vec![
                compare(CmpOp::Eq, self.copy_of(&left, a.span())?, self.copy_of(&right, b.span())?),
                Expr::literal(Value::Bool(false)),
            ],
        ));
        let neither = boolean(ExprKind::And(Box::new(is_null(left, false)), Box::new(is_null(right, false))));
        let same = boolean(ExprKind::Or(Box::new(equal), Box::new(neither)));
        Ok(if distinct { boolean(ExprKind::Not(Box::new(same))) } else { same })
    }

    pub(super) fn between(
        &self,
        operand: &Ast,
        low: &Ast,
        high: &Ast,
        negated: bool,
        env: &mut Env<'_>,
    ) -> Bound<Expr> {
        let place = operand.span();
        let (value, (from, to)) = both(self.expr(operand, env), both(self.expr(low, env), self.expr(high, env)))?;
        let copy = self.copy_of(&value, place)?;
        let (low, high) = both(
            operators::comparable_exprs(self, (copy, operand), (from, low)),
            operators::comparable_exprs(self, (value, operand), (to, high)),
        )?;
        let above = compare(CmpOp::Ge, low.0, low.1);
        let below = compare(CmpOp::Le, high.0, high.1);
        let within = boolean(ExprKind::And(Box::new(above), Box::new(below)));
        Ok(if negated { boolean(ExprKind::Not(Box::new(within))) } else { within })
    }

    pub(super) fn in_list(&self, operand: &Ast, list: &[Ast], negated: bool, env: &mut Env<'_>) -> Bound<Expr> {
        if list.is_empty() {
            return Err(self.text.wrong(operand.span(), "the list behind `in` is empty", ""));
        }
        if let Some(operand) = row(operand) {
            return self.row_in_list(operand, list, negated, env);
        }
        let bound = self.expr(operand, env);
        let mut items = Vec::with_capacity(list.len());
        for item in list {
            match item {
                Ast::Value(value) if literal::list(self.text, value).is_some() => {
                    let values = literal::list(self.text, value).unwrap_or_default();
                    items.extend(values.iter().map(|v| Ok((Expr::literal(literal::soften(v.clone())), item))));
                }
                item => items.push(self.expr(item, env).map(|expr| (expr, item))),
            }
        }
        let (operand_expr, items) = both(bound, all(items))?;
        if items.is_empty() {
            // A parameter may be an empty list; nothing is in it.
            return Ok(Expr::literal(Value::Bool(negated)));
        }
        let mut typed = vec![(operand_expr, operand)];
        typed.extend(items);
        let mut exprs = self.unify(typed, "the values behind `in`")?;
        let operand = Box::new(exprs.remove(0));
        Ok(boolean(ExprKind::InList { operand, list: exprs, negated }))
    }

    pub(super) fn like(
        &self,
        operand: &Ast,
        pattern: &Ast,
        escape: Option<&Ast>,
        negated: bool,
        ignore_case: bool,
        env: &mut Env<'_>,
    ) -> Bound<Expr> {
        let operand = self.expect(operand, env, "`like`", &[DataType::String]);
        let bound = self.value(pattern, env);
        let escape = escape.map(|escape| self.value(escape, env).map(|bound| (bound, escape))).transpose();
        let (operand, (bound, escape)) = both(operand, both(bound, escape))?;
        let Some(pattern) = literal::as_string(&bound) else {
            return Err(vec![
                Diagnostic::error("the pattern of `like` must be a text constant")
                    .at(self.text.place(pattern.span()), "not a constant")
                    .help("for a search by another column use `replace(x, y, '') <> x`"),
            ]);
        };
        let escape = match escape {
            None => None,
            Some((bound, ast)) => {
                match literal::as_string(&bound).map(|text| text.chars().collect::<Vec<_>>()).as_deref() {
                    Some([one]) => Some(*one),
                    _ => return Err(self.text.wrong(ast.span(), "`escape` takes one character", "")),
                }
            }
        };
        Ok(boolean(ExprKind::Like {
            operand: Box::new(operand),
            pattern: pattern.to_owned(),
            escape,
            ignore_case,
            negated,
        }))
    }
}
