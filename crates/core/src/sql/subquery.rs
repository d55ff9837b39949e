//! Subqueries in expressions, as joins.

use sqlparser::ast::{Expr as Ast, GroupByExpr, Query, Select, SelectItem, SetExpr, Spanned};

use crate::diagnostic::Diagnostic;
use crate::table::{AggCall, AggFunc, CmpOp, DataType, Expr, ExprKind, Function, JoinKind, Rel, Value};

use super::binder::Binder;
use super::column_scope::ColumnScope;
use super::env::{Allowed, Env, outer_column};
use super::grouping::{Grouping, project};
use super::joins::{columns, join};
use super::select::Opened;
use super::text::{Bound, both};
use super::type_names::named;
use super::types::{coerce, common};
use super::walk::{any_column, boolean, compare, is_null, rewrite};

/// A join that a subquery becomes; its keys are over the enclosing query's columns and its own.
pub(super) struct SubqueryJoin {
    pub kind: JoinKind,
    pub on: Vec<(Expr, Expr)>,
    pub condition: Vec<Expr>,
    pub right: Rel,
}

impl SubqueryJoin {
    pub(super) fn step(self, left: Rel) -> Rel {
        join(self.kind, left, self.right, self.on, self.condition)
    }
}

/// A part of `where`.
pub(super) enum WhereTerm {
    /// What must be true.
    Condition(Expr),
    /// The rows that such a join keeps.
    Join(Box<SubqueryJoin>),
}

/// A subquery, bound as far as all uses have in common.
enum Sub<'q, 'b> {
    /// It stands alone.
    Plain(Rel),
    /// Its `where` names columns of the enclosing query.
    Correlated { binder: Binder<'b>, select: &'q Select, opened: Opened },
}

/// The ties of a correlated subquery.
struct Ties {
    /// Equalities: the enclosing query's value and the subquery's.
    keys: Vec<(Expr, Expr)>,
    /// What else must be true of a pair.
    others: Vec<Expr>,
}

impl<'b> Binder<'b> {
    fn sub<'q>(&self, query: &'q Query, outer: &ColumnScope) -> Bound<Sub<'q, 'b>> {
        let SetExpr::Select(select) = query.body.as_ref() else { return self.query(query).map(Sub::Plain) };
        let binder = self.with_tables(query.with.as_ref())?;
        let opened = binder.open(select, Some(outer))?;
        if opened.correlated.is_empty() {
            return self.finish_query(query, &binder, select, opened).map(Sub::Plain);
        }
        let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty());
        if grouped || select.having.is_some() || query.limit_clause.is_some() {
            return Err(self.text.unsupported(
                query.span(),
                "`group by`, `having` or `limit` in a subquery that names columns of the query around it",
                "compute it in `with`, and join it",
            ));
        }
        Ok(Sub::Correlated { binder, select, opened })
    }

    /// `x in (select …)` or `exists (select …)` as a part of `where`: rows with a partner stay.
    ///
    /// Any other part is a plain condition.
    pub(super) fn where_part(&self, part: &Ast, env: &mut Env<'_>) -> Bound<WhereTerm> {
        let (operand, query, kind) = match part {
            Ast::InSubquery { expr, subquery, negated: false } => (Some(expr.as_ref()), subquery, JoinKind::Semi),
            Ast::Exists { subquery, negated } => {
                (None, subquery, if *negated { JoinKind::Anti } else { JoinKind::Semi })
            }
            _ => return self.condition(part, env).map(WhereTerm::Condition),
        };
        let operand = operand.map(|operand| self.value(operand, env)).transpose()?;
        let prefix = env.subquery_name();
        let join = |on, condition, right| WhereTerm::Join(Box::new(SubqueryJoin { kind, on, condition, right }));
        match (self.sub(query, env.scope)?, operand) {
            (Sub::Plain(rel), Some(operand)) => {
                let (key, right, column) = self.member(operand, rel, &prefix, query)?;
                Ok(join(vec![(key, column)], vec![], right))
            }
            (Sub::Plain(rel), None) => {
                // Whether there is any row is one number, the same for all rows.
                let count = self.row_count_of(rel, &prefix, env);
                let op = if kind == JoinKind::Semi { CmpOp::Gt } else { CmpOp::Eq };
                Ok(WhereTerm::Condition(compare(op, count, Expr::literal(Value::Int(0)))))
            }
            (Sub::Correlated { binder, select, opened }, operand) => {
                let mut ties = Self::ties(&opened);
                let value = binder.sub_items(select, &opened.scope, operand.is_some())?;
                if let (Some(operand), Some(value)) = (operand, value) {
                    let data_type = self.comparable_types(&operand, &value, query)?;
                    ties.keys.insert(0, (coerce(operand, data_type), coerce(value, data_type)));
                }
                let (on, mut output) = numbered_keys(ties.keys, &prefix);
                let condition: Vec<Expr> =
                    ties.others.into_iter().map(|part| of_both_sides(part, &prefix, &mut output)).collect();
                if output.is_empty() {
                    // A relation without columns would have no rows to count.
                    output.push((format!("{prefix}.1"), Expr::literal(Value::Bool(true))));
                }
                Ok(join(on, condition, project(opened.rel, output)))
            }
        }
    }

    /// `x [not] in (select …)` as a value: true, false or NULL.
    pub(super) fn in_subquery(&self, operand: &Ast, query: &Query, negated: bool, env: &mut Env<'_>) -> Bound<Expr> {
        let prefix = env.subquery_name();
        let (operand, sub) = both(self.value(operand, env), self.sub(query, env.scope))?;
        let Sub::Plain(rel) = sub else {
            let instead = "use `[not] exists (select 1 from … where …)`";
            return Err(self.text.unsupported(query.span(), "this `in` with columns of the query around it", instead));
        };
        let (key, right, column) = self.member(operand, rel, &prefix, query)?;
        let (rows, known) = (format!("{prefix}.rows"), format!("{prefix}.known"));
        let count = |args: Vec<Expr>| AggCall {
            func: AggFunc::Count,
            args,
            distinct: false,
            filter: None,
            data_type: DataType::Int,
        };
        let counts = Rel::Aggregate {
            input: Box::new(self.copy_of_steps(&right, query.span())?),
            keys: vec![],
            metrics: vec![(rows.clone(), count(vec![])), (known.clone(), count(vec![column.clone()]))],
        };
        env.subquery(SubqueryJoin { kind: JoinKind::Cross, on: vec![], condition: vec![], right: counts });
        let found = self.marked(right, vec![(key.clone(), column)], &prefix, env);
        let (rows, known) = (Expr::column(rows, DataType::Int), Expr::column(known, DataType::Int));
        let truth = |value| Expr::literal(Value::Bool(value));
        let unknown =
            boolean(ExprKind::Or(Box::new(is_null(key, false)), Box::new(compare(CmpOp::Lt, known, rows.clone()))));
        let value = boolean(ExprKind::Case {
            branches: vec![
                (compare(CmpOp::Eq, rows, Expr::literal(Value::Int(0))), truth(false)),
                (found, truth(true)),
                (unknown, coerce(Expr::literal(Value::Null), DataType::Bool)),
            ],
            otherwise: Some(Box::new(truth(false))),
        });
        Ok(if negated { boolean(ExprKind::Not(Box::new(value))) } else { value })
    }

    /// `[not] exists (select …)` as a value: true or false.
    pub(super) fn exists(&self, query: &Query, negated: bool, env: &mut Env<'_>) -> Bound<Expr> {
        let prefix = env.subquery_name();
        let found = match self.sub(query, env.scope)? {
            Sub::Plain(rel) => {
                let count = self.row_count_of(rel, &prefix, env);
                compare(CmpOp::Gt, count, Expr::literal(Value::Int(0)))
            }
            Sub::Correlated { binder, select, opened } => {
                binder.sub_items(select, &opened.scope, false)?;
                let ties = Self::ties(&opened);
                self.only_keys(&ties, query)?;
                let (on, output) = numbered_keys(ties.keys, &prefix);
                self.marked(project(opened.rel, output), on, &prefix, env)
            }
        };
        Ok(if negated { boolean(ExprKind::Not(Box::new(found))) } else { found })
    }

    /// A subquery of one row and column, as a value.
    pub(super) fn scalar_subquery(&self, query: &Query, env: &mut Env<'_>) -> Bound<Expr> {
        let prefix = env.subquery_name();
        match self.sub(query, env.scope)? {
            Sub::Plain(rel) => self.plain_value(rel, query, &prefix, env),
            Sub::Correlated { binder, select, opened } => {
                let ties = Self::ties(&opened);
                self.only_keys(&ties, query)?;
                let [SelectItem::UnnamedExpr(item) | SelectItem::ExprWithAlias { expr: item, .. }] =
                    select.projection.as_slice()
                else {
                    return Err(self.text.wrong(query.span(), "a subquery used as a value must have one column", ""));
                };
                let mut inner = Env::new(&opened.scope, "a subquery", Allowed::Aggregates);
                let value = binder.value(item, &mut inner)?;
                if inner.aggregates.is_empty() || !inner.late.is_empty() || !inner.early.is_empty() {
                    return Err(self.text.unsupported(
                        query.span(),
                        "a value of this form that depends on the row around it",
                        "take an aggregate, such as `max(x)`, or join the tables",
                    ));
                }
                let (on, keys) = numbered_keys(ties.keys, &prefix);
                let (grouping, value) = self.grouped_value(value, keys, inner, &prefix)?;
                let right = grouping.step(opened.rel);
                env.subquery(SubqueryJoin { kind: JoinKind::Left, on, condition: vec![], right });
                Ok(value)
            }
        }
    }

    /// The value of a subquery that stands alone: it has at most one row.
    fn plain_value(&self, rel: Rel, query: &Query, prefix: &str, env: &mut Env<'_>) -> Bound<Expr> {
        let (column, data_type) = self.single_column(&rel, query)?;
        let name = format!("{prefix}.value");
        let value = Expr::column(&column, data_type);
        let right = if has_one_row(&rel) {
            project(rel, vec![(name.clone(), value)])
        } else if has_at_most_one_row(&rel) {
            // No row is NULL.
            let (func, args) = (AggFunc::First, vec![value]);
            let call = AggCall { func, args, distinct: false, filter: None, data_type };
            Rel::Aggregate { input: Box::new(rel), keys: vec![], metrics: vec![(name.clone(), call)] }
        } else {
            return Err(vec![
                Diagnostic::error("a subquery used as a value must have one row")
                    .at(self.text.place(query.span()), "it may have several")
                    .help("aggregate without `group by`, or end it with `order by … limit 1`"),
            ]);
        };
        env.subquery(SubqueryJoin { kind: JoinKind::Cross, on: vec![], condition: vec![], right });
        Ok(Expr::column(name, data_type))
    }

    /// A value made of aggregates, for each combination of the keys: how the rows are grouped, and the value as it is behind
    /// the join.
    fn grouped_value(
        &self,
        value: Expr,
        keys: Vec<(String, Expr)>,
        mut inner: Env<'_>,
        prefix: &str,
    ) -> Bound<(Grouping, Expr)> {
        let counts: Vec<bool> = inner.aggregates.iter().map(|call| call.func == AggFunc::Count).collect();
        let names: Vec<String> = (0..counts.len()).map(|at| format!("{prefix}.agg{}", at + 1)).collect();
        let calls = inner.aggregates.iter().enumerate();
        let passing: Vec<Expr> =
            calls.map(|(at, call)| Expr::column(super::env::aggregate_name(at), call.data_type)).collect();
        let wanted: Vec<(&str, &Expr)> = names.iter().map(String::as_str).zip(&passing).collect();
        let grouping = Grouping::new(keys, std::mem::take(&mut inner.aggregates), &wanted);
        let value = grouping.lift(value, self.text, &inner.seen, &[])?;
        // No row at all counts 0; other aggregates are NULL then, as the join leaves them.
        let value = rewrite(value, &mut |node| {
            let ExprKind::Column(name) = &node.kind else { return None };
            let at = names.iter().position(|known| known == name)?;
            counts[at].then(|| Expr {
                kind: ExprKind::Call(Function::COALESCE, vec![node.clone(), Expr::literal(Value::Int(0))]),
                data_type: DataType::Int,
            })
        });
        Ok((grouping, value))
    }

    /// The key of `x in (select y …)`: both sides of one type, and the relation of the `y` under a name of its own.
    fn member(&self, operand: Expr, rel: Rel, prefix: &str, query: &Query) -> Bound<(Expr, Rel, Expr)> {
        let (name, data_type) = self.single_column(&rel, query)?;
        let value = Expr::column(name, data_type);
        let to = self.comparable_types(&operand, &value, query)?;
        let column = format!("{prefix}.1");
        let right = project(rel, vec![(column.clone(), coerce(value, to))]);
        Ok((coerce(operand, to), right, Expr::column(column, to)))
    }

    fn comparable_types(&self, operand: &Expr, value: &Expr, query: &Query) -> Bound<DataType> {
        common(operand, value).ok_or_else(|| {
            let (x, y) = (named(operand.data_type), named(value.data_type));
            self.text.wrong(query.span(), format!("{x} cannot be compared with {y}"), format!("gives {y}"))
        })
    }

    fn single_column(&self, rel: &Rel, query: &Query) -> Bound<(String, DataType)> {
        match rel.schema().fields() {
            [field] => Ok((field.name.clone(), field.data_type)),
            several => {
                let message = format!("this subquery must have one column, not {}", several.len());
                Err(self.text.wrong(query.span(), message, ""))
            }
        }
    }

    /// The number of rows, as a column.
    fn row_count_of(&self, rel: Rel, prefix: &str, env: &mut Env<'_>) -> Expr {
        let name = format!("{prefix}.rows");
        let call =
            AggCall { func: AggFunc::Count, args: vec![], distinct: false, filter: None, data_type: DataType::Int };
        let right = Rel::Aggregate { input: Box::new(rel), keys: vec![], metrics: vec![(name.clone(), call)] };
        env.subquery(SubqueryJoin { kind: JoinKind::Cross, on: vec![], condition: vec![], right });
        Expr::column(name, DataType::Int)
    }

    /// Whether a row has a partner on the right, as a value that is never NULL.
    fn marked(&self, right: Rel, on: Vec<(Expr, Expr)>, prefix: &str, env: &mut Env<'_>) -> Expr {
        let mark = format!("{prefix}.found");
        let mut output: Vec<(String, Expr)> = right
            .schema()
            .fields()
            .iter()
            .map(|field| (field.name.clone(), Expr::column(&field.name, field.data_type)))
            .collect();
        output.push((mark.clone(), Expr::literal(Value::Bool(true))));
        let once = Rel::Distinct { input: Box::new(right), on: None };
        let right = Rel::Project { input: Box::new(once), columns: output };
        env.subquery(SubqueryJoin { kind: JoinKind::Left, on, condition: vec![], right });
        is_null(Expr::column(mark, DataType::Bool), true)
    }

    /// Splits what ties a subquery to the query around it.
    fn ties(opened: &Opened) -> Ties {
        let mut ties = Ties { keys: Vec::new(), others: Vec::new() };
        for part in &opened.correlated {
            match equality(part) {
                Some(pair) => ties.keys.push(pair),
                None => ties.others.push(part.clone()),
            }
        }
        ties
    }

    fn only_keys(&self, ties: &Ties, query: &Query) -> Bound<()> {
        if ties.others.is_empty() && !ties.keys.is_empty() {
            return Ok(());
        }
        Err(self.text.unsupported(
            query.span(),
            "a tie other than `inner.x = outer.y` in a subquery used as a value",
            "compute it in `with`, and join it",
        ))
    }

    /// The value of a correlated subquery's only column, if it is asked for; the others are checked all the same.
    fn sub_items(&self, select: &Select, scope: &ColumnScope, wanted: bool) -> Bound<Option<Expr>> {
        let mut env = Env::new(scope, "this subquery", Allowed::Scalars);
        let mut last = None;
        for item in &select.projection {
            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                last = Some(self.value(expr, &mut env)?);
            }
        }
        if wanted && (select.projection.len() != 1 || last.is_none() || !env.early.is_empty()) {
            let span = select.projection.first().map_or_else(|| select.span(), Spanned::span);
            return Err(self.text.wrong(span, "a subquery behind `in` must have one plain column", ""));
        }
        Ok(last.filter(|_| wanted))
    }
}

/// How a join finds its partners, and the columns of the right side for that.
type KeyColumns = (Vec<(Expr, Expr)>, Vec<(String, Expr)>);

/// Gives the subquery's sides of keys the names `prefix.1`, `prefix.2` and so on.
fn numbered_keys(keys: Vec<(Expr, Expr)>, prefix: &str) -> KeyColumns {
    let numbered = (1..).zip(keys).map(|(no, (outer, inner))| {
        let name = format!("{prefix}.{no}");
        ((outer, Expr::column(&name, inner.data_type)), (name, inner))
    });
    numbered.unzip()
}

/// A condition on both sides of a join: the right one's columns get names of their own and come out of it.
fn of_both_sides(condition: Expr, prefix: &str, output: &mut Vec<(String, Expr)>) -> Expr {
    rewrite(condition, &mut |node| {
        let ExprKind::Column(name) = &node.kind else { return None };
        if let Some(outer) = outer_column(name) {
            return Some(Expr::column(outer, node.data_type));
        }
        let own = format!("{prefix}.{name}");
        if !output.iter().any(|(name, _)| *name == own) {
            output.push((own.clone(), node.clone()));
        }
        Some(Expr::column(own, node.data_type))
    })
}

/// `inner = outer` as the enclosing query's value and the subquery's.
fn equality(part: &Expr) -> Option<(Expr, Expr)> {
    let ExprKind::Compare(CmpOp::Eq, a, b) = &part.kind else { return None };
    let is_outer = |expr: &Expr| any_column(expr, &|name| outer_column(name).is_some());
    let is_inner = |expr: &Expr| any_column(expr, &|name| outer_column(name).is_none());
    let (outer, inner) = match (is_outer(a), is_outer(b)) {
        (true, false) => (a, b),
        (false, true) => (b, a),
        _ => return None,
    };
    if is_inner(outer) || columns(inner).is_empty() {
        return None;
    }
    let plain = rewrite(outer.as_ref().clone(), &mut |node| match &node.kind {
        ExprKind::Column(name) => outer_column(name).map(|name| Expr::column(name, node.data_type)),
        _ => None,
    });
    Some((plain, inner.as_ref().clone()))
}

/// Whether a relation has one row, whatever the data.
fn has_one_row(rel: &Rel) -> bool {
    match rel {
        Rel::Unit => true,
        Rel::Aggregate { keys, .. } => keys.is_empty(),
        Rel::Project { input, .. }
        | Rel::Sort { input, .. }
        | Rel::Window { input, .. }
        | Rel::Distinct { input, .. } => has_one_row(input),
        Rel::Join(step) => step.kind == JoinKind::Cross && has_one_row(&step.left) && has_one_row(&step.right),
        _ => false,
    }
}

fn has_at_most_one_row(rel: &Rel) -> bool {
    match rel {
        Rel::Limit { count: Some(0 | 1), .. } => true,
        Rel::Limit { input, .. } | Rel::Filter { input, .. } | Rel::Project { input, .. } | Rel::Sort { input, .. } => {
            has_at_most_one_row(input)
        }
        other => has_one_row(other),
    }
}
