//! Relations that name columns of the query around them, as joins with its rows.
//!
//! Such a relation is *dependent*: it stands for another result for each row of the query around it. It is computed once for all
//! of them: the *domain*, which is those rows with a number each, is joined at the lowest place where its columns are needed, and
//! goes up through every step, which works within each number (T. Neumann, A. Kemper: Unnesting Arbitrary Queries).

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::table::{
    AsofStep, DataType, Expr, ExprKind, JoinKind, JoinStep, Rel, Value, WindowCall, WindowFrame, WindowFunc,
};

use super::env::{outer_column, outer_name, passing_name};
use super::grouping::project;
use super::joins::{Names, columns, filter, join, key};
use super::rel_walk::{change_all, change_own, each_expr};
use super::subquery::SubqueryJoin;
use super::walk::{any_column, coalesce, compare, conjuncts, rewrite};

/// Numbers for names that no other part of a query has.
pub(super) type Numbers = Cell<usize>;

/// The next number.
pub(super) fn next(numbers: &Numbers) -> usize {
    numbers.set(numbers.get() + 1);
    numbers.get()
}

/// The columns of the query around it that a relation names, with their types.
pub(super) fn outer_columns(rel: &Rel) -> BTreeMap<String, DataType> {
    let mut found = BTreeMap::new();
    each_expr(rel, &mut |expr| gather(expr, &mut found));
    found
}

fn gather(expr: &Expr, found: &mut BTreeMap<String, DataType>) {
    if let ExprKind::Column(name) = &expr.kind
        && let Some(outer) = outer_column(name)
    {
        found.insert(outer.to_owned(), expr.data_type);
    }
    expr.operands().into_iter().for_each(|operand| gather(operand, found));
}

/// Whether a relation names columns of any query around it.
pub(super) fn depends(rel: &Rel) -> bool {
    let mut depends = false;
    each_expr(rel, &mut |expr| depends |= is_dependent(expr));
    depends
}

/// Whether a relation names columns of the query directly around it.
pub(super) fn depends_directly(rel: &Rel) -> bool {
    outer_columns(rel).keys().any(|name| outer_column(name).is_none())
}

/// Whether an expression names columns of a query around its own.
pub(super) fn is_dependent(expr: &Expr) -> bool {
    any_column(expr, &|name| outer_column(name).is_some())
}

/// Every column of the query around it replaced.
pub(super) fn with_outer(mut rel: Rel, change: &mut dyn FnMut(&str, DataType) -> Expr) -> Rel {
    change_all(&mut rel, &mut |expr| replace_outer(expr, change));
    rel
}

fn replace_outer(expr: Expr, change: &mut dyn FnMut(&str, DataType) -> Expr) -> Expr {
    rewrite(expr, &mut |node| match &node.kind {
        ExprKind::Column(name) => outer_column(name).map(|outer| change(outer, node.data_type)),
        _ => None,
    })
}

/// An expression as a query within this one names it.
pub(super) fn as_outer(expr: Expr) -> Expr {
    rewrite(expr, &mut |node| match &node.kind {
        ExprKind::Column(name) => Some(Expr::column(outer_name(name), node.data_type)),
        _ => None,
    })
}

/// As it stands within so many further queries.
pub(super) fn deeper(rel: Rel, levels: usize) -> Rel {
    let name = |column: &str| (0..=levels).fold(column.to_owned(), |name, _| outer_name(&name));
    with_outer(rel, &mut |column, data_type| Expr::column(name(column), data_type))
}

/// The rows of `left` with what the joins bring, whose right sides may depend on its columns.
pub(super) fn attach(mut left: Rel, joins: Vec<SubqueryJoin>, numbers: &Numbers) -> Rel {
    let mut base: Option<(Rel, String)> = None;
    for mut step in joins {
        if !depends_directly(&step.right) {
            // What it names belongs to a query further out, of which this one's rows are a part.
            step.right = with_outer(step.right, &mut |column, data_type| Expr::column(column, data_type));
            left = join(step.kind, left, step.right, step.on, step.condition);
            continue;
        }
        let (rows, id) = base.get_or_insert_with(|| {
            let id = passing_name(&format!("row{}", next(numbers)));
            (numbered(left.clone(), &id), id)
        });
        if !left.schema().contains(id) {
            left = rows.clone();
        }
        let domain = Domain::of(rows, id, &outer_columns(&step.right), numbers);
        let kind = if step.kind == JoinKind::Cross { JoinKind::Inner } else { step.kind };
        step.on.push((Expr::column(&*id, DataType::Int), domain.id()));
        left = join(kind, left, domain.unnested(step.right), step.on, step.condition);
    }
    left
}

/// The rows with a number each.
pub(super) fn numbered(rel: Rel, name: &str) -> Rel {
    Rel::Window { input: Box::new(rel), columns: vec![(name.to_owned(), row_number(vec![]))] }
}

fn row_number(partition_by: Vec<Expr>) -> WindowCall {
    WindowCall {
        func: WindowFunc::Call { name: "row_number", args: vec![], ignore_nulls: false },
        partition_by,
        order_by: vec![],
        frame: WindowFrame::PARTITION,
        data_type: DataType::Int,
    }
}

/// The rows of the query around, under names of their own.
struct Domain<'n> {
    rel: Rel,
    prefix: String,
    numbers: &'n Numbers,
}

impl<'n> Domain<'n> {
    fn of(rows: &Rel, id: &str, outer: &BTreeMap<String, DataType>, numbers: &'n Numbers) -> Self {
        let prefix = passing_name(&format!("domain{}", next(numbers)));
        let mut columns = vec![(format!("{prefix}.row"), Expr::column(id, DataType::Int))];
        columns
            .extend(outer.iter().map(|(name, data_type)| (format!("{prefix}:{name}"), Expr::column(name, *data_type))));
        Self { rel: Rel::Project { input: Box::new(rows.clone()), columns }, prefix, numbers }
    }

    /// The same rows under other names.
    fn renamed(&self) -> Self {
        let prefix = passing_name(&format!("domain{}", next(self.numbers)));
        let columns = self.columns().into_iter().map(|(name, expr)| (name.replacen(&self.prefix, &prefix, 1), expr));
        Self { rel: project(self.rel.clone(), columns.collect()), prefix, numbers: self.numbers }
    }

    fn id(&self) -> Expr {
        Expr::column(format!("{}.row", self.prefix), DataType::Int)
    }

    fn columns(&self) -> Vec<(String, Expr)> {
        let schema = self.rel.schema();
        let column = |field: &crate::table::Field| (field.name.clone(), Expr::column(&field.name, field.data_type));
        schema.fields().iter().map(column).collect()
    }

    /// The expression with columns of the query around as those of the domain.
    fn settled(&self, expr: Expr) -> Expr {
        replace_outer(expr, &mut |name, data_type| Expr::column(format!("{}:{name}", self.prefix), data_type))
    }

    /// A dependent relation for all rows of the domain: its columns beside the domain's.
    fn unnested(&self, rel: Rel) -> Rel {
        if !depends(&rel) {
            return match rel {
                Rel::Unit => self.rel.clone(),
                rel => join(JoinKind::Cross, self.rel.clone(), rel, vec![], vec![]),
            };
        }
        match rel {
            Rel::Filter { input, predicate, .. } if !depends(&input) => self.joined(*input, predicate),
            Rel::Join(step) => self.join(*step),
            Rel::Asof(step) => self.asof(*step),
            Rel::SetOp { kind, all, left, right } => {
                let side = |rel: Rel| {
                    let mut columns = passed(&rel);
                    columns.extend(self.columns());
                    Box::new(project(self.unnested(rel), columns))
                };
                Rel::SetOp { kind, all, left: side(*left), right: side(*right) }
            }
            Rel::Aggregate { input, keys, metrics } if keys.is_empty() => {
                let empty: Vec<(String, DataType, Value)> =
                    metrics.iter().map(|(name, call)| (name.clone(), call.data_type, call.of_no_rows())).collect();
                let grouped = self.step(Rel::Aggregate { input, keys, metrics });
                self.with_groups_of_none(grouped, empty)
            }
            Rel::Limit { input, offset, count } => self.limited(*input, offset, count),
            other => self.step(other),
        }
    }

    /// A step of one input, within each row of the domain.
    fn step(&self, mut rel: Rel) -> Rel {
        change_own(&mut rel, &mut |expr| self.settled(expr));
        match &mut rel {
            Rel::Project { columns, .. } => columns.extend(self.columns()),
            Rel::Aggregate { keys, .. } => *keys = self.columns().into_iter().chain(std::mem::take(keys)).collect(),
            Rel::Window { columns, .. } => columns.iter_mut().for_each(|(_, call)| call.partition_by.push(self.id())),
            Rel::Distinct { on: Some(on), .. } => on.push(format!("{}.row", self.prefix)),
            _ => {}
        }
        match &mut rel {
            Rel::Project { input, .. }
            | Rel::Filter { input, .. }
            | Rel::Aggregate { input, .. }
            | Rel::Window { input, .. }
            | Rel::Distinct { input, .. }
            | Rel::Expand { input, .. }
            | Rel::Series { input, .. }
            | Rel::Sort { input, .. } => {
                let below = std::mem::replace(&mut **input, Rel::Unit);
                **input = self.unnested(below);
            }
            Rel::Listed(step) => {
                let below = std::mem::replace(&mut step.input, Rel::Unit);
                step.input = self.unnested(below);
            }
            // The steps of tasks know no query around them, and the binder refuses a recursion that does.
            _ => {}
        }
        rel
    }

    /// The rows of a relation for which a predicate over both is true: equalities are the keys of the join.
    fn joined(&self, rel: Rel, predicate: Expr) -> Rel {
        let mut parts = Vec::new();
        conjuncts(predicate, &mut parts);
        let (tied, own): (Vec<Expr>, Vec<Expr>) = parts.into_iter().partition(is_dependent);
        let rel = filter(rel, own);
        let names = |rel: &Rel| rel.schema().names().map(String::from).collect::<Names>();
        let (known, new) = (names(&self.rel), names(&rel));
        let (mut on, mut condition, mut before) = (vec![], vec![], vec![]);
        for part in tied {
            let part = self.settled(part);
            match key(&part, &known, &new) {
                Some(pair) => on.push(pair),
                None if columns(&part).is_subset(&known) => before.push(part),
                None => condition.push(part),
            }
        }
        let kind = if on.is_empty() && condition.is_empty() { JoinKind::Cross } else { JoinKind::Inner };
        join(kind, filter(self.rel.clone(), before), rel, on, condition)
    }

    fn join(&self, step: JoinStep) -> Rel {
        let JoinStep { left, right, kind, on, condition, .. } = step;
        let mut conditions = Vec::new();
        condition.into_iter().for_each(|condition| conjuncts(condition, &mut conditions));
        let mut keys = Vec::new();
        for (a, b) in on {
            // The right side has no columns of the domain, but a condition sees both.
            if is_dependent(&b) { conditions.push(compare(crate::table::CmpOp::Eq, a, b)) } else { keys.push((a, b)) }
        }
        let inner = matches!(kind, JoinKind::Inner | JoinKind::Cross);
        let free = !conditions.iter().any(is_dependent) && !keys.iter().any(|(a, _)| is_dependent(a));
        if inner && free && !depends(&left) {
            return join(kind, left, self.unnested(right), keys, conditions);
        }
        let left = self.unnested(left);
        let mut keys: Vec<(Expr, Expr)> = keys.into_iter().map(|(a, b)| (self.settled(a), b)).collect();
        let conditions: Vec<Expr> = conditions.into_iter().map(|part| self.settled(part)).collect();
        let keeps_right = matches!(kind, JoinKind::Right | JoinKind::Full);
        if !keeps_right && !depends(&right) {
            let kind = if inner && !conditions.is_empty() { JoinKind::Inner } else { kind };
            return join(kind, left, right, keys, conditions);
        }
        let other = self.renamed();
        let output: Vec<(String, Expr)> = passed(&left).into_iter().chain(passed(&right)).collect();
        let right = other.unnested(right);
        keys.push((self.id(), other.id()));
        let kind = if kind == JoinKind::Cross { JoinKind::Inner } else { kind };
        let joined = join(kind, left, right, keys, conditions);
        if !keeps_right {
            return joined;
        }
        // Of a row without a partner on the left, the domain's columns are on the right.
        let either = |(name, expr): (String, Expr)| {
            let beside = self.columns().into_iter().zip(other.columns()).find(|((own, _), _)| *own == name);
            let expr = beside.map_or(expr.clone(), |(_, (_, other))| coalesce(expr, other));
            (name, expr)
        };
        Rel::Project { input: Box::new(joined), columns: output.into_iter().map(either).collect() }
    }

    /// The partners of each row of the domain are those of the same one.
    fn asof(&self, mut step: AsofStep) -> Rel {
        step.left = self.unnested(step.left);
        if depends(&step.right) {
            let other = self.renamed();
            step.right = other.unnested(step.right);
            step.on.push((self.id(), other.id()));
        }
        Rel::Asof(Box::new(step))
    }

    /// A row of aggregates also for the rows of the domain that have nothing to aggregate.
    fn with_groups_of_none(&self, grouped: Rel, empty: Vec<(String, DataType, Value)>) -> Rel {
        let every = self.renamed();
        let mut output: Vec<(String, Expr)> = empty
            .into_iter()
            .map(|(name, data_type, value)| {
                let metric = Expr::column(&name, data_type);
                (name, if value == Value::Null { metric } else { coalesce(metric, Expr::literal(value)) })
            })
            .collect();
        let renamed = self.columns().into_iter().zip(every.columns()).map(|((name, _), (_, expr))| (name, expr));
        output.extend(renamed);
        let joined = join(JoinKind::Left, every.rel.clone(), grouped, vec![(every.id(), self.id())], vec![]);
        Rel::Project { input: Box::new(joined), columns: output }
    }

    /// Some rows from the start of those of each row of the domain.
    fn limited(&self, input: Rel, offset: u64, count: Option<u64>) -> Rel {
        let name = passing_name(&format!("place{}", next(self.numbers)));
        let place = Expr::column(&name, DataType::Int);
        let int = |value: u64| Expr::literal(Value::Int(i64::try_from(value).unwrap_or(i64::MAX)));
        let mut kept = vec![compare(crate::table::CmpOp::Gt, place.clone(), int(offset))];
        kept.extend(count.map(|count| compare(crate::table::CmpOp::Le, place, int(offset.saturating_add(count)))));
        let columns = vec![(name, row_number(vec![self.id()]))];
        filter(Rel::Window { input: Box::new(self.unnested(input)), columns }, kept)
    }
}

/// All columns of a relation as they are.
pub(super) fn passed(rel: &Rel) -> Vec<(String, Expr)> {
    let schema = rel.schema();
    schema.fields().iter().map(|field| (field.name.clone(), Expr::column(&field.name, field.data_type))).collect()
}
