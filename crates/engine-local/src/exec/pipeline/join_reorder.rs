//! The order of inner joins whose rows' order nobody sees.

use tidemill_core::table::{AggCall, AggFunc, CmpOp, DataType, Expr, ExprKind, JoinKind, JoinStep, Rel};

use crate::error::Outcome;
use crate::exec::run::Runner;

/// One of the relations that are joined.
struct Unit<'a> {
    rel: &'a Rel,
    columns: Vec<String>,
    /// Rows that are to be expected.
    rows: f64,
    /// Of those there are, the share that is to be expected.
    share: f64,
    /// Whether it is a task's table and steps that take one row at a time.
    flows: bool,
}

/// Columns that have to be equal, each with the number of its unit.
struct Tie<'a> {
    sides: [(usize, &'a Expr); 2],
}

/// Inner joins by plain columns, taken apart.
struct Joined<'a> {
    units: Vec<Unit<'a>>,
    ties: Vec<Tie<'a>>,
}

impl Runner<'_> {
    /// The input of such an aggregate with its joins so that the largest table flows past the others: each of them has been
    /// joined with what hangs on it, and so is as small as it gets. None if the aggregate could tell the difference, by the order
    /// of rows or because a value could be wrong in a row that the one order of joins has and the other has not.
    pub(super) fn rerooted(&self, input: &Rel, keys: &[(String, Expr)], metrics: &[(String, AggCall)]) -> Option<Rel> {
        let exact = |expr: &Expr| expr.data_type != DataType::Float;
        let same_in_any_order = |call: &AggCall| {
            use AggFunc::{Avg, BoolAnd, BoolOr, Count, Max, Min, Sum};
            matches!(call.func, Count)
                || matches!(call.func, Sum | Avg | Min | Max | BoolAnd | BoolOr) && call.args.iter().all(exact)
        };
        let seen = !keys.iter().all(|(_, key)| exact(key)) || !metrics.iter().all(|(_, call)| same_in_any_order(call));
        if seen { None } else { self.rejoined(input) }
    }

    /// Steps of single rows stay on top.
    fn rejoined(&self, rel: &Rel) -> Option<Rel> {
        match rel {
            Rel::Filter { input, predicate, account } => Some(Rel::Filter {
                input: Box::new(self.rejoined(input)?),
                predicate: predicate.clone(),
                account: account.clone(),
            }),
            Rel::Project { input, columns } => {
                Some(Rel::Project { input: Box::new(self.rejoined(input)?), columns: columns.clone() })
            }
            Rel::Join(_) => {
                let mut joined = Joined { units: vec![], ties: vec![] };
                self.take_apart(rel, &mut joined)?;
                joined.together((0..joined.units.len()).collect())
            }
            _ => None,
        }
    }

    /// Notes the tables that the relation reads, from left to right.
    pub(super) fn count_inputs(&mut self, rel: &Rel) -> Outcome<()> {
        if let Rel::Input { task, .. } = rel {
            let rows = self.table(task)?.rows as usize;
            self.count_in(task.clone(), rows);
        }
        rel.inputs().into_iter().try_for_each(|input| self.count_inputs(input))
    }

    fn take_apart<'a>(&self, rel: &'a Rel, joined: &mut Joined<'a>) -> Option<()> {
        let Rel::Join(step) = rel else {
            joined.units.push(self.unit(rel));
            return Some(());
        };
        let plain = step.kind == JoinKind::Inner
            && step.condition.is_none()
            && step.expect.is_none()
            && step.diagnose.is_none()
            && !step.on.is_empty();
        if !plain {
            return None;
        }
        self.take_apart(&step.left, joined)?;
        self.take_apart(&step.right, joined)?;
        for (left, right) in &step.on {
            joined.ties.push(Tie { sides: [joined.side(left)?, joined.side(right)?] });
        }
        Some(())
    }

    fn unit<'a>(&self, rel: &'a Rel) -> Unit<'a> {
        let (mut share, mut below, mut flows) = (1.0, rel, true);
        let rows = loop {
            match below {
                Rel::Filter { input, predicate, .. } => {
                    share *= share_of(predicate);
                    below = input;
                }
                Rel::Input { task, .. } => break self.table(task).map_or(0, |table| table.rows),
                Rel::Project { input, .. } => below = input,
                other => {
                    flows = false;
                    match other.inputs().first() {
                        Some(input) => below = input,
                        None => break 0,
                    }
                }
            }
        };
        let columns = rel.schema().names().map(str::to_owned).collect();
        Unit { rel, columns, rows: rows as f64 * share, share, flows }
    }
}

impl<'a> Joined<'a> {
    /// A plain column and its unit; anything else could be wrong in some row.
    fn side(&self, key: &'a Expr) -> Option<(usize, &'a Expr)> {
        let ExprKind::Column(name) = &key.kind else { return None };
        Some((self.units.iter().position(|unit| unit.columns.contains(name))?, key))
    }

    /// These units joined: the largest first.
    fn together(&self, units: Vec<usize>) -> Option<Rel> {
        let root = match units.as_slice() {
            [only] => *only,
            _ => {
                let flowing = units.iter().copied().filter(|unit| self.units[*unit].flows);
                flowing.max_by(|a, b| self.units[*a].rows.total_cmp(&self.units[*b].rows))?
            }
        };
        let mut branches = self.branches(root, &units)?;
        branches.sort_by(|a, b| self.share(a).total_cmp(&self.share(b)));
        let mut rel = self.units[root].rel.clone();
        let mut known = vec![root];
        for branch in branches {
            let on = self.ties.iter().filter_map(|tie| {
                let [a, b] = &tie.sides;
                let joins = |left: &(usize, &Expr), right: &(usize, &Expr)| {
                    (known.contains(&left.0) && branch.contains(&right.0)).then(|| (left.1.clone(), right.1.clone()))
                };
                joins(a, b).or_else(|| joins(b, a))
            });
            let on = on.collect();
            known.extend(&branch);
            let right = self.together(branch)?;
            let step =
                JoinStep { left: rel, right, kind: JoinKind::Inner, on, condition: None, expect: None, diagnose: None };
            rel = Rel::Join(Box::new(step));
        }
        Some(rel)
    }

    /// What hangs on the root: for each unit that is tied to it, that one and those that are nearer to it than to the others.
    /// None if some unit hangs on nothing.
    fn branches(&self, root: usize, units: &[usize]) -> Option<Vec<Vec<usize>>> {
        let mut branches: Vec<Vec<usize>> = vec![];
        let tied = |from: usize| {
            self.ties.iter().filter_map(move |tie| match &tie.sides {
                [(a, _), (b, _)] if *a == from => Some(*b),
                [(a, _), (b, _)] if *b == from => Some(*a),
                _ => None,
            })
        };
        let mut placed = vec![root];
        for unit in tied(root) {
            if units.contains(&unit) && !placed.contains(&unit) {
                placed.push(unit);
                branches.push(vec![unit]);
            }
        }
        let mut next = 1;
        while let Some(from) = placed.get(next).copied() {
            next += 1;
            for unit in tied(from) {
                if units.contains(&unit) && !placed.contains(&unit) {
                    placed.push(unit);
                    branches.iter_mut().filter(|branch| branch.contains(&from)).for_each(|branch| branch.push(unit));
                }
            }
        }
        (placed.len() == units.len()).then_some(branches)
    }

    fn share(&self, units: &[usize]) -> f64 {
        units.iter().map(|unit| self.units[*unit].share).product()
    }
}

/// The share of rows for which the condition may be true: a guess by its form.
fn share_of(condition: &Expr) -> f64 {
    match &condition.kind {
        ExprKind::And(left, right) => share_of(left) * share_of(right),
        ExprKind::Or(left, right) => (share_of(left) + share_of(right)).min(1.0),
        ExprKind::Compare(CmpOp::Eq, ..) | ExprKind::Like { negated: false, .. } => 0.1,
        ExprKind::Compare(CmpOp::Ne, ..) | ExprKind::Like { .. } | ExprKind::InList { negated: true, .. } => 0.9,
        ExprKind::Compare(..) => 0.35,
        ExprKind::InList { list, .. } => (list.len() as f64 / 10.0).min(1.0),
        _ => 0.5,
    }
}
