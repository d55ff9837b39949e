//! From aggregates met in expressions to the step that computes them.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;
use sqlparser::tokenizer::Span;

use crate::diagnostic::Diagnostic;
use crate::table::registry::HashedPlaces;
use crate::table::{AggCall, CmpOp, DataType, Expr, ExprKind, JoinKind, Rel, Value};

use super::column_scope::quoted;
use super::env::{aggregate_at, grouping_at, is_passing, passing_name};
use super::joins::join;
use super::text::{Bound, Text};
use super::types::coerce;
use super::walk::{coalesce, compare, rewrite};

/// Among so many keys one is found by looking at each.
const FEW: usize = 8;

/// The keys and aggregates of a query, with the names their columns have.
pub(super) struct Grouping {
    keys: Vec<(String, Expr)>,
    /// Where the values of keys are among them.
    key_places: HashedPlaces,
    calls: Vec<(String, AggCall)>,
    /// The keys of each way to group, where there are several.
    sets: Option<Vec<Vec<usize>>>,
    /// The arguments of each `grouping(…)`, and where it stands.
    groupings: Vec<(Vec<Expr>, Span)>,
}

impl Grouping {
    /// `wanted` gives names to aggregates that are columns of the result as they are; the others get names of their own.
    pub(super) fn new(keys: Vec<(String, Expr)>, calls: Vec<AggCall>, wanted: &[(&str, &Expr)]) -> Self {
        let mut taken: HashSet<String> = keys.iter().map(|(name, _)| name.clone()).collect();
        let mut named = Vec::with_capacity(calls.len());
        let mut plain: HashMap<usize, Vec<&str>> = HashMap::new();
        for (name, expr) in wanted {
            if let ExprKind::Column(passing) = &expr.kind
                && let Some(at) = aggregate_at(passing)
            {
                plain.entry(at).or_default().push(name);
            }
        }
        let wanted: HashSet<&str> = wanted.iter().map(|(name, _)| *name).collect();
        for (at, call) in calls.into_iter().enumerate() {
            let free = plain.get(&at).into_iter().flatten().find(|name| !taken.contains(**name));
            let name = free.map(|name| (*name).to_owned()).unwrap_or_else(|| {
                let reserved = |name: &String| taken.contains(name) || wanted.contains(name.as_str());
                fresh(&format!("{}_{}", call.func.name, at + 1), reserved)
            });
            taken.insert(name.clone());
            named.push((name, call));
        }
        let key_places = HashedPlaces::of(keys.iter().map(|(_, key)| key));
        Self { keys, key_places, calls: named, sets: None, groupings: Vec::new() }
    }

    /// The same with several ways to group, and what asks which of them a row comes from.
    pub(super) fn with_sets(self, sets: Option<Vec<Vec<usize>>>, groupings: Vec<(Vec<Expr>, Span)>) -> Self {
        Self { sets, groupings, ..self }
    }

    /// The step.
    pub(super) fn step(&self, input: Rel) -> Rel {
        match &self.sets {
            None => Rel::Aggregate { input: Box::new(input), keys: self.keys.clone(), metrics: self.calls.clone() },
            Some(sets) => self.step_of_sets(input, sets),
        }
    }

    /// Each row once for every way to group, with NULL for the keys that are not in it.
    fn step_of_sets(&self, input: Rel, sets: &[Vec<usize>]) -> Rel {
        let set = Expr::column(passing_name("set"), DataType::Int);
        let numbers = || (0_i64..).zip(sets).map(|(number, _)| Expr::literal(Value::Int(number))).collect();
        let (mut columns, mut keys) = (Vec::new(), Vec::new());
        for (at, (name, key)) in self.keys.iter().enumerate() {
            let null = || coerce(Expr::literal(Value::Null), key.data_type);
            let values = sets.iter().map(|set| if set.contains(&at) { key.clone() } else { null() }).collect();
            let column = passing_name(&format!("key{at}"));
            keys.push((name.clone(), Expr::column(&column, key.data_type)));
            columns.push((column, values));
        }
        columns.push((passing_name("set"), numbers()));
        keys.push((passing_name("set"), set.clone()));
        let expanded = Rel::Expand { input: Box::new(input), columns };
        let grouped = Rel::Aggregate { input: Box::new(expanded), keys, metrics: self.calls.clone() };
        let totals: Vec<Expr> = (0_i64..)
            .zip(sets)
            .filter(|(_, keys)| keys.is_empty())
            .map(|(number, _)| Expr::literal(Value::Int(number)))
            .collect();
        if totals.is_empty() { grouped } else { self.with_totals(grouped, set, totals) }
    }

    /// A row for each way without keys, also where there was no row to group.
    fn with_totals(&self, grouped: Rel, set: Expr, totals: Vec<Expr>) -> Rel {
        let total = Expr::column(passing_name("total"), DataType::Int);
        let every = Rel::Expand { input: Box::new(Rel::Unit), columns: vec![(passing_name("total"), totals)] };
        let joined = join(JoinKind::Full, grouped, every, vec![(set.clone(), total.clone())], vec![]);
        let mut output: Vec<(String, Expr)> =
            self.keys.iter().map(|(name, key)| (name.clone(), Expr::column(name, key.data_type))).collect();
        for (name, call) in &self.calls {
            let metric = Expr::column(name, call.data_type);
            output.push((
                name.clone(),
                match call.of_no_rows() {
                    Value::Null => metric,
                    value => coalesce(metric, Expr::literal(value)),
                },
            ));
        }
        output.push((passing_name("set"), coalesce(set, total)));
        Rel::Project { input: Box::new(joined), columns: output }
    }

    /// Which key has that value.
    fn key_at(&self, value: &Expr) -> Option<usize> {
        let is_it = |at: &usize| self.keys[*at].1 == *value;
        match self.keys.len() {
            // A hash of each part of an expression costs more than to compare with a few.
            ..=FEW => (0..self.keys.len()).find(is_it),
            _ => self.key_places.candidates(value).find(is_it),
        }
    }

    /// What a `grouping(…)` is in each way to group.
    fn grouping_value(&self, at: usize, text: Text<'_>) -> Bound<Expr> {
        let (args, span) = &self.groupings[at];
        let places: Option<Vec<usize>> = args.iter().map(|arg| self.key_at(arg)).collect();
        let Some(places) = places else {
            return Err(text.wrong(*span, "`grouping` takes group keys", "one of these is none"));
        };
        let bits = |set: &Vec<usize>| {
            let bit = |value: i64, key: &usize| value * 2 + i64::from(!set.contains(key));
            Expr::literal(Value::Int(places.iter().fold(0, bit)))
        };
        let Some(sets) = &self.sets else { return Ok(Expr::literal(Value::Int(0))) };
        let set = Expr::column(passing_name("set"), DataType::Int);
        let is = |number: i64| compare(CmpOp::Eq, set.clone(), Expr::literal(Value::Int(number)));
        let branches = (0_i64..).zip(sets).map(|(number, keys)| (is(number), bits(keys))).collect();
        Ok(Expr { kind: ExprKind::Case { branches, otherwise: None }, data_type: DataType::Int })
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
            if let Some((name, key)) = self.key_at(node).map(|at| &self.keys[at]) {
                return Some(Expr::column(name, key.data_type));
            }
            let ExprKind::Column(name) = &node.kind else { return None };
            if let Some((call, _)) = aggregate_at(name).and_then(|at| self.calls.get(at)) {
                return Some(Expr::column(call, node.data_type));
            }
            if let Some(at) = grouping_at(name).filter(|at| *at < self.groupings.len()) {
                return match self.grouping_value(at, text) {
                    Ok(value) => Some(value),
                    Err(more) => {
                        errors.extend(more);
                        None
                    }
                };
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
            let values: HashMap<&str, &Expr> = below.iter().map(|(name, expr)| (name.as_str(), expr)).collect();
            let resolve = |expr: Expr| {
                rewrite(expr, &mut |node| match &node.kind {
                    ExprKind::Column(name) => values.get(name.as_str()).map(|expr| (*expr).clone()),
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
