//! Expressions over the columns of a relation.

use std::collections::HashMap;

use tidemill_core::table::{DataType, Expr, ExprKind, Schema};

use super::literal::{literal, quoted, spark_type};
use super::{Lowering, arithmetic, cast, function, refused, regex};

/// More operators than these, one in the other, are too many for Spark's parser, which recurses.
const MOST_DEEP: usize = 300;

/// What the columns of a relation are called in SQL.
pub(crate) struct Scope {
    names: HashMap<String, String>,
}

impl Scope {
    /// `c0`, `c1`, … behind a prefix such as `t.`.
    pub fn of(schema: &Schema, prefix: &str) -> Self {
        let names = schema.names().enumerate().map(|(i, name)| (name.to_owned(), format!("{prefix}c{i}")));
        Self { names: names.collect() }
    }

    /// Those of both.
    pub fn beside(mut self, other: Self) -> Self {
        self.names.extend(other.names);
        self
    }

    /// What a column is called.
    pub fn column(&self, name: &str) -> Lowering<String> {
        self.names.get(name).cloned().ok_or_else(|| refused(format!("there is no column {name}")))
    }

    /// An expression in SQL.
    pub fn expr(&self, expr: &Expr) -> Lowering<String> {
        if depth(expr) > MOST_DEEP {
            return Err(refused(format!(
                "an expression of more than {MOST_DEEP} steps one in the other cannot be computed"
            )));
        }
        self.sql(expr)
    }

    /// Expressions in SQL.
    pub fn exprs<'e>(&self, exprs: impl IntoIterator<Item = &'e Expr>) -> Lowering<Vec<String>> {
        exprs.into_iter().map(|expr| self.expr(expr)).collect()
    }

    /// Without a look at its depth.
    pub(super) fn sql(&self, expr: &Expr) -> Lowering<String> {
        Ok(match &expr.kind {
            ExprKind::Column(name) => self.column(name)?,
            ExprKind::Literal(value) => literal(value, expr.data_type),
            ExprKind::Cast(inner) => cast(&self.sql(inner)?, inner.data_type, expr.data_type)?,
            ExprKind::Negate(inner) => format!("(- {})", self.sql(inner)?),
            ExprKind::Not(inner) => format!("(not {})", self.sql(inner)?),
            ExprKind::Arith(op, left, right) => arithmetic::arithmetic(self, *op, left, right, expr.data_type)?,
            ExprKind::Compare(op, left, right) => {
                // NaN equals itself and is above all else, as it is here.
                format!("({} {} {})", self.sql(left)?, op.sign(), self.sql(right)?)
            }
            ExprKind::And(..) | ExprKind::Or(..) => self.chain(expr)?,
            ExprKind::IsNull { operand, negated } => {
                format!("({} is {}null)", self.sql(operand)?, if *negated { "not " } else { "" })
            }
            ExprKind::InList { operand, list, negated } => self.in_list(operand, list, *negated)?,
            ExprKind::Like { operand, pattern, escape, ignore_case, negated } => {
                let pattern = regex::like(pattern, *escape, *ignore_case)?;
                let not = if *negated { "not " } else { "" };
                format!("({not}{} rlike {})", self.sql(operand)?, quoted(&pattern))
            }
            ExprKind::Case { branches, otherwise } => self.case(branches, otherwise.as_deref(), expr.data_type)?,
            ExprKind::Call(called, arguments) => function::call(self, *called, arguments, expr.data_type)?,
        })
    }

    /// `and` and `or`: long chains as balanced trees, because Spark's parser and optimizer recurse and are slow on deep ones.
    fn chain(&self, expr: &Expr) -> Lowering<String> {
        let (op, parts) = links(expr);
        let parts = parts.into_iter().map(|part| self.sql(part)).collect::<Lowering<Vec<_>>>()?;
        Ok(balanced(&parts, op))
    }

    fn in_list(&self, operand: &Expr, list: &[Expr], negated: bool) -> Lowering<String> {
        if list.is_empty() {
            return Ok(negated.to_string());
        }
        let list = list.iter().map(|item| self.sql(item)).collect::<Lowering<Vec<_>>>()?;
        Ok(format!("({} {}in ({}))", self.sql(operand)?, if negated { "not " } else { "" }, list.join(", ")))
    }

    fn case(&self, branches: &[(Expr, Expr)], otherwise: Option<&Expr>, to: DataType) -> Lowering<String> {
        let mut sql = "(case".to_owned();
        for (condition, value) in branches {
            sql += &format!(" when {} then {}", self.sql(condition)?, self.sql(value)?);
        }
        if let Some(value) = otherwise {
            sql += &format!(" else {}", self.sql(value)?);
        }
        Ok(format!("cast({sql} end) as {})", spark_type(to)))
    }
}

/// The operator of a chain of `and` or `or`, and what it links.
fn links(expr: &Expr) -> (&'static str, Vec<&Expr>) {
    let is_and = matches!(expr.kind, ExprKind::And(..));
    let (mut parts, mut open) = (Vec::new(), vec![expr]);
    while let Some(next) = open.pop() {
        match &next.kind {
            ExprKind::And(left, right) if is_and => open.extend([&**right, &**left]),
            ExprKind::Or(left, right) if !is_and => open.extend([&**right, &**left]),
            _ => parts.push(next),
        }
    }
    (if is_and { "and" } else { "or" }, parts)
}

/// The parts linked by an operator, as a tree of little depth.
pub(super) fn balanced(parts: &[String], op: &str) -> String {
    match parts {
        [] => "true".to_owned(),
        [one] => one.clone(),
        _ => {
            let (left, right) = parts.split_at(parts.len() / 2);
            format!("({} {op} {})", balanced(left, op), balanced(right, op))
        }
    }
}

/// How many operators stand one in the other; a chain of `and` or `or` counts as one.
fn depth(expr: &Expr) -> usize {
    let mut deepest = 0;
    let mut open = vec![(expr, 1)];
    while let Some((next, depth)) = open.pop() {
        deepest = deepest.max(depth);
        let parts = match next.kind {
            ExprKind::And(..) | ExprKind::Or(..) => links(next).1,
            _ => next.operands(),
        };
        open.extend(parts.into_iter().map(|part| (part, depth + 1)));
    }
    deepest
}
