//! The SQL of task keys: `derive`, `where`, `metrics`, `having`, `expr`, `reject`, `sort`.

use std::collections::HashSet;

use indexmap::IndexMap;
use sqlparser::ast::Ident;

use crate::diagnostic::{Diagnostic, SourceMap};
use crate::spec::{At, SqlText};
use crate::table::{DataType, Expr, Rel, Schema, SortKey};

use super::binder::Binder;
use super::column_scope::{ColumnScope, ScopeColumn};
use super::env::{Allowed, Env};
use super::grouping::{Grouping, project};
use super::null_comparisons::null_comparisons;
use super::text::{Bound, Text};

/// The columns of a table, over whose rows one or many expressions are bound.
pub struct RowColumns(ColumnScope);

impl RowColumns {
    /// Those of a table.
    pub fn of(schema: &Schema) -> Self {
        Self(ColumnScope::of_schema(None, schema))
    }

    /// Adds a column at the end, or gives the one of that name another type.
    pub fn set(&mut self, name: &str, data_type: DataType) {
        let exactly = Ident::with_quote('"', name);
        let expr = Expr::column(name, data_type);
        match self.0.columns.find(&exactly, |_, _| true).first() {
            Some(at) => self.0.columns.things_mut()[*at].expr = expr,
            None => self.0.columns.push(ScopeColumn { table: None, name: name.to_owned(), expr, merged_away: false }),
        }
    }
}

/// Binds an expression over one row of a table with these columns.
///
/// # Errors
/// Everything that is wrong with the text, each at its place: grammar, unknown columns and functions, types that do not
/// fit, aggregates and subqueries, which have no place here.
pub fn bind_scalar(sql: &SqlText, columns: &RowColumns, sources: &SourceMap) -> Result<Expr, Vec<Diagnostic>> {
    row_by_row(sql, columns, sources, |binder, ast, env| binder.value(ast, env))
}

/// Binds a condition over one row of a table with these columns; the result is a bool.
///
/// # Errors
/// As [`bind_scalar`]; also an expression of another type.
pub fn bind_predicate(sql: &SqlText, columns: &RowColumns, sources: &SourceMap) -> Result<Expr, Vec<Diagnostic>> {
    row_by_row(sql, columns, sources, |binder, ast, env| binder.condition(ast, env))
}

/// What is no mistake in an expression and yet worth knowing; nothing of one that does not follow the grammar.
pub fn expression_warnings(sql: &SqlText, sources: &SourceMap) -> Vec<Diagnostic> {
    let text = Text::new(sql, sources);
    text.with_stack(|| Ok(null_comparisons(text, &text.expression()?))).unwrap_or_default()
}

fn row_by_row(
    sql: &SqlText,
    columns: &RowColumns,
    sources: &SourceMap,
    bind: impl FnOnce(&Binder<'_>, &sqlparser::ast::Expr, &mut Env<'_>) -> Bound<Expr>,
) -> Bound<Expr> {
    let text = Text::new(sql, sources);
    text.with_stack(|| {
        let ast = text.expression()?;
        let mut env = Env::new(&columns.0, "this expression", Allowed::Scalars);
        bind(&Binder::of_rows(text), &ast, &mut env)
    })
}

/// Binds the group keys (names of columns), metrics and `having` of an aggregation of `input`.
///
/// A metric is any expression over aggregates and keys. The columns are the keys and then the metrics; rows dropped by
/// `having` are accounted under that name.
///
/// # Errors
/// As [`bind_scalar`]; also an unknown key, a name given twice, a metric that names a column outside any aggregate.
pub fn bind_aggregate(
    input: Rel,
    keys: &[At<String>],
    metrics: &[(At<String>, SqlText)],
    having: Option<&SqlText>,
    sources: &SourceMap,
) -> Result<Rel, Vec<Diagnostic>> {
    let schema = input.schema();
    let scope = ColumnScope::of_schema(None, &schema);
    let mut errors = twice_named(keys.iter().chain(metrics.iter().map(|(name, _)| name)));
    let key_exprs = key_columns(keys, &schema, &mut errors);
    let mut env = Env::new(&scope, "a metric", Allowed::Aggregates);
    let mut bound = Vec::new();
    for (name, sql) in metrics {
        match condition_or_value(sql, sources, &mut env, false) {
            Ok((expr, seen)) => bound.push((name.value.clone(), expr, sql, seen)),
            Err(more) => errors.extend(more),
        }
    }
    let having = having.and_then(|sql| {
        env.clause = "`having`";
        env.aliases = bound.iter().map(|(name, expr, ..)| (name.clone(), expr.clone())).collect();
        env.aliases_first = true;
        match condition_or_value(sql, sources, &mut env, true) {
            Ok((expr, seen)) => Some((expr, sql, seen)),
            Err(more) => {
                errors.extend(more);
                None
            }
        }
    });
    if !errors.is_empty() {
        return Err(errors);
    }
    let wanted: Vec<(&str, &Expr)> = bound.iter().map(|(name, expr, ..)| (name.as_str(), expr)).collect();
    let grouping = Grouping::new(key_exprs.clone(), std::mem::take(&mut env.aggregates).into_things(), &wanted);
    let mut columns: Vec<(String, Expr)> =
        key_exprs.iter().map(|(name, expr)| (name.clone(), Expr::column(name, expr.data_type))).collect();
    for (name, expr, sql, seen) in bound {
        match grouping.lift(expr, Text::new(sql, sources), &seen, &[]) {
            Ok(expr) => columns.push((name, expr)),
            Err(more) => errors.extend(more),
        }
    }
    let mut rel = grouping.step(input);
    if let Some((expr, sql, seen)) = having {
        match grouping.lift(expr, Text::new(sql, sources), &seen, &[]) {
            Ok(predicate) => {
                rel = Rel::Filter { input: Box::new(rel), predicate, account: Some("having".to_owned()) };
            }
            Err(more) => errors.extend(more),
        }
    }
    if errors.is_empty() { Ok(project(rel, columns)) } else { Err(errors) }
}

/// Columns of the result that have the name of one before.
fn twice_named<'a>(names: impl Iterator<Item = &'a At<String>>) -> Vec<Diagnostic> {
    let mut known = HashSet::new();
    let twice = names.filter(|name| !known.insert(name.value.as_str())).map(|name| {
        Diagnostic::error(format!("there are two columns `{}`", name.value))
            .at(name.span, "the second")
            .help("give the metric another name")
    });
    twice.collect()
}

/// The keys as columns of the input.
pub(super) fn key_columns(keys: &[At<String>], schema: &Schema, errors: &mut Vec<Diagnostic>) -> Vec<(String, Expr)> {
    let mut columns = Vec::with_capacity(keys.len());
    for key in keys {
        match schema.get(&key.value) {
            Some(data_type) => columns.push((key.value.clone(), Expr::column(&key.value, data_type))),
            None => errors.push(unknown_column(key, &key.value, schema)),
        }
    }
    columns
}

pub(super) type Seen = IndexMap<String, sqlparser::tokenizer::Span>;

/// Binds one text in an environment that several share; `seen` is its own.
pub(super) fn condition_or_value(
    sql: &SqlText,
    sources: &SourceMap,
    env: &mut Env<'_>,
    condition: bool,
) -> Bound<(Expr, Seen)> {
    let text = Text::new(sql, sources);
    let expr = text.with_stack(|| {
        let ast = text.expression()?;
        let binder = Binder::of_rows(text);
        if condition { binder.condition(&ast, env) } else { binder.value(&ast, env) }
    });
    let seen = std::mem::take(&mut env.seen);
    expr.map(|expr| (expr, seen))
}

/// Binds sort keys as tasks write them: `name`, or `-name` for the largest first. NULLs come last either way.
///
/// # Errors
/// A column that is not there.
pub fn bind_sort(keys: &[At<String>], schema: &Schema) -> Result<Vec<SortKey>, Vec<Diagnostic>> {
    super::text::all(keys.iter().map(|key| {
        let (name, descending) = match key.value.strip_prefix('-') {
            Some(name) if !schema.contains(&key.value) => (name.trim_start(), true),
            _ => (key.value.as_str(), false),
        };
        match schema.get(name) {
            Some(data_type) => Ok(SortKey { expr: Expr::column(name, data_type), descending, nulls_first: false }),
            None => Err(vec![unknown_column(key, name, schema)]),
        }
    }))
}

fn unknown_column(at: &At<String>, name: &str, schema: &Schema) -> Diagnostic {
    Diagnostic::error(format!("there is no column `{name}`"))
        .at(at.span, "unknown column")
        .suggest(name, schema.names())
}
