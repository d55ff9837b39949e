//! `from t pivot (…)` and `from t unpivot (…)`.

use std::collections::HashSet;

use sqlparser::ast::{
    Expr as Ast, ExprWithAlias, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, NullInclusion,
    PivotValueSource, Spanned, TableAlias, TableFactor,
};
use sqlparser::tokenizer::Span;

use crate::diagnostic::{Diagnostic, SourceMap};
use crate::spec::{At, SqlText};
use crate::table::registry::Registry;
use crate::table::{AggCall, CmpOp, DataType, Expr, ListedStep, Rel, Schema, Value};

use super::binder::Binder;
use super::column_scope::{ColumnScope, Found};
use super::env::{Allowed, Env};
use super::grouping::{Grouping, project};
use super::joins::filter;
use super::literal;
use super::operators::comparable_exprs;
use super::pivot_text::grouped_name;
use super::tasks::{condition_or_value, key_columns};
use super::text::{Bound, Text, all};
use super::type_names::named;
use super::types::{coerce, common_type};
use super::walk::{all_of, compare, is_null};

impl Binder<'_> {
    /// A pivoted table with its name.
    pub(super) fn pivoted(&self, factor: &TableFactor) -> Bound<(String, Span, Rel)> {
        let (table, alias) = match factor {
            TableFactor::Pivot { table, alias, .. } | TableFactor::Unpivot { table, alias, .. } => (table, alias),
            other => return Err(self.text.unsupported(other.span(), "this form of table", "")),
        };
        let (name, span, rel, _) = self.single(table, &[])?;
        let rel = match factor {
            TableFactor::Pivot { aggregate_functions, value_column, value_source, default_on_null, .. } => {
                if default_on_null.is_some() {
                    let instead = "use `coalesce` in the select list";
                    return Err(self.text.unsupported(table.span(), "`default on null`", instead));
                }
                self.pivot(rel, aggregate_functions, value_column, value_source, table.span())?
            }
            TableFactor::Unpivot { value, name, columns, null_inclusion, .. } => {
                let keeps_null = matches!(null_inclusion, Some(NullInclusion::IncludeNulls));
                self.unpivot(rel, value, name, columns, keeps_null)?
            }
            _ => rel,
        };
        match alias {
            Some(alias @ TableAlias { .. }) => {
                Ok((alias.name.value.clone(), alias.name.span, self.renamed(rel, alias)?))
            }
            None => Ok((name, span, rel)),
        }
    }

    /// A column for each value of one, each with aggregates of its rows; all other columns are keys.
    fn pivot(
        &self,
        rel: Rel,
        aggregates: &[ExprWithAlias],
        by: &[Ast],
        values: &PivotValueSource,
        span: Span,
    ) -> Bound<Rel> {
        let PivotValueSource::List(values) = values else {
            let instead = "the columns of a table are known before it is computed: list the values";
            return Err(self.text.unsupported(span, "`pivot` without a list of values", instead));
        };
        let [by] = by else {
            return Err(self.text.unsupported(span, "`pivot` by several columns", "join them by `||`"));
        };
        let (by, keys) = with_keys(by);
        let schema = rel.schema();
        let scope = ColumnScope::of_schema(None, &schema);
        let mut env = Env::new(&scope, "`pivot`", Allowed::Aggregates);
        let (mut columns, mut list) = (Vec::new(), Vec::new());
        for value in values {
            let known = env.aggregates.len();
            let pivot = self.expr(by, &mut env)?;
            let constant = self.expr(&value.expr, &mut env)?;
            let label = match (&value.alias, literal::shown(&constant)) {
                (Some(alias), _) => alias.value.clone(),
                (None, Some(label)) => label,
                (None, None) => {
                    return Err(self.text.wrong(value.expr.span(), "`pivot` takes a list of constants", ""));
                }
            };
            let is_it = match constant.data_type {
                DataType::Null => is_null(pivot, false),
                _ => {
                    let (pivot, constant) = comparable_exprs(self, (pivot, by), (constant, &value.expr))?;
                    compare(CmpOp::Eq, pivot, constant)
                }
            };
            list.push((value.expr.to_string(), is_it.clone()));
            for aggregate in aggregates {
                let expr = self.value(&aggregate.expr, &mut env)?;
                let name = match (&aggregate.alias, aggregates.len()) {
                    (None, 1) => label.clone(),
                    (None, _) => format!("{label}_{}", aggregate.expr.to_string().to_lowercase()),
                    (Some(alias), _) => format!("{label}_{}", alias.value),
                };
                columns.push((name, expr));
            }
            only_where(&mut env.aggregates, known, &is_it);
        }
        let value = self.value(by, &mut env)?;
        let calls = std::mem::take(&mut env.aggregates).into_things();
        let mut read: HashSet<String> = HashSet::new();
        let seen = std::mem::take(&mut env.seen);
        for call in &calls {
            call.args.iter().chain(&call.filter).for_each(|expr| {
                expr.for_each_column(&mut |name| {
                    read.insert(name.to_owned());
                })
            });
        }
        let keys = match keys {
            None => remaining(&schema, &read),
            Some(keys) => all(keys.into_iter().map(|key| Ok(named_column(self.named(key, &scope, "`group by`")?.1))))?,
        };
        let wanted: Vec<(&str, &Expr)> = columns.iter().map(|(name, expr)| (name.as_str(), expr)).collect();
        let grouping = Grouping::new(keys.clone(), calls, &wanted);
        let lifted = all(columns
            .iter()
            .map(|(name, expr)| Ok((name.clone(), grouping.lift(expr.clone(), self.text, &seen, &[])?))))?;
        let rel = Rel::Listed(Box::new(ListedStep { input: rel, value, list }));
        self.unique(project(grouping.step(rel), keys.into_iter().chain(lifted).collect()), span)
    }

    /// A row for each of several columns: its name and its value.
    fn unpivot(&self, rel: Rel, value: &Ast, name: &Ident, columns: &[ExprWithAlias], keeps_null: bool) -> Bound<Rel> {
        let Ast::Identifier(value) = value else {
            return Err(self.text.unsupported(value.span(), "`unpivot` into several columns", "unpivot one by one"));
        };
        let schema = rel.schema();
        let scope = ColumnScope::of_schema(None, &schema);
        let chosen = all(columns.iter().map(|column| {
            let (ident, expr) = self.named(&column.expr, &scope, "`unpivot`")?;
            Ok((ident, expr, column.alias.as_ref().map(|alias| alias.value.clone())))
        }))?;
        let mut data_type = DataType::Null;
        for (ident, expr, _) in &chosen {
            data_type = common_type(data_type, expr.data_type).ok_or_else(|| {
                vec![
                    Diagnostic::error(format!(
                        "`{}` is {}, and columns before it {}",
                        ident.value,
                        named(expr.data_type),
                        named(data_type)
                    ))
                    .at(self.text.place(ident.span), named(expr.data_type))
                    .help("convert them to one type in a subquery: `cast(… as string)`"),
                ]
            })?;
        }
        let read: HashSet<String> = chosen.iter().map(|(_, expr, _)| expr.to_string()).collect();
        let keys = remaining(&schema, &read);
        let label = |(_, expr, alias): &(&Ident, Expr, Option<String>)| {
            Expr::literal(Value::String(alias.clone().unwrap_or_else(|| expr.to_string())))
        };
        let appended = vec![
            (name.value.clone(), chosen.iter().map(label).collect()),
            (value.value.clone(), chosen.iter().map(|(_, expr, _)| coerce(expr.clone(), data_type)).collect()),
        ];
        let output = [(&name.value, DataType::String), (&value.value, data_type)]
            .map(|(name, data_type)| (name.clone(), Expr::column(name, data_type)));
        if let Some((taken, _)) = keys.iter().find(|(key, _)| *key == name.value || *key == value.value) {
            let message = format!("there is a column `{taken}` already");
            return Err(self.text.wrong(name.span, message, "give it another name"));
        }
        let below = project(
            rel,
            keys.iter().cloned().chain(chosen.iter().map(|(_, expr, _)| (expr.to_string(), expr.clone()))).collect(),
        );
        let expanded = Rel::Expand { input: Box::new(below), columns: appended };
        let there = if keeps_null { vec![] } else { vec![is_null(output[1].1.clone(), true)] };
        Ok(project(filter(expanded, there), keys.into_iter().chain(output).collect()))
    }

    /// A column by its name alone.
    fn named<'q>(&self, ast: &'q Ast, scope: &ColumnScope, what: &str) -> Bound<(&'q Ident, Expr)> {
        let Ast::Identifier(ident) = ast else {
            return Err(self.text.wrong(ast.span(), format!("{what} takes names of columns"), ""));
        };
        match scope.find(self.text, None, ident)? {
            Found::Column(expr) => Ok((ident, expr)),
            Found::Missing(diagnostic) => Err(vec![diagnostic]),
        }
    }

    /// Refuses two columns of one name.
    fn unique(&self, rel: Rel, span: Span) -> Bound<Rel> {
        let Rel::Project { columns, .. } = &rel else { return Ok(rel) };
        let mut names = HashSet::new();
        match columns.iter().find(|(name, _)| !names.insert(name.as_str())) {
            Some((name, _)) => Err(self.text.wrong(span, format!("`pivot` makes two columns `{name}`"), "")),
            None => Ok(rel),
        }
    }
}

/// What a pivot goes by, and behind `group by` its keys.
fn with_keys(by: &Ast) -> (&Ast, Option<Vec<&Ast>>) {
    if let Ast::Function(call) = by
        && call.name.to_string() == grouped_name()
        && let FunctionArguments::List(list) = &call.args
    {
        let mut args = list.args.iter().filter_map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        });
        if let Some(by) = args.next() {
            return (by, Some(args.collect()));
        }
    }
    (by, None)
}

/// A column as it is.
fn named_column(column: Expr) -> (String, Expr) {
    (column.to_string(), column)
}

/// A value that becomes a column.
pub struct PivotColumn {
    /// What the column is called.
    pub label: String,
    /// Where the value stands.
    pub span: crate::diagnostic::Span,
    /// The value.
    pub value: Value,
}

/// Binds a pivot: the keys (names of columns), and for each value of the column `on` the metrics of its rows, called as the value
/// if there is one metric, and else `value_metric`.
///
/// # Errors
/// As [`bind_aggregate`](super::bind_aggregate); also two columns of one name.
pub fn bind_pivot(
    input: Rel,
    keys: &[At<String>],
    on: &Expr,
    columns: &[PivotColumn],
    metrics: &[(At<String>, SqlText)],
    sources: &SourceMap,
) -> Result<Rel, Vec<Diagnostic>> {
    let schema = input.schema();
    let scope = ColumnScope::of_schema(None, &schema);
    let mut env = Env::new(&scope, "a metric", Allowed::Aggregates);
    let (mut bound, mut list) = (Vec::new(), Vec::new());
    let mut errors = Vec::new();
    let mut names: HashSet<String> = keys.iter().map(|key| key.value.clone()).collect();
    let key_exprs = key_columns(keys, &schema, &mut errors);
    for column in columns {
        let known = env.aggregates.len();
        for (metric, sql) in metrics {
            let name =
                if metrics.len() == 1 { column.label.clone() } else { format!("{}_{}", column.label, metric.value) };
            if !names.insert(name.clone()) {
                errors.push(Diagnostic::error(format!("there are two columns `{name}`")).at(column.span, "the second"));
            }
            match condition_or_value(sql, sources, &mut env, false) {
                Ok((expr, seen)) => bound.push((name, expr, sql, seen)),
                Err(more) => errors.extend(more),
            }
        }
        let is_it = match &column.value {
            Value::Null => is_null(on.clone(), false),
            value => compare(CmpOp::Eq, on.clone(), Expr::literal(value.clone()).cast(on.data_type)),
        };
        list.push((shown(&column.value), is_it.clone()));
        only_where(&mut env.aggregates, known, &is_it);
        if !errors.is_empty() {
            // The metrics of the next column have the same mistakes.
            break;
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let wanted: Vec<(&str, &Expr)> = bound.iter().map(|(name, expr, ..)| (name.as_str(), expr)).collect();
    let grouping = Grouping::new(key_exprs.clone(), std::mem::take(&mut env.aggregates).into_things(), &wanted);
    let lifted = all(bound
        .into_iter()
        .map(|(name, expr, sql, seen)| Ok((name, grouping.lift(expr, Text::new(sql, sources), &seen, &[])?))))?;
    let input = Rel::Listed(Box::new(ListedStep { input, value: on.clone(), list }));
    Ok(project(grouping.step(input), key_exprs.into_iter().chain(lifted).collect()))
}

/// A value as SQL writes it.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{text}'"),
        Value::Null => "NULL".to_owned(),
        other => other.to_string(),
    }
}

/// The aggregates from one on become those of the rows alone for which a condition is true.
fn only_where(calls: &mut Registry<AggCall>, start: usize, condition: &Expr) {
    calls.change_from(start, |call| {
        call.filter = all_of(call.filter.take().into_iter().chain([condition.clone()]).collect());
    });
}

/// The columns that are not read.
fn remaining(schema: &Schema, read: &HashSet<String>) -> Vec<(String, Expr)> {
    let fields = schema.fields().iter().filter(|field| !read.contains(&field.name));
    fields.map(|field| (field.name.clone(), Expr::column(&field.name, field.data_type))).collect()
}
