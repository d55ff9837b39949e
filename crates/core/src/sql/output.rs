//! The columns and the order of a query's result.

use std::collections::HashSet;

use indexmap::IndexMap;
use sqlparser::ast::{
    Expr as Ast, ObjectNamePart, OrderBy, Select, SelectItem, SelectItemQualifiedWildcardKind, Spanned,
    WildcardAdditionalOptions,
};
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;
use crate::table::registry::HashedPlaces;
use crate::table::{Expr, Rel, SortKey};

use super::binder::Binder;
use super::env::Env;
use super::grouping::{fresh, project};
use super::query::OrderKeys;
use super::text::{Bound, all};

/// A column of the result.
pub(super) struct Item {
    /// Its name.
    pub name: String,
    /// Its value.
    pub expr: Expr,
    /// Where it stands.
    pub span: Span,
    /// Where each column it uses is named first.
    pub seen: IndexMap<String, Span>,
}

/// A key of `order by`.
pub(super) struct OrderKey {
    /// Its value.
    pub expr: Expr,
    descending: bool,
    nulls_first: bool,
    span: Span,
    /// Where each column it uses is named first.
    pub seen: IndexMap<String, Span>,
}

impl OrderKey {
    /// A value from the smallest up.
    pub(super) fn of(expr: Expr, seen: IndexMap<String, Span>, span: Span) -> Self {
        Self { expr, descending: false, nulls_first: false, span, seen }
    }
}

impl Binder<'_> {
    /// The select list.
    pub(super) fn items(&self, select: &Select, env: &mut Env<'_>) -> Bound<Vec<Item>> {
        let mut items: Vec<Item> = Vec::new();
        let mut errors = Vec::new();
        if select.projection.is_empty() {
            return Err(self.text.wrong(select.span(), "this `select` has no columns", ""));
        }
        for item in &select.projection {
            match self.item_columns(item, items.len(), env) {
                Ok(more) => items.extend(more),
                Err(more) => errors.extend(more),
            }
        }
        if items.is_empty() && errors.is_empty() {
            return Err(self.text.wrong(select.projection[0].span(), "`exclude` leaves no column", ""));
        }
        let mut names = HashSet::new();
        for item in &items {
            if !names.insert(item.name.as_str()) {
                errors.push(
                    Diagnostic::error(format!("two columns of the result are named `{}`", item.name))
                        .at(self.text.place(item.span), "the second")
                        .help("give one another name: `… as other`"),
                );
            }
        }
        if errors.is_empty() { Ok(items) } else { Err(errors) }
    }

    fn item_columns(&self, item: &SelectItem, before: usize, env: &mut Env<'_>) -> Bound<Vec<Item>> {
        let (ast, alias) = match item {
            SelectItem::UnnamedExpr(expr) => (expr, None),
            SelectItem::ExprWithAlias { expr, alias } => (expr, Some(alias)),
            SelectItem::Wildcard(options) => {
                return self.star_items(None, options, env);
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                let [ObjectNamePart::Identifier(table)] = name.0.as_slice() else {
                    return Err(self.text.unsupported(name.span(), &format!("`{name}.*`"), "write `table.*`"));
                };
                return self.star_items(Some(table), options, env);
            }
            other => return Err(self.text.unsupported(other.span(), "this form of column", "")),
        };
        let expr = self.value(ast, env);
        let seen = std::mem::take(&mut env.seen);
        let name = match alias {
            Some(alias) => alias.value.clone(),
            None => self.natural_name(ast, env).unwrap_or_else(|| format!("column_{}", before + 1)),
        };
        let span = alias.map_or_else(|| ast.span(), |alias| alias.span);
        Ok(vec![Item { name, expr: expr?, span, seen }])
    }

    fn star_items(
        &self,
        table: Option<&sqlparser::ast::Ident>,
        options: &WildcardAdditionalOptions,
        env: &mut Env<'_>,
    ) -> Bound<Vec<Item>> {
        let span = options.wildcard_token.0.span;
        let columns = self.star(table, options, env)?;
        let replaced = std::mem::take(&mut env.seen);
        let item = |(name, expr): (String, Expr)| {
            let mut seen = replaced.clone();
            expr.for_each_column(&mut |column| {
                seen.entry(column.to_owned()).or_insert(span);
            });
            Item { name, expr, span, seen }
        };
        Ok(columns.into_iter().map(item).collect())
    }

    /// The name of a column without alias: that of the column or function it is.
    fn natural_name(&self, ast: &Ast, env: &Env<'_>) -> Option<String> {
        let column = |ident: &sqlparser::ast::Ident| {
            let found = env.scope.columns.find(ident, |_, _| true);
            found.first().map_or_else(|| ident.value.clone(), |at| env.scope.columns[*at].name.clone())
        };
        match ast {
            Ast::Identifier(ident) => Some(column(ident)),
            Ast::CompoundIdentifier(parts) => parts.last().map(column),
            Ast::Nested(inner) | Ast::Cast { expr: inner, .. } => self.natural_name(inner, env),
            Ast::Function(call) => match call.name.0.last()? {
                ObjectNamePart::Identifier(name) => Some(name.value.to_lowercase()),
                ObjectNamePart::Function(_) => None,
            },
            Ast::Case { .. } => Some("case".to_owned()),
            Ast::Extract { .. } => Some("extract".to_owned()),
            Ast::Substring { .. } => Some("substr".to_owned()),
            Ast::Trim { .. } => Some("trim".to_owned()),
            Ast::Ceil { .. } => Some("ceil".to_owned()),
            Ast::Floor { .. } => Some("floor".to_owned()),
            _ => None,
        }
    }

    /// The keys of `order by`: names and positions of the result's columns, or expressions.
    pub(super) fn order(&self, order: Option<&OrderBy>, items: &[Item], env: &mut Env<'_>) -> Bound<Vec<OrderKey>> {
        let Some(order) = order else { return Ok(Vec::new()) };
        let keys = match self.order_keys(order)? {
            OrderKeys::Written(keys) => keys,
            OrderKeys::All(options) => {
                let (descending, nulls_first) = self.direction(&options, order.span())?;
                let key = |item: &Item| OrderKey::of(item.expr.clone(), item.seen.clone(), item.span);
                return Ok(items.iter().map(|item| OrderKey { descending, nulls_first, ..key(item) }).collect());
            }
        };
        all(keys.iter().map(|key| {
            let (descending, nulls_first) = self.direction(&key.options, key.expr.span())?;
            Ok(OrderKey { descending, nulls_first, ..self.order_value(&key.expr, items, env)? })
        }))
    }

    /// A name or position of one of the result's columns, whose names are the aliases, or an expression.
    pub(super) fn order_value(&self, ast: &Ast, items: &[Item], env: &mut Env<'_>) -> Bound<OrderKey> {
        let named = match ast {
            Ast::Identifier(ident) => env.aliases.find(ident, |_, _| true).first().map(|at| &items[*at]),
            other => self.position(other, items.len())?.map(|at| &items[at]),
        };
        let (expr, seen) = match named {
            Some(item) => (item.expr.clone(), item.seen.clone()),
            None => {
                let expr = self.value(ast, env)?;
                (expr, std::mem::take(&mut env.seen))
            }
        };
        Ok(OrderKey::of(expr, seen, ast.span()))
    }

    /// The result's columns in its order; with `distinct` the first of the rows that are equal in those values, or in all.
    pub(super) fn output(
        &self,
        rel: Rel,
        items: Vec<Item>,
        order: Vec<OrderKey>,
        distinct: Option<Vec<OrderKey>>,
    ) -> Bound<Rel> {
        let mut columns = Output::of(items.into_iter().map(|item| (item.name, item.expr)).collect());
        let visible = columns.list.len();
        let plain_distinct = distinct.as_ref().is_some_and(Vec::is_empty);
        let mut by = Vec::new();
        for key in order {
            let at = columns.place_of(&key.expr, "order");
            if columns.list.len() > visible && plain_distinct {
                return Err(vec![
                    Diagnostic::error("with `distinct`, `order by` can only use columns of the result")
                        .at(self.text.place(key.span), "")
                        .help("add it to the select list"),
                ]);
            }
            let expr = Expr::column(&columns.list[at].0, key.expr.data_type);
            by.push(SortKey { expr, descending: key.descending, nulls_first: key.nulls_first });
        }
        let mut name_of = |key: &OrderKey| {
            let at = columns.place_of(&key.expr, "distinct");
            columns.list[at].0.clone()
        };
        let on: Option<Vec<String>> = distinct.map(|keys| keys.iter().map(&mut name_of).collect());
        let columns = columns.list;
        let result: Vec<(String, Expr)> =
            columns[..visible].iter().map(|(name, expr)| (name.clone(), Expr::column(name, expr.data_type))).collect();
        let mut rel = project(rel, columns);
        if plain_distinct {
            rel = Rel::Distinct { input: Box::new(rel), on: None };
        }
        if !by.is_empty() {
            rel = Rel::Sort { input: Box::new(rel), by };
        }
        if let Some(on) = on.filter(|on| !on.is_empty()) {
            rel = Rel::Distinct { input: Box::new(rel), on: Some(on) };
        }
        Ok(project(rel, result))
    }
}

/// The columns of a result, and behind them what it is ordered by.
struct Output {
    list: Vec<(String, Expr)>,
    values: HashedPlaces,
    names: HashSet<String>,
}

impl Output {
    fn of(list: Vec<(String, Expr)>) -> Self {
        let values = HashedPlaces::of(list.iter().map(|(_, expr)| expr));
        let names = list.iter().map(|(name, _)| name.clone()).collect();
        Self { list, values, names }
    }

    /// The place of the column of that value, which is appended if there is none.
    fn place_of(&mut self, expr: &Expr, name: &str) -> usize {
        if let Some(at) = self.values.candidates(expr).find(|at| self.list[*at].1 == *expr) {
            return at;
        }
        let prefix = format!("{name}_");
        let number = self.list.iter().filter(|(known, _)| known.starts_with(&prefix)).count() + 1;
        let name = fresh(&format!("{name}_{number}"), |name| self.names.contains(name));
        self.values.add(expr, self.list.len());
        self.names.insert(name.clone());
        self.list.push((name, expr.clone()));
        self.list.len() - 1
    }
}
