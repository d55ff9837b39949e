//! Joins whose conditions hold subqueries.

use sqlparser::tokenizer::Span;

use crate::table::{DataType, Expr, JoinKind, Rel};

use super::binder::Binder;
use super::env::passing_name;
use super::grouping::project;
use super::joins::{Tree, filter, join};
use super::select::columns_of;
use super::subquery::SubqueryJoin;
use super::text::Bound;
use super::unnest::{next, numbered, passed};
use super::walk::any_column;

impl Binder<'_> {
    /// Two sides joined where all conditions are true, which look at what the joins of subqueries bring.
    ///
    /// What an outer join adds to the pairs depends on which rows are in none: rows get numbers, the pairs of numbers are found as
    /// those of an inner join are, and then the sides are joined by them.
    pub(super) fn joined_by_subqueries(
        &self,
        kind: JoinKind,
        (left, right): (Tree, Tree),
        conditions: Vec<Expr>,
        subqueries: Vec<SubqueryJoin>,
        span: Span,
    ) -> Bound<Tree> {
        if matches!(kind, JoinKind::Inner | JoinKind::Cross) {
            let columns: Vec<(String, Expr)> = [&left, &right].into_iter().flat_map(Tree::columns).collect();
            let pairs = self.pairs(Tree::inner(left, right, vec![]), conditions, subqueries, span)?;
            return Ok(Tree::Leaf(Box::new(project(pairs, columns))));
        }
        if matches!(right, Tree::Lateral(_)) {
            let what = "a subquery in the `on` of an outer join with a lateral query";
            return Err(self.text.unsupported(span, what, "use it in `where`"));
        }
        let number = next(&self.numbers);
        let side = |tree: Tree, name: &str| {
            let name = passing_name(&format!("{name}{number}"));
            let column = Expr::column(&name, DataType::Int);
            (numbered(tree.build(vec![], &self.numbers), &name), name, column)
        };
        let ((left, left_name, a), (right, right_name, b)) = (side(left, "left"), side(right, "right"));
        let output = [&left, &right].into_iter().flat_map(passed);
        let output = output.filter(|(name, _)| *name != left_name && *name != right_name).collect();
        let both = [&left, &right].map(|rel| Ok(Tree::Leaf(Box::new(self.copy_of_steps(rel, span)?))));
        let [left_copy, right_copy]: [Bound<Tree>; 2] = both;
        let pairs = self.pairs(Tree::inner(left_copy?, right_copy?, vec![]), conditions, subqueries, span)?;
        let (of_left, of_right) = (format!("{left_name} of pair"), format!("{right_name} of pair"));
        let pairs = project(pairs, vec![(of_left.clone(), a.clone()), (of_right.clone(), b.clone())]);
        let column = |name: &str| Expr::column(name, DataType::Int);
        let first = if kind == JoinKind::Right { JoinKind::Inner } else { JoinKind::Left };
        let half = join(first, left, pairs, vec![(a, column(&of_left))], vec![]);
        let whole = join(kind, half, right, vec![(column(&of_right), b)], vec![]);
        Ok(Tree::Leaf(Box::new(project(whole, output))))
    }

    /// The rows of a tree, with what subqueries bring, for which all conditions are true.
    fn pairs(&self, tree: Tree, conditions: Vec<Expr>, subqueries: Vec<SubqueryJoin>, span: Span) -> Bound<Rel> {
        let added = columns_of(&subqueries);
        let looks = |condition: &Expr| any_column(condition, &|name| added.iter().any(|added| added == name));
        let (late, plain): (Vec<Expr>, Vec<Expr>) = conditions.into_iter().partition(looks);
        Ok(filter(self.attached(tree.build(plain, &self.numbers), subqueries, span)?, late))
    }
}
