//! From conditions to joins: equalities become keys, conditions on one table go below.

use std::collections::HashSet;

use crate::table::{CmpOp, Expr, ExprKind, JoinKind, JoinStep, Rel};

use super::env::outer_column;
use super::from::is_true;
use super::subquery::SubqueryJoin;
use super::unnest::{Numbers, attach, outer_columns, passed};
use super::walk::all_of;

/// Tables and how they are joined. No two share the name of a column.
pub(super) enum Tree {
    /// One table.
    Leaf(Box<Rel>),
    /// Tables of which all combinations count for which all conditions are true.
    Inner { units: Vec<Tree>, on: Vec<Expr> },
    /// A relation that may depend on the columns of the tables before it.
    Lateral(Box<Rel>),
    /// A left, right or full join.
    Outer { kind: JoinKind, left: Box<Tree>, right: Box<Tree>, on: Vec<Expr> },
}

pub(super) type Names = HashSet<String>;

impl Tree {
    /// Both, joined where all of `on` is true.
    pub(super) fn inner(left: Self, right: Self, on: Vec<Expr>) -> Self {
        let (mut units, mut conditions) = (Vec::new(), Vec::new());
        for tree in [left, right] {
            match tree {
                Self::Inner { units: more, on } => {
                    units.extend(more);
                    conditions.extend(on);
                }
                other => units.push(other),
            }
        }
        conditions.extend(on);
        Self::Inner { units, on: conditions }
    }

    pub(super) fn names(&self) -> Names {
        match self {
            Self::Leaf(rel) | Self::Lateral(rel) => rel.schema().names().map(String::from).collect(),
            Self::Inner { units, .. } => units.iter().flat_map(Self::names).collect(),
            Self::Outer { left, right, .. } => left.names().into_iter().chain(right.names()).collect(),
        }
    }

    /// All columns as they are.
    pub(super) fn columns(&self) -> Vec<(String, Expr)> {
        match self {
            Self::Leaf(rel) | Self::Lateral(rel) => passed(rel),
            Self::Inner { units, .. } => units.iter().flat_map(Self::columns).collect(),
            Self::Outer { left, right, .. } => left.columns().into_iter().chain(right.columns()).collect(),
        }
    }

    /// The rows for which `conditions` are true too.
    pub(super) fn build(self, conditions: Vec<Expr>, numbers: &Numbers) -> Rel {
        match self {
            Self::Leaf(rel) | Self::Lateral(rel) => filter(*rel, conditions),
            Self::Inner { units, on } => inner(units, on.into_iter().chain(conditions).collect(), numbers),
            Self::Outer { kind, left, right, on } => outer(kind, *left, *right, on, conditions, numbers),
        }
    }

    /// The columns of the tables before it that it needs; none unless it is lateral.
    pub(super) fn needs(&self) -> Names {
        match self {
            Self::Lateral(rel) => outer_columns(rel).into_keys().filter(|name| outer_column(name).is_none()).collect(),
            _ => Names::new(),
        }
    }
}

/// The rows for which all conditions are true.
pub(super) fn filter(rel: Rel, conditions: Vec<Expr>) -> Rel {
    match all_of(conditions.into_iter().filter(|condition| !is_true(condition)).collect()) {
        Some(predicate) => Rel::Filter { input: Box::new(rel), predicate, account: None },
        None => rel,
    }
}

/// A join without any promise or diagnosis.
pub(super) fn join(kind: JoinKind, left: Rel, right: Rel, on: Vec<(Expr, Expr)>, condition: Vec<Expr>) -> Rel {
    let condition = all_of(condition);
    Rel::Join(Box::new(JoinStep { left, right, kind, on, condition, expect: None, diagnose: None }))
}

/// A table of an inner join that has not its place yet.
struct Waiting {
    rel: Rel,
    names: Names,
    is_lateral: bool,
    /// What it needs of the tables before it.
    needs: Names,
}

/// A join whose right side may depend on the columns of the left.
fn lateral(
    kind: JoinKind,
    left: Rel,
    right: Rel,
    on: Vec<(Expr, Expr)>,
    condition: Vec<Expr>,
    numbers: &Numbers,
) -> Rel {
    attach(left, vec![SubqueryJoin { kind, on, condition, right }], numbers)
}

fn inner(units: Vec<Tree>, conditions: Vec<Expr>, numbers: &Numbers) -> Rel {
    let names: Vec<Names> = units.iter().map(Tree::names).collect();
    let mut own: Vec<Vec<Expr>> = units.iter().map(|_| Vec::new()).collect();
    let mut rest = Vec::new();
    for condition in conditions {
        let used = columns(&condition);
        match names.iter().position(|names| !used.is_empty() && used.is_subset(names)) {
            Some(at) => own[at].push(condition),
            None => rest.push(condition),
        }
    }
    let mut waiting: Vec<Waiting> = units
        .into_iter()
        .zip(own)
        .zip(names)
        .map(|((unit, own), names)| {
            let (is_lateral, needs) = (matches!(unit, Tree::Lateral(_)), unit.needs());
            Waiting { rel: unit.build(own, numbers), names, is_lateral, needs }
        })
        .collect();
    if waiting.is_empty() {
        return filter(Rel::Unit, rest);
    }
    // What is lateral needs tables before it, so that it is never the first.
    let Waiting { mut rel, names: mut known, .. } = waiting.remove(0);
    while !waiting.is_empty() {
        // The next table is the first that an equality ties to what is there: a cross product only where there is none.
        let ready = |unit: &Waiting| unit.needs.is_subset(&known);
        let tied = |unit: &Waiting| ready(unit) && rest.iter().any(|part| key(part, &known, &unit.names).is_some());
        let at = waiting.iter().position(tied).or_else(|| waiting.iter().position(ready)).unwrap_or(0);
        let Waiting { rel: right, names, is_lateral, .. } = waiting.remove(at);
        let (keys, others): (Vec<Expr>, Vec<Expr>) =
            rest.into_iter().partition(|part| key(part, &known, &names).is_some());
        let on: Vec<(Expr, Expr)> = keys.iter().filter_map(|part| key(part, &known, &names)).collect();
        known.extend(names);
        let (now, later): (Vec<Expr>, Vec<Expr>) = others.into_iter().partition(|part| columns(part).is_subset(&known));
        rest = later;
        let now: Vec<Expr> = now.into_iter().filter(|part| !is_true(part)).collect();
        let kind = if on.is_empty() && now.is_empty() { JoinKind::Cross } else { JoinKind::Inner };
        // As part of the join, so that an engine need not form the pairs for which it is not true.
        rel = if is_lateral { lateral(kind, rel, right, on, now, numbers) } else { join(kind, rel, right, on, now) };
    }
    filter(rel, rest)
}

/// What a condition on one side alone may do, by kind: as part of `on` it may go below the side that an outer join does not
/// keep; from above it may go below the side that is kept.
fn outer(kind: JoinKind, left: Tree, right: Tree, on: Vec<Expr>, above: Vec<Expr>, numbers: &Numbers) -> Rel {
    let (left_names, right_names) = (left.names(), right.names());
    let (mut below_left, mut below_right, mut stay) = (Vec::new(), Vec::new(), Vec::new());
    for part in above {
        let used = columns(&part);
        match kind {
            JoinKind::Left if !used.is_empty() && used.is_subset(&left_names) => below_left.push(part),
            JoinKind::Right if !used.is_empty() && used.is_subset(&right_names) => below_right.push(part),
            _ => stay.push(part),
        }
    }
    let (mut keys, mut condition) = (Vec::new(), Vec::new());
    for part in on.into_iter().filter(|part| !is_true(part)) {
        let used = columns(&part);
        if let Some(pair) = key(&part, &left_names, &right_names) {
            keys.push(pair);
        } else if kind == JoinKind::Left && !used.is_empty() && used.is_subset(&right_names) {
            below_right.push(part);
        } else if kind == JoinKind::Right && !used.is_empty() && used.is_subset(&left_names) {
            below_left.push(part);
        } else {
            condition.push(part);
        }
    }
    let is_lateral = matches!(right, Tree::Lateral(_));
    let (left, right) = (left.build(below_left, numbers), right.build(below_right, numbers));
    let joined = match is_lateral {
        true => lateral(kind, left, right, keys, condition, numbers),
        false => join(kind, left, right, keys, condition),
    };
    filter(joined, stay)
}

/// The two sides of an equality between what is known and what is new.
pub(super) fn key(part: &Expr, known: &Names, new: &Names) -> Option<(Expr, Expr)> {
    let ExprKind::Compare(CmpOp::Eq, a, b) = &part.kind else { return None };
    let (x, y) = (columns(a), columns(b));
    if x.is_empty() || y.is_empty() {
        return None;
    }
    if x.is_subset(known) && y.is_subset(new) {
        return Some((a.as_ref().clone(), b.as_ref().clone()));
    }
    (y.is_subset(known) && x.is_subset(new)).then(|| (b.as_ref().clone(), a.as_ref().clone()))
}

/// The columns an expression uses.
pub(super) fn columns(expr: &Expr) -> Names {
    let mut names = Names::new();
    expr.for_each_column(&mut |name| {
        names.insert(name.to_owned());
    });
    names
}
