//! Subqueries in expressions, as joins.

use sqlparser::ast::{Distinct, Expr as Ast, GroupByExpr, Query, Select, SelectItem, SetExpr, Spanned};

use crate::diagnostic::Diagnostic;
use crate::table::{AggCall, AggFunc, CmpOp, DataType, Expr, ExprKind, Function, JoinKind, Rel, Value};

use super::binder::Binder;
use super::column_scope::ColumnScope;
use super::env::{Allowed, Env, aggregate_name, outer_column};
use super::grouping::{Grouping, project};
use super::joins::{columns, filter};
use super::row_values::row;
use super::select::Opened;
use super::text::{Bound, all};
use super::type_names::named;
use super::types::{coerce, common};
use super::unnest::{depends, depends_directly, is_dependent};
use super::walk::{any_column, boolean, coalesce, compare, is_null, rewrite};

/// A join that a subquery becomes; its keys are over the enclosing query's columns and its own. The right side may depend on
/// the columns of the left.
pub(super) struct SubqueryJoin {
    pub kind: JoinKind,
    pub on: Vec<(Expr, Expr)>,
    pub condition: Vec<Expr>,
    pub right: Rel,
}

/// A part of `where`.
pub(super) enum WhereTerm {
    /// What must be true.
    Condition(Expr),
    /// The rows that such a join keeps.
    Join(Box<SubqueryJoin>),
}

/// A subquery, bound as far as all uses have in common.
pub(super) enum Sub<'q, 'b> {
    /// As a relation, which may depend on the query around it.
    Whole(Rel),
    /// Only its `where` names columns of the query around it, and each of its rows is a row of the result.
    Tied { binder: Box<Binder<'b>>, query: &'q Query, select: &'q Select, opened: Opened },
}

/// The ties of a correlated subquery.
pub(super) struct Ties {
    /// Equalities: the enclosing query's value and the subquery's.
    pub keys: Vec<(Expr, Expr)>,
    /// What else must be true of a pair.
    pub others: Vec<Expr>,
}

impl<'b> Binder<'b> {
    pub(super) fn sub<'q>(&self, query: &'q Query, outer: &ColumnScope) -> Bound<Sub<'q, 'b>> {
        if self.tables.is_none() {
            let message = "a subquery cannot stand in this expression, which sees the rows of one table alone";
            return Err(vec![
                Diagnostic::error(message)
                    .at(self.text.place(query.span()), "")
                    .help("an `sql` task sees all tables: `select * from a where x in (select y from b)`")
                    .help("rows that have a partner in another table are kept by a `join` with `how: semi`, those without by `how: anti`"),
            ]);
        }
        let within = self.within(outer);
        let SetExpr::Select(select) = query.body.as_ref() else { return within.query(query).map(Sub::Whole) };
        let binder = within.with_tables(query.with.as_ref())?;
        let opened = binder.open(select)?;
        let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(keys, _) if keys.is_empty());
        // Whether rows of the result are there twice makes no difference to any use of such a subquery.
        let picks = matches!(select.distinct, Some(Distinct::On(_))) || select.qualify.is_some();
        let plain = !grouped && !picks && select.having.is_none() && query.limit_clause.is_none();
        let sub = Sub::Tied { binder: Box::new(binder), query, select, opened };
        match &sub {
            Sub::Tied { opened, .. } if plain && !opened.correlated.is_empty() && !depends(&opened.rel) => Ok(sub),
            _ => self.whole(sub).map(Sub::Whole),
        }
    }

    /// The subquery as a relation.
    pub(super) fn whole(&self, sub: Sub<'_, 'b>) -> Bound<Rel> {
        match sub {
            Sub::Whole(rel) => Ok(rel),
            Sub::Tied { binder, query, select, opened } => {
                let rel = filter(opened.rel, opened.correlated);
                let opened = Opened { rel, correlated: Vec::new(), ..opened };
                binder.finish_query(query, select, opened)
            }
        }
    }

    /// `x in (select …)` or `exists (select …)` as a part of `where`: rows with a partner stay.
    ///
    /// Any other part is a plain condition.
    pub(super) fn where_part(&self, part: &Ast, env: &mut Env<'_>) -> Bound<WhereTerm> {
        let (operands, query, kind) = match part {
            Ast::InSubquery { expr, subquery, negated: false } => {
                let operands = row(expr).unwrap_or_else(|| std::slice::from_ref(expr));
                (operands, subquery, JoinKind::Semi)
            }
            Ast::Exists { subquery, negated } => {
                (&[][..], subquery, if *negated { JoinKind::Anti } else { JoinKind::Semi })
            }
            _ => return self.condition(part, env).map(WhereTerm::Condition),
        };
        let operands = all(operands.iter().map(|operand| self.value(operand, env)))?;
        let prefix = env.subquery_name();
        let mut sub = self.sub(query, env.scope)?;
        if let Sub::Tied { binder, select, opened, .. } = &sub
            && let Some(values) = binder.plain_items(select, &opened.scope)?
            && (operands.is_empty() || values.len() == operands.len())
        {
            let pairs = operands.iter().cloned().zip(values).collect();
            let keys = self.comparable_pairs(pairs, query)?;
            return Ok(WhereTerm::Join(Box::new(tied_join(kind, keys, opened, &prefix))));
        }
        let rel = self.whole(std::mem::replace(&mut sub, Sub::Whole(Rel::Unit)))?;
        if operands.is_empty() && !depends_directly(&rel) {
            // Whether there is any row is one number, the same for all rows.
            let count = self.row_count_of(rel, &prefix, env);
            let op = if kind == JoinKind::Semi { CmpOp::Gt } else { CmpOp::Eq };
            return Ok(WhereTerm::Condition(compare(op, count, Expr::literal(Value::Int(0)))));
        }
        let (on, right) = match operands.is_empty() {
            true => (vec![], rel),
            false => self.members(operands, rel, &prefix, query)?,
        };
        Ok(WhereTerm::Join(Box::new(SubqueryJoin { kind, on, condition: vec![], right })))
    }

    /// `x [not] in (select …)` as a value: true, false or NULL.
    pub(super) fn in_subquery(&self, operand: &Ast, query: &Query, negated: bool, env: &mut Env<'_>) -> Bound<Expr> {
        if let Some(operands) = row(operand) {
            let value = self.any_row(operands, CmpOp::Eq, query, env)?;
            return Ok(if negated { boolean(ExprKind::Not(Box::new(value))) } else { value });
        }
        let prefix = env.subquery_name();
        let operand = self.value(operand, env)?;
        let rel = self.whole(self.sub(query, env.scope)?)?;
        let (on, right) = self.members(vec![operand], rel, &prefix, query)?;
        let [(key, column)] = on.as_slice() else { return Err(Vec::new()) };
        let (key, column) = (key.clone(), column.clone());
        let (rows, known) = (format!("{prefix}.rows"), format!("{prefix}.known"));
        let known_call = AggCall::of(AggFunc::COUNT, column.clone(), DataType::Int);
        let counts = Rel::Aggregate {
            input: Box::new(self.copy_of_steps(&right, query.span())?),
            keys: vec![],
            metrics: vec![(rows.clone(), AggCall::rows()), (known.clone(), known_call)],
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
        let mut sub = self.sub(query, env.scope)?;
        let ties = match &sub {
            Sub::Tied { binder, select, opened, .. } if binder.plain_items(select, &opened.scope)?.is_some() => {
                Some(ties(opened)).filter(|ties| ties.others.is_empty() && !ties.keys.is_empty())
            }
            _ => None,
        };
        let found = match (ties, &mut sub) {
            (Some(ties), Sub::Tied { opened, .. }) => {
                let (on, output) = numbered_keys(ties.keys, &prefix);
                let rel = std::mem::replace(&mut opened.rel, Rel::Unit);
                self.marked(project(rel, output), on, &prefix, env)
            }
            _ => {
                let count = self.row_count_of(self.whole(sub)?, &prefix, env);
                compare(CmpOp::Gt, count, Expr::literal(Value::Int(0)))
            }
        };
        Ok(if negated { boolean(ExprKind::Not(Box::new(found))) } else { found })
    }

    /// A subquery of one column and at most one row, as a value.
    pub(super) fn scalar_subquery(&self, query: &Query, env: &mut Env<'_>) -> Bound<Expr> {
        let prefix = env.subquery_name();
        let sub = self.sub(query, env.scope)?;
        if let Sub::Tied { binder, select, opened, .. } = &sub
            && let Some(value) = self.tied_aggregate(binder, select, opened, &prefix, env)?
        {
            return Ok(value);
        }
        let rel = self.whole(sub)?;
        let mut values = self.single_row(rel, 1, &prefix, query, env)?;
        // There is one: single_row has seen to it.
        values.pop().ok_or_else(Vec::new)
    }

    /// The columns of a subquery of at most one row, NULL if there is none.
    pub(super) fn single_row(
        &self,
        rel: Rel,
        columns: usize,
        prefix: &str,
        query: &Query,
        env: &mut Env<'_>,
    ) -> Bound<Vec<Expr>> {
        let fields = self.columns_of(&rel, columns, query)?;
        let name = |at: usize| if at == 0 { format!("{prefix}.value") } else { format!("{prefix}.value{}", at + 1) };
        let values: Vec<Expr> =
            fields.iter().enumerate().map(|(at, (_, data_type))| Expr::column(name(at), *data_type)).collect();
        let plain = fields.iter().map(|(field, data_type)| Expr::column(field, *data_type)).enumerate();
        let (one, at_most_one) = (has_one_row(&rel), has_at_most_one_row(&rel));
        let rows = format!("{prefix}.rows");
        let right = if one {
            project(rel, plain.map(|(at, value)| (name(at), value)).collect())
        } else {
            let first = |(at, value): (usize, Expr)| {
                let data_type = value.data_type;
                (name(at), AggCall::of(AggFunc::FIRST, value, data_type))
            };
            let mut metrics: Vec<(String, AggCall)> = plain.map(first).collect();
            if !at_most_one {
                metrics.push((rows.clone(), AggCall::rows()));
            }
            Rel::Aggregate { input: Box::new(rel), keys: vec![], metrics }
        };
        env.subquery(SubqueryJoin { kind: JoinKind::Cross, on: vec![], condition: vec![], right });
        if at_most_one {
            return Ok(values);
        }
        let place = Expr::literal(Value::String(self.text.location(query.span())));
        let checked = |value: Expr| {
            let data_type = value.data_type;
            let args = vec![value, Expr::column(&rows, DataType::Int), place.clone()];
            Expr { kind: ExprKind::Call(Function::SINGLE_ROW, args), data_type }
        };
        Ok(values.into_iter().map(checked).collect())
    }

    /// A value of aggregates over the rows that equalities tie to the row around: computed once for each key.
    fn tied_aggregate(
        &self,
        binder: &Binder<'_>,
        select: &Select,
        opened: &Opened,
        prefix: &str,
        env: &mut Env<'_>,
    ) -> Bound<Option<Expr>> {
        let ties = ties(opened);
        let [SelectItem::UnnamedExpr(item) | SelectItem::ExprWithAlias { expr: item, .. }] =
            select.projection.as_slice()
        else {
            return Ok(None);
        };
        if !ties.others.is_empty() || ties.keys.is_empty() || super::select::has_subquery(item) {
            return Ok(None);
        }
        let mut inner = Env::new(&opened.scope, "a subquery", Allowed::Windows);
        let value = binder.value(item, &mut inner)?;
        let args = || inner.aggregates.iter().flat_map(|call| call.args.iter().chain(&call.filter));
        let free = !is_dependent(&value) && !args().any(is_dependent);
        if inner.aggregates.is_empty() || !inner.windows.is_empty() || !free {
            return Ok(None);
        }
        let (on, keys) = numbered_keys(ties.keys, prefix);
        let empty: Vec<Value> = inner.aggregates.iter().map(AggCall::of_no_rows).collect();
        let names: Vec<String> = (0..empty.len()).map(|at| format!("{prefix}.agg{}", at + 1)).collect();
        let passing: Vec<Expr> = inner
            .aggregates
            .iter()
            .enumerate()
            .map(|(at, call)| Expr::column(aggregate_name(at), call.data_type))
            .collect();
        let wanted: Vec<(&str, &Expr)> = names.iter().map(String::as_str).zip(&passing).collect();
        let grouping = Grouping::new(keys, std::mem::take(&mut inner.aggregates).into_things(), &wanted);
        let value = grouping.lift(value, self.text, &inner.seen, &[])?;
        // Of no row at all the join leaves NULL, which is not what every aggregate gives.
        let value = rewrite(value, &mut |node| {
            let ExprKind::Column(name) = &node.kind else { return None };
            let at = names.iter().position(|known| known == name)?;
            (empty[at] != Value::Null).then(|| coalesce(node.clone(), Expr::literal(empty[at].clone())))
        });
        let right = grouping.step(opened.rel.clone());
        env.subquery(SubqueryJoin { kind: JoinKind::Left, on, condition: vec![], right });
        Ok(Some(value))
    }

    /// The keys of `x in (select y …)`: both sides of one type, and the relation of the `y` under names of its own.
    pub(super) fn members(
        &self,
        operands: Vec<Expr>,
        rel: Rel,
        prefix: &str,
        query: &Query,
    ) -> Bound<(Vec<(Expr, Expr)>, Rel)> {
        let fields = self.columns_of(&rel, operands.len(), query)?;
        let values = fields.into_iter().map(|(name, data_type)| Expr::column(name, data_type));
        let pairs = self.comparable_pairs(operands.into_iter().zip(values).collect(), query)?;
        let (on, output) = numbered_keys(pairs, prefix);
        Ok((on, project(rel, output)))
    }

    /// Pairs as one type each.
    fn comparable_pairs(&self, pairs: Vec<(Expr, Expr)>, query: &Query) -> Bound<Vec<(Expr, Expr)>> {
        all(pairs.into_iter().map(|(operand, value)| {
            let to = common(&operand, &value).ok_or_else(|| {
                let (x, y) = (named(operand.data_type), named(value.data_type));
                self.text.wrong(query.span(), format!("{x} cannot be compared with {y}"), format!("gives {y}"))
            })?;
            Ok((coerce(operand, to), coerce(value, to)))
        }))
    }

    /// The columns of a subquery that must have so many.
    pub(super) fn columns_of(&self, rel: &Rel, count: usize, query: &Query) -> Bound<Vec<(String, DataType)>> {
        let schema = rel.schema();
        if schema.len() == count {
            return Ok(schema.fields().iter().map(|field| (field.name.clone(), field.data_type)).collect());
        }
        let wanted = if count == 1 { "one column".to_owned() } else { format!("{count} columns") };
        let message = format!("this subquery must have {wanted}, not {}", schema.len());
        Err(self.text.wrong(query.span(), message, ""))
    }

    /// The number of rows, as a column.
    fn row_count_of(&self, rel: Rel, prefix: &str, env: &mut Env<'_>) -> Expr {
        let name = format!("{prefix}.rows");
        let right =
            Rel::Aggregate { input: Box::new(rel), keys: vec![], metrics: vec![(name.clone(), AggCall::rows())] };
        env.subquery(SubqueryJoin { kind: JoinKind::Cross, on: vec![], condition: vec![], right });
        Expr::column(name, DataType::Int)
    }

    /// Whether a row has a partner on the right, as a value that is never NULL.
    fn marked(&self, right: Rel, on: Vec<(Expr, Expr)>, prefix: &str, env: &mut Env<'_>) -> Expr {
        let mark = format!("{prefix}.found");
        let schema = right.schema();
        let passed = |field: &crate::table::Field| (field.name.clone(), Expr::column(&field.name, field.data_type));
        let mut output: Vec<(String, Expr)> = schema.fields().iter().map(passed).collect();
        output.push((mark.clone(), Expr::literal(Value::Bool(true))));
        let once = Rel::Distinct { input: Box::new(right), on: None };
        let right = Rel::Project { input: Box::new(once), columns: output };
        env.subquery(SubqueryJoin { kind: JoinKind::Left, on, condition: vec![], right });
        is_null(Expr::column(mark, DataType::Bool), true)
    }

    /// The values of a select list each of which is one of its row alone; none of a `*`, which is looked at all the same. Where
    /// there are others, such as aggregates, nothing.
    fn plain_items(&self, select: &Select, scope: &ColumnScope) -> Bound<Option<Vec<Expr>>> {
        let mut env = Env::new(scope, "this subquery", Allowed::Windows);
        let mut values = Vec::new();
        for item in &select.projection {
            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                if super::select::has_subquery(expr) {
                    return Ok(None);
                }
                values.push(self.value(expr, &mut env)?);
            }
        }
        let plain = env.aggregates.is_empty() && env.windows.is_empty() && !values.iter().any(is_dependent);
        Ok(plain.then_some(values))
    }
}

/// The rows that a subquery's ties and further keys keep.
fn tied_join(kind: JoinKind, mut keys: Vec<(Expr, Expr)>, opened: &Opened, prefix: &str) -> SubqueryJoin {
    let ties = ties(opened);
    keys.extend(ties.keys);
    let (on, mut output) = numbered_keys(keys, prefix);
    let mut own = |node: &Expr| {
        let ExprKind::Column(name) = &node.kind else { return None };
        if let Some(outer) = outer_column(name) {
            return Some(Expr::column(outer, node.data_type));
        }
        let own = format!("{prefix}.{name}");
        if !output.iter().any(|(name, _)| *name == own) {
            output.push((own.clone(), node.clone()));
        }
        Some(Expr::column(own, node.data_type))
    };
    let condition = ties.others.into_iter().map(|part| rewrite(part, &mut own)).collect();
    if output.is_empty() {
        // A relation without columns would have no rows to count.
        output.push((format!("{prefix}.1"), Expr::literal(Value::Bool(true))));
    }
    SubqueryJoin { kind, on, condition, right: project(opened.rel.clone(), output) }
}

/// Expressions under names of their own.
type NamedExprs = Vec<(String, Expr)>;

/// The right sides of pairs under names of their own, and the pairs with these.
fn numbered_keys(keys: Vec<(Expr, Expr)>, prefix: &str) -> (Vec<(Expr, Expr)>, NamedExprs) {
    let name = |at: usize| format!("{prefix}.{}", at + 1);
    let pair = |(at, (outer, inner)): (usize, (Expr, Expr))| {
        ((outer, Expr::column(name(at), inner.data_type)), (name(at), inner))
    };
    keys.into_iter().enumerate().map(pair).unzip()
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

/// `inner = outer` as the enclosing query's value and the subquery's.
fn equality(part: &Expr) -> Option<(Expr, Expr)> {
    let ExprKind::Compare(CmpOp::Eq, a, b) = &part.kind else { return None };
    let is_inner = |expr: &Expr| any_column(expr, &|name| outer_column(name).is_none());
    let (outer, inner) = match (is_dependent(a), is_dependent(b)) {
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
