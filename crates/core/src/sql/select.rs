//! One `select`: from → where → group → having → windows → output → distinct → sort.

use indexmap::IndexMap;
use sqlparser::ast::{BinaryOperator, Distinct, Expr as Ast, GroupByExpr, OrderByExpr, Select, Spanned};
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;
use crate::table::{Expr, ExprKind, Rel, WindowCall, WindowFunc};

use super::binder::Binder;
use super::column_scope::{ColumnScope, matching};
use super::env::{Allowed, Env, is_passing, outer_column, window_name};
use super::grouping::{Grouping, fresh};
use super::joins::filter;
use super::output::{Item, OrderKey};
use super::subquery::{SubqueryJoin, WhereTerm};
use super::text::{Bound, all, both};
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
    pub(super) fn select(&self, select: &Select, order: &[OrderByExpr]) -> Bound<Rel> {
        let opened = self.open(select, None)?;
        self.finish(select, order, opened)
    }

    /// `from` and `where`; conditions may name columns of `outer`.
    pub(super) fn open(&self, select: &Select, outer: Option<&ColumnScope>) -> Bound<Opened> {
        self.refuse(select)?;
        let from = self.from(&select.from)?;
        let mut env = Env::new(&from.scope, "`where`", Allowed::Scalars);
        env.outer = outer;
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
        let (correlated, own): (Vec<Expr>, Vec<Expr>) =
            conditions.into_iter().partition(|condition| any_column(condition, &|name| outer_column(name).is_some()));
        let (late, plain): (Vec<Expr>, Vec<Expr>) = own
            .into_iter()
            .partition(|condition| any_column(condition, &|name| added.iter().any(|added| added == name)));
        let subqueries = env.subqueries;
        let early = std::mem::take(&mut env.early);
        if early.iter().chain(&semi).any(names_outer) {
            return Err(self.text.unsupported(
                select.span(),
                "a subquery within a subquery tied to the outermost query",
                "use `with`",
            ));
        }
        let mut rel = from.tree.build(plain);
        rel = early.into_iter().chain(semi).fold(rel, |rel, join| join.step(rel));
        Ok(Opened { rel: filter(rel, late), scope: from.scope, correlated, subqueries })
    }

    /// All behind `where`.
    pub(super) fn finish(&self, select: &Select, order: &[OrderByExpr], opened: Opened) -> Bound<Rel> {
        let mut binder = self.clone();
        binder.windows.clone_from(&select.named_window);
        let Opened { mut rel, scope, subqueries, .. } = opened;
        let mut env = Env::new(&scope, "this select list", Allowed::Windows);
        env.subqueries = subqueries;
        let mut items = binder.items(select, &mut env)?;
        let keys = binder.group_keys(&select.group_by, &items, &scope, &columns_of(&env.late));
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
        let (keys, (having, mut order)) = both(keys, both(having.transpose(), order))?;

        let early = std::mem::take(&mut env.early);
        let mut late = std::mem::take(&mut env.late);
        rel = early.into_iter().fold(rel, |rel, join| join.step(rel));
        let mut windows = std::mem::take(&mut env.windows);
        let calls = std::mem::take(&mut env.aggregates);
        let mut condition = having.as_ref().map(|(condition, _)| condition.clone());
        if !calls.is_empty() || !keys.is_empty() || having.is_some() {
            let wanted: Vec<(&str, &Expr)> = items.iter().map(|item| (item.name.as_str(), &item.expr)).collect();
            let grouping = Grouping::new(named_keys(keys, &items), calls, &wanted);
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
            for join in &mut late {
                for (outer, _) in &mut join.on {
                    *outer = lift(outer.clone(), &every)?;
                }
            }
            rel = grouping.step(rel);
        }
        rel = late.into_iter().fold(rel, |rel, join| join.step(rel));
        rel = filter(rel, condition.into_iter().collect());
        rel = windowed(rel, windows, &mut items, &mut order);
        let distinct = matches!(select.distinct, Some(Distinct::Distinct));
        binder.output(rel, items, order, distinct)
    }

    fn group_keys(
        &self,
        group_by: &GroupByExpr,
        items: &[Item],
        scope: &ColumnScope,
        subqueries: &[String],
    ) -> Bound<Vec<Expr>> {
        let GroupByExpr::Expressions(keys, modifiers) = group_by else {
            return Err(self.text.unsupported(group_by.span(), "`group by all`", "name the keys"));
        };
        if !modifiers.is_empty() {
            return Err(self.text.unsupported(group_by.span(), "`with rollup` and its kind", "use several queries"));
        }
        let mut env = Env::new(scope, "`group by`", Allowed::Scalars);
        env.aliases = items.iter().map(|item| (item.name.clone(), item.expr.clone())).collect();
        let bound = all(keys.iter().map(|key| {
            let expr = match self.position(key, items.len())? {
                Some(at) => items[at].expr.clone(),
                None => self.value(key, &mut env)?,
            };
            self.warn_of_alias(key, &expr, &env);
            if any_column(&expr, &is_passing) {
                let message = "a group key cannot hold an aggregate or a window function";
                return Err(self.text.wrong(key.span(), message, ""));
            }
            if any_column(&expr, &|name| subqueries.iter().any(|subquery| subquery == name)) {
                return Err(self.text.unsupported(key.span(), "a subquery in `group by`", "use `with`"));
            }
            Ok(expr)
        }))?;
        if !env.early.is_empty() {
            return Err(self.text.unsupported(group_by.span(), "a subquery in `group by`", "use `with`"));
        }
        let mut distinct: Vec<Expr> = Vec::new();
        for key in bound {
            if !distinct.contains(&key) {
                distinct.push(key);
            }
        }
        Ok(distinct)
    }

    /// Says so if a group key is a column, and the select list calls something else the same.
    fn warn_of_alias(&self, key: &Ast, bound: &Expr, env: &Env<'_>) {
        let Ast::Identifier(name) = key else { return };
        let aliases = matching(&env.aliases, name, |(alias, _)| Some(alias.as_str()));
        // An aggregate cannot be meant.
        let [(_, alias)] = aliases.as_slice() else { return };
        if alias == bound || any_column(alias, &is_passing) {
            return;
        }
        let warning = Diagnostic::warning(format!("`{name}` is grouped by the column of that name, not by the alias"))
            .at(self.text.place(name.span), "the column")
            .help("give the alias another name, or group by the expression or its number in the select list");
        let mut warnings = self.warnings.borrow_mut();
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    fn refuse(&self, select: &Select) -> Bound<()> {
        let refuse = |span: Span, what: &str, instead: &str| Err(self.text.unsupported(span, what, instead));
        let start = select.select_token.0.span;
        if let Some(Distinct::On(_)) = &select.distinct {
            return refuse(
                start,
                "`distinct on`",
                "use `row_number() over (partition by … order by …) = 1` in a subquery",
            );
        }
        if select.top.is_some() {
            return refuse(start, "`top`", "use `limit`");
        }
        if let Some(qualify) = &select.qualify {
            return refuse(qualify.span(), "`qualify`", "compute the window in a subquery and use `where` outside");
        }
        if select.into.is_some() {
            return refuse(start, "`select into`", "the task's `output` says where the table goes");
        }
        let other = !select.lateral_views.is_empty()
            || select.prewhere.is_some()
            || !select.connect_by.is_empty()
            || !select.cluster_by.is_empty()
            || !select.distribute_by.is_empty()
            || !select.sort_by.is_empty()
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

/// Names of the columns that joins bring.
fn columns_of(joins: &[SubqueryJoin]) -> Vec<String> {
    joins.iter().flat_map(|join| join.right.schema().names().map(String::from).collect::<Vec<_>>()).collect()
}

/// Whether a join is tied to the query two levels up.
fn names_outer(join: &SubqueryJoin) -> bool {
    let outer = |expr: &Expr| any_column(expr, &|name| outer_column(name).is_some());
    join.on.iter().any(|(left, right)| outer(left) || outer(right)) || join.condition.iter().any(outer)
}

/// Keys with the names that their columns have in the result, or get for the time between.
fn named_keys(keys: Vec<Expr>, items: &[Item]) -> Vec<(String, Expr)> {
    let mut named: Vec<(String, Expr)> = Vec::new();
    for (at, key) in keys.into_iter().enumerate() {
        let wanted = match (items.iter().find(|item| item.expr == key), &key.kind) {
            (Some(item), _) => item.name.clone(),
            (None, ExprKind::Column(name)) => name.clone(),
            (None, _) => format!("key_{}", at + 1),
        };
        let name = fresh(&wanted, |name| named.iter().any(|(other, _)| other == name));
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
    for (at, call) in calls.into_iter().enumerate() {
        let passing = window_name(at);
        let item = items.iter().find(|item| matches!(&item.expr.kind, ExprKind::Column(name) if *name == passing));
        let wanted = item.map_or_else(|| format!("window_{}", at + 1), |item| item.name.clone());
        let taken = |name: &String| schema.contains(name) || named.iter().any(|(other, _)| other == name);
        let name = fresh(&wanted, taken);
        named.push((name, call));
    }
    let mut settle = |node: &Expr| {
        let ExprKind::Column(name) = &node.kind else { return None };
        let at = (0..named.len()).find(|at| *name == window_name(*at))?;
        Some(Expr::column(&named[at].0, node.data_type))
    };
    for expr in items.iter_mut().map(|item| &mut item.expr).chain(order.iter_mut().map(|key| &mut key.expr)) {
        *expr = rewrite(expr.clone(), &mut settle);
    }
    Rel::Window { input: Box::new(rel), columns: named }
}

/// Changes every expression of a window function.
fn map_window(call: WindowCall, change: &mut dyn FnMut(Expr) -> Bound<Expr>) -> Bound<WindowCall> {
    let func = match call.func {
        WindowFunc::Shift { value, offset, default } => {
            WindowFunc::Shift { value: change(value)?, offset, default: default.map(&mut *change).transpose()? }
        }
        WindowFunc::FirstValue(value) => WindowFunc::FirstValue(change(value)?),
        WindowFunc::LastValue(value) => WindowFunc::LastValue(change(value)?),
        WindowFunc::Agg(mut agg) => {
            agg.args = agg.args.into_iter().map(&mut *change).collect::<Bound<_>>()?;
            agg.filter = agg.filter.map(&mut *change).transpose()?;
            WindowFunc::Agg(agg)
        }
        plain => plain,
    };
    let partition_by = call.partition_by.into_iter().map(&mut *change).collect::<Bound<_>>()?;
    let mut order_by = call.order_by;
    for key in &mut order_by {
        key.expr = change(key.expr.clone())?;
    }
    Ok(WindowCall { func, partition_by, order_by, ..call })
}
