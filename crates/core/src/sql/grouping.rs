//! From aggregates met in expressions to the step that computes them.

use indexmap::IndexMap;
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;
use crate::table::{AggCall, AggFunc, Expr, ExprKind, Rel};

use super::column_scope::quoted;
use super::env::{aggregate_name, is_passing};
use super::text::{Bound, Text};
use super::walk::rewrite;

/// The keys and aggregates of a query, with the names their columns have.
pub(super) struct Grouping {
    keys: Vec<(String, Expr)>,
    calls: Vec<(String, AggCall)>,
}

impl Grouping {
    /// `wanted` gives names to aggregates that are columns of the result as they are; the others get names of their own.
    pub(super) fn new(keys: Vec<(String, Expr)>, calls: Vec<AggCall>, wanted: &[(&str, &Expr)]) -> Self {
        let mut taken: Vec<String> = keys.iter().map(|(name, _)| name.clone()).collect();
        let mut named = Vec::with_capacity(calls.len());
        for (at, call) in calls.into_iter().enumerate() {
            let passing = aggregate_name(at);
            let is_it = |expr: &Expr| matches!(&expr.kind, ExprKind::Column(name) if *name == passing);
            let name = wanted
                .iter()
                .find(|(name, expr)| is_it(expr) && !taken.iter().any(|taken| taken == name))
                .map(|(name, _)| (*name).to_owned())
                .unwrap_or_else(|| {
                    let reserved =
                        |name: &String| taken.contains(name) || wanted.iter().any(|(other, _)| other == name);
                    fresh(&format!("{}_{}", function_name(&call.func), at + 1), reserved)
                });
            taken.push(name.clone());
            named.push((name, call));
        }
        Self { keys, calls: named }
    }

    /// The step.
    pub(super) fn step(&self, input: Rel) -> Rel {
        Rel::Aggregate { input: Box::new(input), keys: self.keys.clone(), metrics: self.calls.clone() }
    }

    /// An expression over the input and passing names as one over the step's columns.
    ///
    /// A column that is neither a key nor inside an aggregate nor `free` is an error, at its place in `seen`.
    pub(super) fn lift(
        &self,
        expr: Expr,
        text: Text<'_>,
        seen: &IndexMap<String, Span>,
        free: &[String],
    ) -> Bound<Expr> {
        let mut errors = Vec::new();
        let lifted = rewrite(expr, &mut |node| {
            if let Some((name, key)) = self.keys.iter().find(|(_, key)| key == node) {
                return Some(Expr::column(name, key.data_type));
            }
            let ExprKind::Column(name) = &node.kind else { return None };
            if let Some(at) = (0..self.calls.len()).find(|at| *name == aggregate_name(*at)) {
                return Some(Expr::column(&self.calls[at].0, node.data_type));
            }
            if !is_passing(name) && !free.contains(name) {
                let shown = name.as_str();
                let place = seen.get(name).copied().unwrap_or(Span::empty());
                errors.push(
                    Diagnostic::error(format!("`{shown}` is neither a group key nor inside an aggregate"))
                        .at(text.place(place), "which row's value?")
                        .help(format!(
                            "group by it too, or say which one: `min({name})`, `first({name})`, …",
                            name = quoted(shown)
                        )),
                );
            }
            None
        });
        if errors.is_empty() { Ok(lifted) } else { Err(errors) }
    }
}

/// `wanted`, or the same with a number behind it.
pub(super) fn fresh(wanted: &str, taken: impl Fn(&String) -> bool) -> String {
    let numbered = std::iter::once(wanted.to_owned()).chain((2_u64..).map(|number| format!("{wanted}_{number}")));
    // The numbers do not run out before a free one is met.
    numbered.into_iter().find(|name| !taken(name)).unwrap_or_else(|| wanted.to_owned())
}

/// An aggregate's name in SQL.
pub(super) fn function_name(func: &AggFunc) -> &'static str {
    match func {
        AggFunc::Sum => "sum",
        AggFunc::Avg => "avg",
        AggFunc::Min => "min",
        AggFunc::Max => "max",
        AggFunc::Count => "count",
        AggFunc::Median => "median",
        AggFunc::Stddev => "stddev",
        AggFunc::Variance => "variance",
        AggFunc::First => "first",
        AggFunc::Last => "last",
        AggFunc::Corr => "corr",
        AggFunc::StringAgg { .. } => "string_agg",
        AggFunc::BoolAnd => "bool_and",
        AggFunc::BoolOr => "bool_or",
    }
}

/// A projection, unless it would change nothing; one upon a projection of plain columns is put together with it.
pub(super) fn project(input: Rel, columns: Vec<(String, Expr)>) -> Rel {
    let schema = input.schema();
    let same = schema.len() == columns.len()
        && schema
            .names()
            .zip(&columns)
            .all(|(name, (to, expr))| name == to && matches!(&expr.kind, ExprKind::Column(from) if from == name));
    if same {
        return input;
    }
    match input {
        Rel::Project { input, columns: below } if below.iter().all(|(_, expr)| is_plain(expr)) => {
            let resolve = |expr: Expr| {
                rewrite(expr, &mut |node| match &node.kind {
                    ExprKind::Column(name) => {
                        below.iter().find(|(below, _)| below == name).map(|(_, expr)| expr.clone())
                    }
                    _ => None,
                })
            };
            let columns = columns.into_iter().map(|(name, expr)| (name, resolve(expr))).collect();
            project(*input, columns)
        }
        input => Rel::Project { input: Box::new(input), columns },
    }
}

/// Whether it costs nothing to compute twice.
fn is_plain(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Column(_) | ExprKind::Literal(_))
}
