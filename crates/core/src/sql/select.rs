//! One `select`: from → where → group → having → windows → output → distinct → sort.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;

use indexmap::IndexMap;
use sqlparser::ast::{BinaryOperator, Distinct, Expr as Ast, OrderBy, Select, SelectItem, Spanned, visit_expressions};
use sqlparser::tokenizer::Span;

use crate::table::registry::HashedPlaces;
use crate::table::{Expr, ExprKind, Rel, WindowCall};

use super::binder::Binder;
use super::column_scope::ColumnScope;
use super::env::{Allowed, Env, SELECT_LIST, outer_column, outer_name, series_name, window_at};
use super::functions::{self, FunctionDefinition, FunctionKind};
use super::grouping::{Grouping, fresh};
use super::joins::filter;
use super::output::{Item, OrderKey};
use super::subquery::{SubqueryJoin, WhereTerm};
use super::table_functions::Series;
use super::text::{Bound, all, both};
use super::unnest::{as_outer, attach, depends_directly, is_dependent, outer_columns, with_outer};
use super::walk::{any_column, conjuncts, rewrite};

/// A `select` with its `from` and `where`.
pub(super) struct Opened {
    /// The rows.
    pub rel: Rel,
    /// Their columns.
    pub scope: ColumnScope,
    /// Conditions that name columns of the enclosing query, not yet applied.
    pub correlated: Vec<Expr>,
    /// How many subqueries have had names.
    pub subqueries: usize,
}

impl Binder<'_> {
    /// A whole `select`.
    pub(super) fn select(&self, select: &Select, order: Option<&OrderBy>) -> Bound<Rel> {
        let Opened { rel, scope, correlated, subqueries } = self.open(select)?;
        let opened = Opened { rel: filter(rel, correlated), scope, correlated: Vec::new(), subqueries };
        self.finish(select, order, opened)
    }

    /// `from` and `where`.
    pub(super) fn open(&self, select: &Select) -> Bound<Opened> {
        self.refuse(select)?;
        let from = self.from(&select.from)?;
        let mut env = Env::new(&from.scope, "`where`", Allowed::Scalars);
        env.later = select.projection.iter().filter_map(known_later).collect();
        let mut parts = Vec::new();
        if let Some(condition) = &select.selection {
            split(condition, &mut parts);
        }
        let mut conditions = Vec::new();
        let mut semi = Vec::new();
        for part in all(parts.into_iter().map(|part| self.where_part(part, &mut env)))? {
            match part {
                WhereTerm::Condition(condition) => conjuncts(condition, &mut conditions),
                WhereTerm::Join(join) => semi.push(*join),
            }
        }
        let added = columns_of(&env.early);
        let (correlated, own): (Vec<Expr>, Vec<Expr>) = conditions.into_iter().partition(is_dependent);
        let (late, plain): (Vec<Expr>, Vec<Expr>) = own
            .into_iter()
            .partition(|condition| any_column(condition, &|name| added.iter().any(|added| added == name)));
        let subqueries = env.subqueries;
        let joins = std::mem::take(&mut env.early).into_iter().chain(semi).collect();
        let rel = self.attached(from.tree.build(plain, &self.numbers), joins, select.select_token.0.span)?;
        // What looks at the values of subqueries cannot go below their joins.
        let (correlated, tied): (Vec<Expr>, Vec<Expr>) = correlated
            .into_iter()
            .partition(|condition| !any_column(condition, &|name| added.iter().any(|added| added == name)));
        let late = late.into_iter().chain(tied).collect();
        Ok(Opened { rel: filter(rel, late), scope: from.scope, correlated, subqueries })
    }

    /// All behind `where`.
    pub(super) fn finish(&self, select: &Select, order: Option<&OrderBy>, opened: Opened) -> Bound<Rel> {
        let mut binder = self.clone();
        binder.windows.clone_from(&select.named_window);
        let Opened { mut rel, scope, subqueries, .. } = opened;
        let mut env = Env::new(&scope, SELECT_LIST, Allowed::Windows);
        env.subqueries = subqueries;
        binder.subqueries_of_keys(select, &mut env)?;
        let mut items = binder.items(select, &mut env)?;
        let keys = binder.group_keys(&select.group_by, &items, &env);
        env.aliases = items.iter().map(|item| (item.name.clone(), item.expr.clone())).collect();
        env.clause = "`having`";
        env.allowed = Allowed::Aggregates;
        let having = select.having.as_ref().map(|having| {
            let condition = binder.condition(having, &mut env)?;
            Ok((condition, std::mem::take(&mut env.seen)))
        });
        env.clause = "`order by`";
        env.allowed = Allowed::Windows;
        let order = binder.order(order, &items, &mut env);
        let first_of = binder.first_of(select.distinct.as_ref(), &items, &mut env);
        env.clause = "`qualify`";
        let qualify = select.qualify.as_ref().map(|qualify| {
            let condition = binder.condition(qualify, &mut env)?;
            Ok(OrderKey::of(condition, std::mem::take(&mut env.seen), qualify.span()))
        });
        let ((keys, having), ((order, first_of), qualify)) =
            both(both(keys, having.transpose()), both(both(order, first_of), qualify.transpose()))?;
        // What stands behind the select list, in one list: what to sort by, then `distinct on`, then `qualify`.
        let (sorted, distinct_on) = (order.len(), first_of.len());
        let mut order: Vec<OrderKey> = order.into_iter().chain(first_of).chain(qualify).collect();

        let early = std::mem::take(&mut env.early);
        let mut late = std::mem::take(&mut env.late);
        rel = self.attached(rel, early, select.select_token.0.span)?;
        let mut windows = std::mem::take(&mut env.windows).into_things();
        let calls = std::mem::take(&mut env.aggregates).into_things();
        let mut series = env.series.take();
        let mut condition = having.as_ref().map(|(condition, _)| condition.clone());
        let groupings = std::mem::take(&mut env.groupings);
        let groups = !calls.is_empty() || !keys.keys.is_empty() || keys.sets.is_some() || !groupings.is_empty();
        if groups || having.is_some() {
            let wanted: Vec<(&str, &Expr)> = items.iter().map(|item| (item.name.as_str(), &item.expr)).collect();
            let grouping = Grouping::new(named_keys(keys.keys, &items), calls, &wanted).with_sets(keys.sets, groupings);
            let free = columns_of(&late);
            let every: IndexMap<String, Span> = items.iter().flat_map(|item| item.seen.clone()).collect();
            let lift = |expr: Expr, seen: &IndexMap<String, Span>| grouping.lift(expr, self.text, seen, &free);
            let lifted = both(
                both(
                    all(items.iter().map(|item| lift(item.expr.clone(), &item.seen))),
                    all(order.iter().map(|key| lift(key.expr.clone(), &key.seen))),
                ),
                both(
                    having.map(|(condition, seen)| lift(condition, &seen)).transpose(),
                    all(windows.iter().map(|call| map_window(call.clone(), &mut |expr| lift(expr, &every)))),
                ),
            )?;
            let ((item_exprs, order_exprs), (having, calls)) = lifted;
            items.iter_mut().zip(item_exprs).for_each(|(item, expr)| item.expr = expr);
            order.iter_mut().zip(order_exprs).for_each(|(key, expr)| key.expr = expr);
            (condition, windows) = (having, calls);
            for expr in series.iter_mut().flat_map(Series::exprs_mut) {
                *expr = lift(expr.clone(), &every)?;
            }
            for join in &mut late {
                for (outer, _) in &mut join.on {
                    *outer = lift(outer.clone(), &every)?;
                }
                lift_outer(&mut join.right, &mut |expr| lift(expr, &every))?;
            }
            rel = grouping.step(rel);
        }
        rel = self.attached(rel, late, select.select_token.0.span)?;
        rel = filter(rel, condition.into_iter().collect());
        rel = windowed(rel, windows, &mut items, &mut order);
        let qualified = order.split_off(sorted + distinct_on);
        rel = filter(rel, qualified.into_iter().map(|key| key.expr).collect());
        if let Some(series) = series {
            rel = series.of_each_row(rel, &series_name());
        }
        let first_of = order.split_off(sorted);
        let distinct = match select.distinct {
            Some(Distinct::Distinct) => Some(Vec::new()),
            Some(Distinct::On(_)) => Some(first_of),
            _ => None,
        };
        binder.output(rel, items, order, distinct)
    }

    /// The rows with what the joins of subqueries bring.
    pub(super) fn attached(&self, rel: Rel, joins: Vec<SubqueryJoin>, place: Span) -> Bound<Rel> {
        let is_copied = joins.iter().any(|join| depends_directly(&join.right));
        let rel = attach(rel, joins, &self.numbers);
        if is_copied {
            self.count_attached(&rel, place)?;
        }
        Ok(rel)
    }

    /// The values of `distinct on (…)`.
    fn first_of(&self, distinct: Option<&Distinct>, items: &[Item], env: &mut Env<'_>) -> Bound<Vec<OrderKey>> {
        let Some(Distinct::On(values)) = distinct else { return Ok(Vec::new()) };
        env.clause = "`distinct on`";
        all(values.iter().map(|value| self.order_value(value, items, env)))
    }

    fn refuse(&self, select: &Select) -> Bound<()> {
        let refuse = |span: Span, what: &str, instead: &str| Err(self.text.unsupported(span, what, instead));
        let start = select.select_token.0.span;
        if select.top.is_some() {
            return refuse(start, "`top`", "use `limit`");
        }
        if select.into.is_some() {
            return refuse(start, "`select into`", "the task's `output` says where the table goes");
        }
        if !select.lateral_views.is_empty() {
            let instead = "rows of a JSON list are `from t, json_array_elements_text(t.tags) as x (tag)`";
            return refuse(start, "`lateral view`", instead);
        }
        if !select.connect_by.is_empty() {
            return refuse(start, "`connect by`", "rows that lead to others are found by `with recursive`");
        }
        if !(select.cluster_by.is_empty() && select.distribute_by.is_empty() && select.sort_by.is_empty()) {
            return refuse(start, "`sort by` and its kind", "write `order by`");
        }
        let other = select.prewhere.is_some()
            || select.exclude.is_some()
            || select.value_table_mode.is_some()
            || select.select_modifiers.is_some();
        if other { refuse(start, "a clause of this `select`", "") } else { Ok(()) }
    }
}

/// The parts of a chain of `and`.
fn split<'q>(ast: &'q Ast, parts: &mut Vec<&'q Ast>) {
    let mut chain = vec![ast];
    while let Some(next) = chain.pop() {
        match next {
            Ast::BinaryOp { left, op: BinaryOperator::And, right } => {
                chain.push(right);
                chain.push(left);
            }
            Ast::Nested(inner) => chain.push(inner),
            other => parts.push(other),
        }
    }
}

/// The name that an item of a select list gives, which `where` does not know yet, and what to write there instead.
fn known_later(item: &SelectItem) -> Option<(String, String)> {
    let SelectItem::ExprWithAlias { expr, alias } = item else { return None };
    let mut kind = FunctionKind::Scalar;
    // Nothing breaks the walk off.
    let _ = visit_expressions(expr, |part| {
        if let Ast::Function(call) = part {
            let found = functions::find(&call.name.to_string().to_lowercase()).map(FunctionDefinition::kind);
            kind = match (&call.over, found) {
                (Some(_), _) => FunctionKind::Window,
                (None, Some(FunctionKind::Aggregate)) if kind != FunctionKind::Window => FunctionKind::Aggregate,
                _ => kind,
            };
        }
        ControlFlow::<()>::Continue(())
    });
    let instead = match kind {
        FunctionKind::Window => "window functions are computed after `where`: write the condition behind `qualify`",
        FunctionKind::Aggregate => "rows are grouped after `where`: write the condition behind `having`",
        FunctionKind::Scalar => {
            "the select list is computed after `where`: repeat the expression, or compute it in a query in `from`"
        }
    };
    Some((alias.value.clone(), instead.to_owned()))
}

/// Names of the columns that joins bring.
pub(super) fn columns_of(joins: &[SubqueryJoin]) -> Vec<String> {
    joins.iter().flat_map(|join| join.right.schema().names().map(String::from).collect::<Vec<_>>()).collect()
}

/// Columns of the grouped query that a relation within it names, as those that the grouping has.
fn lift_outer(rel: &mut Rel, lift: &mut dyn FnMut(Expr) -> Bound<Expr>) -> Bound<()> {
    let mut lifted = BTreeMap::new();
    for (name, data_type) in outer_columns(rel) {
        // A column of a query further out is none of the rows that are grouped.
        if outer_column(&name).is_none() {
            lifted.insert(name.clone(), lift(Expr::column(name, data_type))?);
        }
    }
    let before = std::mem::replace(rel, Rel::Unit);
    *rel = with_outer(before, &mut |name, data_type| match lifted.get(name) {
        Some(expr) => as_outer(expr.clone()),
        None => Expr::column(outer_name(name), data_type),
    });
    Ok(())
}

/// Whether an expression holds a subquery.
pub(super) fn has_subquery(ast: &Ast) -> bool {
    let found = visit_expressions(ast, |expr| match expr {
        Ast::Subquery(_) | Ast::InSubquery { .. } | Ast::Exists { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_break()
}

/// Keys with the names that their columns have in the result, or get for the time between.
fn named_keys(keys: Vec<Expr>, items: &[Item]) -> Vec<(String, Expr)> {
    let values = HashedPlaces::of(items.iter().map(|item| &item.expr));
    let mut named: Vec<(String, Expr)> = Vec::new();
    let mut taken = HashSet::new();
    for (at, key) in keys.into_iter().enumerate() {
        let item = values.candidates(&key).map(|at| &items[at]).find(|item| item.expr == key);
        let wanted = match (item, &key.kind) {
            (Some(item), _) => item.name.clone(),
            (None, ExprKind::Column(name)) => name.clone(),
            (None, _) => format!("key_{}", at + 1),
        };
        let name = fresh(&wanted, |name| taken.contains(name));
        taken.insert(name.clone());
        named.push((name, key));
    }
    named
}

/// Computes the window functions, and puts their columns where items and keys have passing names.
fn windowed(rel: Rel, calls: Vec<WindowCall>, items: &mut [Item], order: &mut [OrderKey]) -> Rel {
    if calls.is_empty() {
        return rel;
    }
    let schema = rel.schema();
    let mut named: Vec<(String, WindowCall)> = Vec::new();
    let mut taken = HashSet::new();
    let mut plain: HashMap<usize, &str> = HashMap::new();
    for item in &*items {
        if let ExprKind::Column(passing) = &item.expr.kind
            && let Some(at) = window_at(passing)
        {
            plain.entry(at).or_insert(&item.name);
        }
    }
    for (at, call) in calls.into_iter().enumerate() {
        let wanted = plain.get(&at).map_or_else(|| format!("window_{}", at + 1), |name| (*name).to_owned());
        let name = fresh(&wanted, |name| schema.contains(name) || taken.contains(name));
        taken.insert(name.clone());
        named.push((name, call));
    }
    let mut settle = |node: &Expr| {
        let ExprKind::Column(name) = &node.kind else { return None };
        let (window, _) = named.get(window_at(name)?)?;
        Some(Expr::column(window, node.data_type))
    };
    for expr in items.iter_mut().map(|item| &mut item.expr).chain(order.iter_mut().map(|key| &mut key.expr)) {
        *expr = rewrite(expr.clone(), &mut settle);
    }
    Rel::Window { input: Box::new(rel), columns: named }
}

/// Changes every expression of a window function.
fn map_window(mut call: WindowCall, change: &mut dyn FnMut(Expr) -> Bound<Expr>) -> Bound<WindowCall> {
    for expr in call.exprs_mut() {
        *expr = change(expr.clone())?;
    }
    Ok(call)
}
