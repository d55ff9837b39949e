//! Join reordering: the order of inner joins whose rows' order nobody sees.

use tidemill_core::table::{AggCall, CmpOp, DataType, Expr, ExprKind, JoinKind, JoinStep, Rel};

use crate::error::Outcome;
use crate::ops::aggregate::same_in_any_order;
use crate::ops::context::JobContext;

/// One of the relations that are joined.
struct JoinInput<'a> {
    rel: &'a Rel,
    columns: Vec<String>,
    /// Rows that are to be expected.
    rows: f64,
    /// Of those there are, the selectivity that is to be expected.
    selectivity: f64,
    /// Whether it is a task's table and steps that take one row at a time.
    is_pipeline: bool,
}

/// Columns that have to be equal, each with the number of its input.
struct JoinEdge<'a> {
    sides: [(usize, &'a Expr); 2],
}

/// Inner joins by plain columns, taken apart.
struct JoinGraph<'a> {
    inputs: Vec<JoinInput<'a>>,
    edges: Vec<JoinEdge<'a>>,
}

/// The input of such an aggregate with its joins so that the largest table is_pipeline past the others: each of them has been
/// joined with what hangs on it, and so is as small as it gets. None if the aggregate could tell the difference, by the order
/// of rows or because a value could be wrong in a row that the one order of joins has and the other has not.
pub(super) fn reordered(
    context: &JobContext<'_>,
    input: &Rel,
    keys: &[(String, Expr)],
    metrics: &[(String, AggCall)],
) -> Option<Rel> {
    let exact = |expr: &Expr| expr.data_type != DataType::Float;
    let seen = !keys.iter().all(|(_, key)| exact(key)) || !metrics.iter().all(|(_, call)| same_in_any_order(call));
    if seen { None } else { rejoined(context, input) }
}

/// Steps of single rows stay on top.
fn rejoined(context: &JobContext<'_>, rel: &Rel) -> Option<Rel> {
    match rel {
        Rel::Filter { input, predicate, account } => Some(Rel::Filter {
            input: Box::new(rejoined(context, input)?),
            predicate: predicate.clone(),
            account: account.clone(),
        }),
        Rel::Project { input, columns } => {
            Some(Rel::Project { input: Box::new(rejoined(context, input)?), columns: columns.clone() })
        }
        Rel::Join(_) => {
            let mut graph = JoinGraph { inputs: vec![], edges: vec![] };
            take_apart(context, rel, &mut graph)?;
            graph.together((0..graph.inputs.len()).collect())
        }
        _ => None,
    }
}

/// Notes the tables that the relation reads, from left to right.
pub(super) fn count_inputs(context: &mut JobContext<'_>, rel: &Rel) -> Outcome<()> {
    if let Rel::Input { task, .. } = rel {
        let rows = context.table(task)?.rows as usize;
        context.count_in(task.clone(), rows);
    }
    rel.inputs().into_iter().try_for_each(|input| count_inputs(context, input))
}

fn take_apart<'a>(context: &JobContext<'_>, rel: &'a Rel, graph: &mut JoinGraph<'a>) -> Option<()> {
    let Rel::Join(step) = rel else {
        graph.inputs.push(join_input(context, rel));
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
    take_apart(context, &step.left, graph)?;
    take_apart(context, &step.right, graph)?;
    for (left, right) in &step.on {
        graph.edges.push(JoinEdge { sides: [graph.side(left)?, graph.side(right)?] });
    }
    Some(())
}

fn join_input<'a>(context: &JobContext<'_>, rel: &'a Rel) -> JoinInput<'a> {
    let (mut selectivity, mut below, mut is_pipeline) = (1.0, rel, true);
    let rows = loop {
        match below {
            Rel::Filter { input, predicate, .. } => {
                selectivity *= selectivity_of(predicate);
                below = input;
            }
            Rel::Input { task, .. } => break context.table(task).map_or(0, |table| table.rows),
            Rel::Project { input, .. } => below = input,
            other => {
                is_pipeline = false;
                match other.inputs().first() {
                    Some(input) => below = input,
                    None => break 0,
                }
            }
        }
    };
    let columns = rel.schema().names().map(str::to_owned).collect();
    JoinInput { rel, columns, rows: rows as f64 * selectivity, selectivity, is_pipeline }
}

impl<'a> JoinGraph<'a> {
    /// A plain column and its input; anything else could be wrong in some row.
    fn side(&self, key: &'a Expr) -> Option<(usize, &'a Expr)> {
        let ExprKind::Column(name) = &key.kind else { return None };
        Some((self.inputs.iter().position(|input| input.columns.contains(name))?, key))
    }

    /// These inputs joined: the largest first.
    fn together(&self, inputs: Vec<usize>) -> Option<Rel> {
        let root = match inputs.as_slice() {
            [only] => *only,
            _ => {
                let pipelines = inputs.iter().copied().filter(|input| self.inputs[*input].is_pipeline);
                pipelines.max_by(|a, b| self.inputs[*a].rows.total_cmp(&self.inputs[*b].rows))?
            }
        };
        let mut branches = self.branches(root, &inputs)?;
        branches.sort_by(|a, b| self.selectivity(a).total_cmp(&self.selectivity(b)));
        let mut rel = self.inputs[root].rel.clone();
        let mut known = vec![root];
        for branch in branches {
            let on = self.edges.iter().filter_map(|edge| {
                let [a, b] = &edge.sides;
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

    /// What hangs on the root: for each input that is joined_to to it, that one and those that are nearer to it than to the others.
    /// None if some input hangs on nothing.
    fn branches(&self, root: usize, inputs: &[usize]) -> Option<Vec<Vec<usize>>> {
        let mut branches: Vec<Vec<usize>> = vec![];
        let joined_to = |from: usize| {
            self.edges.iter().filter_map(move |edge| match &edge.sides {
                [(a, _), (b, _)] if *a == from => Some(*b),
                [(a, _), (b, _)] if *b == from => Some(*a),
                _ => None,
            })
        };
        let mut placed = vec![root];
        for input in joined_to(root) {
            if inputs.contains(&input) && !placed.contains(&input) {
                placed.push(input);
                branches.push(vec![input]);
            }
        }
        let mut next = 1;
        while let Some(from) = placed.get(next).copied() {
            next += 1;
            for input in joined_to(from) {
                if inputs.contains(&input) && !placed.contains(&input) {
                    placed.push(input);
                    branches.iter_mut().filter(|branch| branch.contains(&from)).for_each(|branch| branch.push(input));
                }
            }
        }
        (placed.len() == inputs.len()).then_some(branches)
    }

    fn selectivity(&self, inputs: &[usize]) -> f64 {
        inputs.iter().map(|input| self.inputs[*input].selectivity).product()
    }
}

/// The selectivity of rows for which the condition may be true: a guess by its form.
fn selectivity_of(condition: &Expr) -> f64 {
    match &condition.kind {
        ExprKind::And(left, right) => selectivity_of(left) * selectivity_of(right),
        ExprKind::Or(left, right) => (selectivity_of(left) + selectivity_of(right)).min(1.0),
        ExprKind::Compare(CmpOp::Eq, ..) | ExprKind::Like { negated: false, .. } => 0.1,
        ExprKind::Compare(CmpOp::Ne, ..) | ExprKind::Like { .. } | ExprKind::InList { negated: true, .. } => 0.9,
        ExprKind::Compare(..) => 0.35,
        ExprKind::InList { list, .. } => (list.len() as f64 / 10.0).min(1.0),
        _ => 0.5,
    }
}
