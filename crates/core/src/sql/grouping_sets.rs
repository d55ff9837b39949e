//! `group by`: keys, `all`, and `rollup`, `cube` and `grouping sets`, which group the same rows in several ways.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr as Ast, Function as AstCall, GroupByExpr, Ident, Query, Select, SelectItem, Spanned, Visit, Visitor,
};
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;
use crate::table::Expr;
use crate::table::registry::Registry;

use super::binder::Binder;
use super::column_scope::Found;
use super::env::{Allowed, Env, SELECT_LIST, is_of_groups};
use super::functions::plain_args;
use super::output::Item;
use super::select::has_subquery;
use super::text::{Bound, all};
use super::walk::any_column;

/// So many ways to group are the most, as in PostgreSQL.
const MAX_SETS: usize = 4_096;

/// What a query groups by.
#[derive(Default)]
pub(super) struct GroupKeys {
    /// The keys, each once.
    pub keys: Vec<Expr>,
    /// The keys of each way to group; none if all keys are those of the only one.
    pub sets: Option<Vec<Vec<usize>>>,
}

impl Binder<'_> {
    /// The keys of a `group by`.
    pub(super) fn group_keys(&self, group_by: &GroupByExpr, items: &[Item], within: &Env<'_>) -> Bound<GroupKeys> {
        let (elements, modifiers) = match group_by {
            GroupByExpr::All(modifiers) => (None, modifiers),
            GroupByExpr::Expressions(elements, modifiers) => (Some(elements), modifiers),
        };
        if !modifiers.is_empty() {
            return Err(self.text.unsupported(group_by.span(), "`with rollup` and its kind", "write `rollup (…)`"));
        }
        let Some(elements) = elements else {
            let is_key = |expr: &&Expr| any_column(expr, &|_| true) && !any_column(expr, &is_of_groups);
            let plain: Registry<Expr> = items.iter().map(|item| &item.expr).filter(is_key).cloned().collect();
            return Ok(GroupKeys { keys: plain.into_things(), sets: None });
        };
        let mut env = Env::new(within.scope, "`group by`", Allowed::Scalars);
        env.of_keys.clone_from(&within.of_keys);
        env.aliases = items.iter().map(|item| (item.name.clone(), item.expr.clone())).collect();
        let mut sets: Vec<Vec<&Ast>> = vec![vec![]];
        for element in elements {
            match sets_of(element).as_slice() {
                [only] => sets.iter_mut().for_each(|set| set.extend(only)),
                several => sets = self.each_with_each(&sets, several, element.span())?,
            }
        }
        let written: Registry<&Ast> = sets.iter().flatten().copied().collect();
        let bound = all(written.iter().map(|key| self.group_key(key, items, &mut env)))?;
        let keys: Registry<Expr> = bound.iter().cloned().collect();
        let place = |key: &&Ast| written.place(key).and_then(|at| keys.place(&bound[at]));
        let places = |set: &Vec<&Ast>| set.iter().filter_map(place).collect::<Registry<usize>>().into_things();
        let sets: Vec<Vec<usize>> = sets.iter().map(places).collect();
        let keys = keys.into_things();
        let is_plain = matches!(sets.as_slice(), [only] if only.len() == keys.len() && !keys.is_empty());
        let plain = is_plain || elements.is_empty();
        Ok(GroupKeys { keys, sets: (!plain).then_some(sets) })
    }

    /// Computes the subqueries that stand in group keys before rows are grouped, so that the select list finds them.
    pub(super) fn subqueries_of_keys(&self, select: &Select, env: &mut Env<'_>) -> Bound<()> {
        let keys: Vec<&Ast> = match &select.group_by {
            GroupByExpr::Expressions(elements, _) => {
                let keys = elements.iter().flat_map(sets_of).flatten();
                all(keys.map(|key| self.written_key(key, select, env)))?
            }
            GroupByExpr::All(_) => {
                let items = select.projection.iter().filter_map(expression_of).filter(|item| has_subquery(item));
                let plain = all(items.map(|item| Ok((!self.holds_aggregate(item, env)?).then_some(item))))?;
                plain.into_iter().flatten().collect()
            }
        };
        let mut subqueries = Outermost::default();
        for key in keys {
            let _: ControlFlow<()> = key.visit(&mut subqueries);
        }
        let allowed = std::mem::replace(&mut env.allowed, Allowed::Scalars);
        let values =
            all(subqueries.found.iter().map(|subquery| Ok((subquery.to_string(), self.value(subquery, env)?))));
        env.allowed = allowed;
        env.of_keys = values?;
        Ok(())
    }

    /// What a group key stands for: an item of the select list by its number or its name, or itself.
    fn written_key<'q>(&self, key: &'q Ast, select: &'q Select, env: &Env<'_>) -> Bound<&'q Ast> {
        let items: Option<Vec<&Ast>> = select.projection.iter().map(expression_of).collect();
        let by_name = |name: &Ident| {
            let is_it = |item: &&SelectItem| match item {
                SelectItem::ExprWithAlias { alias, .. } => alias.value.eq_ignore_ascii_case(&name.value),
                _ => false,
            };
            select.projection.iter().find(is_it).and_then(expression_of)
        };
        Ok(match (key, &items) {
            (Ast::Value(_), Some(items)) => self.position(key, items.len())?.map_or(key, |at| items[at]),
            (Ast::Identifier(name), _) => match env.scope.find(self.text, None, name)? {
                Found::Column(_) => key,
                Found::Missing(_) => by_name(name).unwrap_or(key),
            },
            _ => key,
        })
    }

    /// Whether an item of the select list is computed from groups.
    fn holds_aggregate(&self, item: &Ast, env: &Env<'_>) -> Bound<bool> {
        let mut trial = Env::new(env.scope, SELECT_LIST, Allowed::Windows);
        let expr = self.value(item, &mut trial)?;
        Ok(any_column(&expr, &is_of_groups))
    }

    /// Every set of the one kind put together with every set of the other.
    fn each_with_each<'q>(&self, a: &[Vec<&'q Ast>], b: &[Vec<&'q Ast>], span: Span) -> Bound<Vec<Vec<&'q Ast>>> {
        if a.len().saturating_mul(b.len()) > MAX_SETS {
            let message = format!("this `group by` groups in more than {MAX_SETS} ways");
            return Err(self.text.wrong(span, message, ""));
        }
        Ok(a.iter().flat_map(|a| b.iter().map(|b| a.iter().chain(b).copied().collect())).collect())
    }

    fn group_key(&self, key: &Ast, items: &[Item], env: &mut Env<'_>) -> Bound<Expr> {
        let expr = match self.position(key, items.len())? {
            Some(at) => items[at].expr.clone(),
            None => self.value(key, env)?,
        };
        self.warn_of_alias(key, &expr, env);
        if any_column(&expr, &is_of_groups) {
            let message = "a group key cannot hold an aggregate or a window function";
            return Err(self.text.wrong(key.span(), message, ""));
        }
        Ok(expr)
    }

    /// Says so if a group key is a column, and the select list calls something else the same.
    fn warn_of_alias(&self, key: &Ast, bound: &Expr, env: &Env<'_>) {
        let Ast::Identifier(name) = key else { return };
        // An aggregate cannot be meant.
        let &[at] = env.aliases.find(name, |_, _| true).as_slice() else { return };
        let alias = &env.aliases[at].1;
        if alias == bound || any_column(alias, &is_of_groups) {
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

    /// `grouping(a, b)`: a bit for each argument, set where the row is not grouped by it; the last one counts 1.
    pub(super) fn grouping_call(&self, call: &AstCall, span: Span, env: &mut Env<'_>) -> Bound<Expr> {
        if env.allowed == Allowed::Scalars || env.within.is_some() {
            let message = format!("`grouping` cannot stand in {}", env.clause);
            return Err(self.text.wrong(span, message, "it says by which keys rows were grouped"));
        }
        let args = plain_args(self, "grouping", call)?;
        if args.is_empty() || args.len() > 31 {
            return Err(self.text.wrong(span, "`grouping` takes 1 to 31 group keys", ""));
        }
        env.within = Some("grouping".to_owned());
        let bound = all(args.iter().map(|arg| self.value(arg, env)));
        env.within = None;
        Ok(env.grouping(bound?, span))
    }
}

/// The expression of an item that is one.
fn expression_of(item: &SelectItem) -> Option<&Ast> {
    match item {
        SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
        _ => None,
    }
}

/// The subqueries of an expression that stand in no other.
#[derive(Default)]
struct Outermost {
    depth: usize,
    found: Vec<Ast>,
}

impl Visitor for Outermost {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Ast) -> ControlFlow<()> {
        let is_subquery = matches!(expr, Ast::Subquery(_) | Ast::Exists { .. } | Ast::InSubquery { .. });
        if is_subquery && self.depth == 0 && !self.found.contains(expr) {
            self.found.push(expr.clone());
        }
        ControlFlow::Continue(())
    }
}

/// The ways to group that an element of `group by` stands for.
fn sets_of(element: &Ast) -> Vec<Vec<&Ast>> {
    match element {
        Ast::Rollup(parts) => rollup(parts.iter().map(|part| part.iter().collect()).collect()),
        Ast::Cube(parts) => cube(parts.iter().map(|part| part.iter().collect()).collect()),
        Ast::GroupingSets(sets) => sets
            .iter()
            .flat_map(|set| match set.as_slice() {
                [only] => sets_of(only),
                keys => vec![keys.iter().collect()],
            })
            .collect(),
        Ast::Tuple(keys) => vec![keys.iter().collect()],
        // Within `grouping sets` the grammar takes these for calls.
        Ast::Function(call) if call.name.to_string().eq_ignore_ascii_case("rollup") => rollup(parts_of(call)),
        Ast::Function(call) if call.name.to_string().eq_ignore_ascii_case("cube") => cube(parts_of(call)),
        key => vec![vec![key]],
    }
}

fn parts_of(call: &AstCall) -> Vec<Vec<&Ast>> {
    use sqlparser::ast::{FunctionArg, FunctionArgExpr, FunctionArguments};
    let FunctionArguments::List(list) = &call.args else { return vec![] };
    fn part(arg: &FunctionArg) -> Option<Vec<&Ast>> {
        match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(Ast::Tuple(keys))) => Some(keys.iter().collect()),
            FunctionArg::Unnamed(FunctionArgExpr::Expr(key)) => Some(vec![key]),
            _ => None,
        }
    }
    list.args.iter().filter_map(part).collect()
}

/// All parts, all but the last, and so on to none.
fn rollup(parts: Vec<Vec<&Ast>>) -> Vec<Vec<&Ast>> {
    (0..=parts.len()).rev().map(|count| parts[..count].concat()).collect()
}

/// Every choice of parts; far too many are refused by their number, not tried.
fn cube(parts: Vec<Vec<&Ast>>) -> Vec<Vec<&Ast>> {
    let choices = 1_usize << parts.len().min(13);
    let chosen = |choice: usize| {
        let is_in = |at: &usize| choice >> (parts.len() - 1 - at) & 1 == 0;
        (0..parts.len()).filter(is_in).flat_map(|at| parts[at].clone()).collect()
    };
    (0..choices).map(chosen).collect()
}
